#!/usr/bin/env bash
# Builds all fuzz targets with the stable compiler and runs each over its seeds and a few thousand
# mutations of them.
set -euo pipefail
cd "$(dirname "$0")/.."

RUSTC_WRAPPER="$PWD/fuzz/instrument.sh" RUSTFLAGS="--cfg fuzzing" \
    cargo build --locked --manifest-path fuzz/Cargo.toml --target-dir target/fuzz --bins

# As small as the stacks of the threads in which readers run.
ulimit -s 2048
mkdir -p fuzz/artifacts
for file in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$file" .rs)
    log=target/fuzz/$target.log
    found=target/fuzz/found/$target
    rm -rf "$found"
    mkdir -p "$found"
    if ! "target/fuzz/debug/$target" -seed=1 -runs=2000 -max_total_time=5 -timeout=10 \
        -rss_limit_mb=1024 -artifact_prefix="fuzz/artifacts/$target-" "$found" "fuzz/seeds/$target" \
        >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        echo "fuzz target \`$target\` failed; the input that did it is below fuzz/artifacts" >&2
        exit 1
    fi
    printf '%-16s %s\n' "$target" "$(grep -o 'DONE .*' "$log")"
done
