"""Runs the end-to-end tests: each class in a process of its own with a site of its own, several at a time (they mostly wait).

usage: run.py [--logs FOLDER] [--jobs N] [--list] [PATTERN]     PATTERN: part of a test's name, e.g. test_sound, Affinity, hold
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import time
import unittest

kHere = pathlib.Path(__file__).resolve().parent
kTools = str(kHere.parents[1] / "tools")
sys.path[:0] = [str(kHere), kTools]
from rig.process import interrupt_on_sigterm, kEndsWithUs  # noqa: E402

kClassSeconds = 420


def tests_of(suite):
    for entry in suite:
        if isinstance(entry, unittest.TestSuite):
            yield from tests_of(entry)
        else:
            yield entry


def find(pattern):
    """→ {class: [test ids]}, those with most tests first, so that none of them is the last to begin."""
    found = {}
    for test in tests_of(unittest.defaultTestLoader.discover(str(kHere), "test_*.py", top_level_dir=str(kHere))):
        if not pattern or pattern.lower() in test.id().lower():
            name = test.id().rsplit(".", 1)[0]
            found.setdefault(name, []).append(test.id())
    return dict(sorted(found.items(), key=lambda each: -len(each[1])))


def run_class(name, ids, logs):
    """→ (name, passed, seconds, last words)."""
    began = time.monotonic()
    log = logs / f"{name}.log"
    env = {**os.environ, "HOTLINE_E2E_LOGS": str(logs), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": kTools}
    with open(log, "wb") as out:
        process = subprocess.Popen([*kEndsWithUs, sys.executable, "-u", "-m", "unittest", "-v", *ids], cwd=kHere, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            code = process.wait(kClassSeconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(60)
            code = 124
    return name, code == 0, time.monotonic() - began, log


def report(name, passed, seconds, log, count):
    text = log.read_text(errors="replace")
    print(f"{'ok    ' if passed else 'FAILED'}  {name}: {count} tests ({seconds:.0f} s)", flush=True)
    for line in text.splitlines():
        if "skipped" in line and "..." in line:
            print(f"        {line}", flush=True)
        if not passed and line.startswith(("FAIL:", "ERROR:")):
            print(f"        {line}", flush=True)
    if not passed:
        words = [line for line in text.splitlines() if "Error" in line or "Late:" in line]
        for line in words[:6]:
            print(f"        {line[:300]}", flush=True)
        print(f"        the whole log is {log}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pattern", nargs="?", default="")
    parser.add_argument("--logs", default=str(kHere.parents[1] / "build" / "test" / "e2e"))
    parser.add_argument("--jobs", type=int, default=min(6, 2 + (os.cpu_count() or 1)))
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    classes = find(arguments.pattern)
    if arguments.list:
        print("\n".join(test for ids in classes.values() for test in ids))
        return 0
    logs = pathlib.Path(arguments.logs).resolve()
    logs.mkdir(parents=True, exist_ok=True)
    failed = 0
    interrupt_on_sigterm()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        runs = [pool.submit(run_class, name, ids, logs) for name, ids in classes.items()]
        try:
            for run in concurrent.futures.as_completed(runs):
                name, passed, seconds, log = run.result()
                report(name, passed, seconds, log, len(classes[name]))
                failed += not passed
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            os._exit(130)  # the kernel ends what this process has started, and that what it has started
    return 1 if failed or not classes else 0


if __name__ == "__main__":
    sys.exit(main())
