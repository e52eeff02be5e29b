"""Resident memory: what a waiting and a bridged call take, and whether the daemon is back where it was after many thousands of calls.

Each number is read when the SIP stack has forgotten the transactions before (64·T1, 32 s). --full makes 100,000 calls (seven minutes).
"""
import os
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
kFailed = 0.001
kFullCalls = 100_000
kSweepSeconds = 5


def main():
    chosen = options(__doc__.splitlines()[0], held=(500, "calls held at a time; 0: only the plateau"), calls=(20_000, "calls in all, half of them or 10,000 to the plateau"),
                     full=(False, f"{kFullCalls:,} calls"))
    calls = kFullCalls if chosen.full else chosen.calls
    report = Report("memory", f"{chosen.held} calls waiting, {chosen.held} bridged and recorded, then {calls:,} calls at {kRate}/s")
    # Numbers call again, and nobody waits for the agent whom he had.
    settings = {"queues.service.affinity_wait_s": 0}
    with Centre(max(chosen.held, kRate * 2) + 10, settings, phones=False) as centre, Sweeper(centre.site.real_data()):
        if chosen.held:
            held(report, centre, chosen.held)
        else:
            centre.log_in()
        plateau(report, centre, calls)
    return report.finish(chosen.json)


class Sweeper:
    """Empties recordings that are finished: 100,000 calls leave 7 GB. They are not deleted: for a minute ext4 would look at each deleted inode
    whenever it makes a file (docs/performance.md), on the daemon's core."""

    def __init__(self, data):
        self.folder = pathlib.Path(data) / "recordings"
        self.emptied = set()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.ended.wait(kSweepSeconds):
            for path in set(self.folder.rglob("*.wav")) - self.emptied:
                os.truncate(path, 0)
                self.emptied.add(path)

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
    before = resident(centre)
    report.row("resident at rest, nobody on duty", before["VmRSS"] / 1024, "MB")
    report.row("… of it not mapped from files", before["RssAnon"] / 1024, "MB")

    waiting = hold(centre, "151", count, lambda: centre.site.metric('queue_waiting{queue="service"}'))
    report.row("a waiting call", (waiting["calls"] - before["calls"]) / count, "kB")
    centre.at_rest()

    centre.log_in()
    bridged = hold(centre, "152", count, lambda: centre.site.agents("talking"))
    report.row("a bridged and recorded call, two legs, registered agent", (bridged["calls"] - before["calls"]) / count, "kB")
    report.row("resident with all of them", bridged["VmRSS"] / 1024, "MB")
    centre.at_rest()


def hold(centre, prefix, count, reached):
    """→ what is resident when `count` calls have been there for so long that only they are left."""
    run = centre.callers(prefix, 100, count, talk_ms=1000 * (kForgotten + 20), seconds=180)
    until(f"{count} calls held", lambda: reached() == count, count / 100 + 15)
    time.sleep(kForgotten)
    held = resident(centre)
    run.check()
    return held


def resident(centre):
    """In kB. `calls`: what is neither mapped from files nor sound kept for all (prompts; 500 who wait hear 500 positions)."""
    now = cores.resident_kb(centre.pid)
    return {**now, "calls": now["RssAnon"] - centre.site.metric("speech_cached_bytes") / 1024}


def plateau(report, centre, calls):
    """Waves of calls from the same numbers: who served a number is remembered, by design, for the last hundred thousand of them."""
    wave = min(kPlateauCalls, calls // 2)
    failed, low = after_wave(centre, wave)
    failed += sum(make_wave(centre, wave) for _ in range(calls // wave - 2))
    more, high = after_wave(centre, wave)
    report.row(f"resident at rest after {wave:,} calls", low["VmRSS"] / 1024, "MB")
    report.row(f"resident at rest after {calls // wave * wave:,} calls", high["VmRSS"] / 1024, "MB", kGrowth * low["VmRSS"] / 1024)
    report.row("calls that failed", failed + more, "", kFailed * (calls // wave) * wave)
    report.row("… not mapped from files: growth a call", 1024 * (high["RssAnon"] - low["RssAnon"]) / (calls // wave * wave - wave), "bytes")


def after_wave(centre, count):
    """→ (calls that failed, what is resident)."""
    failed = make_wave(centre, count)
    time.sleep(kForgotten)
    return failed, cores.resident_kb(centre.pid)


def make_wave(centre, count):
    """→ calls that failed."""
    run = centre.callers("153", kRate, count, seconds=count / kRate + 120)
    run.process.wait(count / kRate + 130)
    tally = run.tally()
    if tally.ok < count / 2:
        raise AssertionError(f"{count - tally.ok} of {count} calls failed: {run.words()[-400:]}")
    centre.at_rest()
    return count - tally.ok


if __name__ == "__main__":
    sys.exit(main())
