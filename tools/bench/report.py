"""A bench's findings: rows with a bar each, drawn as a table and kept as JSON, so that a number never stands without what it must reach."""
import argparse
import json
import os
import platform
import signal
import sys
import time

kCores = os.sysconf("SC_NPROCESSORS_ONLN")


def load():
    """Processes that want the machine's cores, the mean of the last minute. Above the number of cores, numbers are pessimistic."""
    return os.getloadavg()[0]


def options(description, **more):
    """The command line that every bench takes; more: {name: (default, help)}."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", metavar="FILE", help="the findings as JSON")
    for name, (default, text) in more.items():
        if default is False:
            parser.add_argument(f"--{name.replace('_', '-')}", action="store_true", help=text)
        else:
            parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default, help=f"{text} ({default})")
    return parser.parse_args()


class Report:
    """Rows in the order in which they were found. A row without a bar is for information."""

    def __init__(self, bench, about):
        self.bench, self.about = bench, about
        self.began, self.load_before = time.time(), load()
        self.rows = []
        self.notes = []

    def row(self, name, value, unit="", bar=None, at_least=False, yardstick=None):
        """value against `bar` (at most; with at_least, at least). yardstick: the same number of the yardstick in this run."""
        met = None if bar is None else (value >= bar if at_least else value <= bar)
        self.rows.append({"name": name, "value": value, "unit": unit, "bar": bar, "at_least": at_least, "met": met, "yardstick": yardstick,
                          "ratio": value / yardstick if yardstick else None})
        return met

    def note(self, text):
        self.notes.append(text)

    def met(self):
        return all(row["met"] is not False for row in self.rows)

    def finish(self, file=None):
        """Draws it, writes it, → exit code: 0 when every bar is met."""
        self.draw()
        if file:
            with open(file, "w") as out:
                json.dump(self.as_json(), out, indent=2, ensure_ascii=False)
                out.write("\n")
        return 0 if self.met() else 1

    def as_json(self):
        return {"bench": self.bench, "about": self.about, "met": self.met(), "cores": kCores, "cpu": cpu_model(), "system": platform.release(),
                "load_before": self.load_before, "load_after": load(), "seconds": round(time.time() - self.began, 1), "rows": self.rows,
                "notes": self.notes}

    def draw(self):
        width = max([len(row["name"]) for row in self.rows] + [20])
        print(f"{self.bench}: {self.about}")
        print(f"  {cpu_model()}, {kCores} cores; load {self.load_before:.1f} before, {load():.1f} after; {time.time() - self.began:.0f} s")
        print(f"  {'':{width}} {'value':>11} {'':10} {'yardstick':>11} {'ratio':>6}  {'bar':12}")
        for row in self.rows:
            bar = "" if row["bar"] is None else f"{'≥' if row['at_least'] else '≤'} {number(row['bar'])}"
            ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
            verdict = {True: "met", False: "MISSED", None: ""}[row["met"]]
            print(f"  {row['name']:{width}} {number(row['value']):>11} {row['unit']:10} {number(row['yardstick']):>11} {ratio:>6}  {bar:12} {verdict}".rstrip())
        for note in self.notes:
            print(f"  {note}")
        print(flush=True)


def number(value):
    if value is None:
        return ""
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def cpu_model():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()
