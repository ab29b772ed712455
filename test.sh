#!/usr/bin/env bash
# Runs all tests. Installs what they need and is missing: cargo-nextest, and below target/ a Docker
# Engine and a registry, which run for as long as the tests do.
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

# Without an engine the tests that need one fail, and say so: they never pass unseen.
if [ -z "${ALTLAS_TEST_DOCKER:-}" ] && [ -z "${ALTLAS_TEST_WITHOUT_DOCKER:-}" ]; then
    engine=$(mktemp -d /tmp/altlas-engine.XXXXXX)
    trap 'tests/image_engine/engine.sh stop "$engine"' EXIT
    if tests/image_engine/engine.sh tools && tests/image_engine/engine.sh start "$engine"; then
        export ALTLAS_TEST_DOCKER="unix://$engine/docker.sock"
    else
        echo "no Docker Engine could be started: the tests of image build, test and push will fail" >&2
    fi
fi

cargo test --workspace --exclude fake-driver --doc
cargo nextest run --workspace --all-targets "$@"
