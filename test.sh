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

# uv resolves requirements for `image lock`; the tests ask the real one.
tools=target/test-tools
if [ -z "${ALTLAS_TEST_UV:-}" ] && [ ! -x "$tools/bin/uv" ]; then
    echo "installing uv" >&2
    python3 -m venv "$tools"
    "$tools/bin/python" -m pip install --quiet uv==0.13.9
fi

cargo test --workspace --exclude fake-driver --doc
cargo nextest run --workspace --all-targets "$@"
