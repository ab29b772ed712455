#!/usr/bin/env bash
# Runs all tests. Installs what they need and is missing: cargo-nextest.
set -euo pipefail
cd "$(dirname "$0")"

if ! cargo nextest --version >/dev/null 2>&1; then
    echo "installing cargo-nextest" >&2
    cargo install --locked cargo-nextest
fi
if ! python3 -m pip --version >/dev/null 2>&1; then
    echo "python3 with pip is needed, for the compilers that one test fetches" >&2
    exit 2
fi

cargo test --workspace --exclude fake-driver --doc
cargo nextest run --workspace --all-targets "$@"
