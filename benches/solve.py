#!/usr/bin/env python3
"""The solver against `uv pip compile` of the same wishes, as whole processes.

    cargo build --release -p cuda-compat --example what_fits
    python3 benches/solve.py UV [RUNS]

The example reads the tables, solves twice and prints how long each took; the first of these, with the
tables read, is the figure of the second column. Both are asked in turn, after one round that is not counted and that fills uv's cache; the medians
and their ratio are printed, and what each answered. The two do not answer the same question: uv finds
versions of every package and knows nothing of base images, drivers and GPUs; the solver finds the base
image, Python and frameworks. Where the wishes name a CUDA, uv gets the packages for it by name.
"""

import pathlib
import re
import statistics
import subprocess
import sys
import time

SOLVER = pathlib.Path(__file__).resolve().parent.parent / "target/release/examples/what_fits"

# What is wished for: for the solver as words, for uv as requirements and a Python.
WISHES = [
    ("one framework", ["torch"], ["torch"], "3.12"),
    (
        "one CUDA 12.8 stack",
        "torch==2.8.0 tensorflow==2.20.0 rapids==25.8.0 cupy numba cuda=12.8".split(),
        ["torch==2.8.0", "tensorflow[and-cuda]==2.20.0", "cudf-cu12==25.8.0", "cupy-cuda12x", "numba"],
        "3.11",
    ),
    (
        "pins that exclude each other",
        ["torch==2.6.0", "tensorflow==2.18.1"],
        ["torch==2.6.0", "tensorflow[and-cuda]==2.18.1"],
        "3.11",
    ),
    (
        "a Python without wheels",
        ["tensorflow==2.14.1"],
        ["tensorflow[and-cuda]==2.14.1"],
        "3.12",
    ),
]


def run(command, text=None):
    """The seconds that the command took, and what it was."""
    start = time.perf_counter()
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return time.perf_counter() - start, done


def main():
    uv = sys.argv[1]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 11
    print(f"{'wishes':30} {'solve':>8} {'process':>9} {'uv':>11} {'ratio':>7}  uv ended with")
    for name, words, requirements, python in WISHES:
        ours = [str(SOLVER), *words, f"python={python}"]
        theirs = [uv, "pip", "compile", "-q", "--only-binary", ":all:", "--python-version", python]
        theirs += ["--python-platform", "x86_64-manylinux_2_28", "-"]
        solve, process, peer = [], [], []
        for count in range(runs + 1):
            seconds, done = run(ours)
            took, ended = run(theirs, "\n".join(requirements))
            if count > 0:
                solve.append(float(re.search(r"^([0-9.]+) ms$", done.stdout, re.M)[1]))
                process.append(seconds * 1000)
                peer.append(took * 1000)
        one, whole, other = (statistics.median(times) for times in (solve, process, peer))
        ratio = f"{other / whole:6.1f}x"
        print(
            f"{name:30} {one:5.1f} ms {whole:6.1f} ms {other:8.1f} ms {ratio}  {ended.returncode}",
            flush=True,
        )


if __name__ == "__main__":
    main()
