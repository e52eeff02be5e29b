"""Resident memory: what a waiting and a bridged call take, and whether the daemon is back where it was after many thousands of calls.

Each number is read when the SIP stack has forgotten the transactions before (64·T1, 32 s). --full makes 100,000 calls (seven minutes).
"""
import pathlib
import sys
import threading
import time

from bench import cores
from bench.centre import Centre
from bench.report import Report, options
from rig.wait import until

kForgotten = 34        # seconds until libsofia has let go of a transaction that has ended
kRate = 300
kPlateauCalls = 10_000  # at 300 a second: as long as a transaction is kept
kGrowth = 1.03
kFullCalls = 100_000
kSweepSeconds = 5


def main():
    chosen = options(__doc__.splitlines()[0], held=(500, "calls held at a time"), calls=(20_000, "calls in all, half of them or 10,000 to the plateau"),
                     full=(False, f"{kFullCalls:,} calls"))
    calls = kFullCalls if chosen.full else chosen.calls
    report = Report("memory", f"{chosen.held} calls waiting, {chosen.held} bridged and recorded, then {calls:,} calls at {kRate}/s")
    with Centre(max(chosen.held, kRate * 2) + 10, phones=False) as centre, Sweeper(centre.site.real_data()):
        held(report, centre, chosen.held)
        plateau(report, centre, calls)
    return report.finish(chosen.json)


class Sweeper:
    """Removes recordings that are finished: 100,000 calls leave 7 GB."""

    def __init__(self, data):
        self.folder = pathlib.Path(data) / "recordings"
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.ended.wait(kSweepSeconds):
            for path in self.folder.rglob("*.wav"):
                path.unlink(missing_ok=True)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def held(report, centre, count):
    """Calls that stay: first nobody is on duty, so that they wait; then each has an agent."""
    centre.callers("150", 20, 20, talk_ms=1000).wait()
    centre.at_rest()
    time.sleep(kForgotten)
    before = cores.resident_kb(centre.pid)
    report.row("resident at rest, nobody on duty", before["VmRSS"] / 1024, "MB")
    report.row("… of it not mapped from files", before["RssAnon"] / 1024, "MB")

    waiting = hold(centre, "151", count, lambda: centre.site.metric('queue_waiting{queue="service"}'))
    report.row("a waiting call", (waiting["RssAnon"] - before["RssAnon"]) / count, "kB")
    centre.at_rest()

    centre.log_in()
    bridged = hold(centre, "152", count, lambda: centre.site.agents("talking"))
    report.row("a bridged and recorded call, two legs, registered agent", (bridged["RssAnon"] - before["RssAnon"]) / count, "kB")
    report.row("resident with all of them", bridged["VmRSS"] / 1024, "MB")
    centre.at_rest()


def hold(centre, prefix, count, reached):
    """→ what is resident when `count` calls have been there for so long that only they are left."""
    run = centre.callers(prefix, 100, count, talk_ms=1000 * (kForgotten + 20), seconds=180)
    until(f"{count} calls held", lambda: reached() == count, count / 100 + 15)
    time.sleep(kForgotten)
    resident = cores.resident_kb(centre.pid)
    run.check()
    return resident


def plateau(report, centre, calls):
    first = min(kPlateauCalls, calls // 2)
    low = wave(centre, "153", first)
    high = wave(centre, "154", calls - first)
    report.row(f"resident at rest after {first:,} calls", low["VmRSS"] / 1024, "MB")
    report.row(f"resident at rest after {calls:,} calls", high["VmRSS"] / 1024, "MB", kGrowth * low["VmRSS"] / 1024)
    report.row("… not mapped from files: growth a call", 1024 * (high["RssAnon"] - low["RssAnon"]) / (calls - first), "bytes")


def wave(centre, prefix, count):
    run = centre.callers(prefix, kRate, count, seconds=count / kRate + 120)
    run.process.wait(count / kRate + 130)
    tally = run.tally()
    if tally.ok < count * 0.999:
        raise AssertionError(f"{count - tally.ok} of {count} calls failed: {run.words()[-400:]}")
    centre.at_rest()
    time.sleep(kForgotten)
    return cores.resident_kb(centre.pid)


if __name__ == "__main__":
    sys.exit(main())
