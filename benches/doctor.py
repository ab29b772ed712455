#!/usr/bin/env python3
"""Times whole processes in turn: the doctor, its peers, and an empty Python.

    python3 benches/doctor.py [--runs N] [--gpu]

Builds the program for release, fetches the peers (nvitop, gpustat) into target/bench-peers, runs
each command once to warm up and then N times in turn, and prints the median of each and the ratio
of each to the doctor. With a GPU, `--gpu` also compares the NVML part with the bare NVML calls and
the quick doctor with a minimal program that only makes a context and runs one kernel.
"""

import argparse
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "target" / "bench-peers"
PINNED = ["nvitop==1.7.2", "gpustat==1.1.1"]


def prepare(gpu):
    build = ["cargo", "build", "--release", "--locked", "--quiet"]
    subprocess.run([*build, "--package", "cargo-altlas"], cwd=ROOT, check=True)
    if gpu:
        subprocess.run([*build, "--package", "gpu-probe", "--examples"], cwd=ROOT, check=True)
    python = PEERS / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PINNED], check=True)


def run_once(command):
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return (time.perf_counter() - start) * 1000.0, done.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--gpu", action="store_true")
    options = parser.parse_args()
    prepare(options.gpu)
    release = ROOT / "target" / "release"
    altlas = str(release / "cargo-altlas")
    commands = {
        "altlas doctor --no-smoke": [altlas, "doctor", "--no-smoke"],
        "nvitop -1": [str(PEERS / "bin" / "nvitop"), "-1"],
        "gpustat": [str(PEERS / "bin" / "gpustat")],
        "python -c pass": [str(PEERS / "bin" / "python"), "-c", "pass"],
    }
    if options.gpu:
        examples = release / "examples"
        commands |= {
            "NVML part of altlas": [altlas, "__child", '"nvml"'],
            "bare NVML calls": [str(examples / "bare_nvml")],
            "altlas doctor (quick)": [altlas, "doctor"],
            "minimal kernel": [str(examples / "minimal_kernel")],
        }
    for command in commands.values():
        run_once(command)
    times = {name: [] for name in commands}
    codes = {}
    for _ in range(options.runs):
        for name, command in commands.items():
            milliseconds, codes[name] = run_once(command)
            times[name].append(milliseconds)
    print(f"{platform.machine()}, {os.cpu_count()} processors, {options.runs} runs each, in turn")
    own = statistics.median(times["altlas doctor --no-smoke"])
    for name, values in times.items():
        median = statistics.median(values)
        print(
            f"{name:26} median {median:8.1f} ms  min {min(values):8.1f}  max {max(values):8.1f}  "
            f"ratio {median / own:6.1f}  exit {codes[name]}"
        )
    if options.gpu:
        of = {name: statistics.median(values) for name, values in times.items()}
        nvml = of["NVML part of altlas"] / of["bare NVML calls"]
        quick = of["altlas doctor (quick)"] / of["minimal kernel"]
        print(f"NVML part against the bare calls: {nvml:.2f}; quick against minimal: {quick:.2f}")


if __name__ == "__main__":
    main()
