#!/usr/bin/env bash
# Stands before the compiler: our own crates and the targets report which code an input reaches,
# which the stable compiler can do as well. Their many dependencies are built as ever.
case " $* " in
    *" --crate-name gpu_probe "* | *" --crate-name cuda_compat "* | *" --crate-name cargo_altlas "* | \
        *" --crate-name image_spec "* | *" --crate-name image_layers "* | *" fuzz_targets/"*)
        exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
            -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
            -Cllvm-args=-sanitizer-coverage-pc-table \
            -Cllvm-args=-sanitizer-coverage-trace-compares
        ;;
    *) exec "$@" ;;
esac
