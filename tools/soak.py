"""./dev soak: ten minutes without PostgreSQL under calls. Calls go on; when it is back, each is in the store exactly once.

--minutes M shortens or lengthens it, --hang freezes PostgreSQL instead of stopping it (hung is worse than down).
"""
import argparse
import pathlib
import shutil
import sys
import tempfile
import threading
import time

from rig.site import Site, kRoot
from rig.sipp import Sipp
from rig.wait import until

kScenarios = kRoot / "tests" / "e2e" / "scenarios"
kRate = 5          # calls a second
kCatchUpSeconds = 120


class Load(threading.Thread):
    """Short calls one after the other, in runs of a few seconds, until told to end. Counts what was placed and what failed."""

    def __init__(self, site, folder):
        super().__init__(daemon=True)
        self.site, self.folder = site, folder
        self.ended = threading.Event()
        self.placed = self.failed = 0

    def run(self):
        while not self.ended.is_set():
            users = [[f"139{(self.placed + n) % 100_000_000:08d}"] for n in range(kRate * 5)]
            run = Sipp(kScenarios / "uac-many-menu.xml", self.site.sip, self.folder, calls=len(users), rate=kRate, users=users, trace=False,
                       keys={"name": "soak"}, seconds=60)
            code = run.wait()
            self.placed += len(users)
            self.failed += code != 0


def soak(site, folder, arguments):
    load = Load(site, folder)
    load.start()
    until("the first calls in the store", lambda: site.db.value("select count(*) as n from report.call") > 0, 30)
    began = time.monotonic()
    (site.freeze_database if arguments.hang else site.stop_database)()
    print(f"PostgreSQL is {'frozen' if arguments.hang else 'stopped'}; {kRate} calls a second go on", flush=True)
    while time.monotonic() - began < arguments.minutes * 60:
        time.sleep(min(30, arguments.minutes * 60))
        print(f"  {time.monotonic() - began:5.0f} s: {load.placed} calls placed, {site.metric('journal_backlog'):.0f} facts in the journal, "
              f"{site.metric('process_resident_memory_bytes') / 1e6:.0f} MB", flush=True)
    (site.thaw_database if arguments.hang else site.start_database)()
    load.ended.set()
    load.join(90)
    back = time.monotonic()
    until("the journal to be empty", lambda: site.metric("calls") == 0 and site.metric("journal_backlog") == 0, kCatchUpSeconds)
    print(f"PostgreSQL is back; the store caught up in {time.monotonic() - back:.1f} s", flush=True)
    calls = site.db.row("select count(*) as calls, count(distinct call_id) as distinct_calls from report.call")
    wrong = []
    if load.failed:
        wrong.append(f"{load.failed} runs of calls failed")
    if calls["calls"] != load.placed or calls["distinct_calls"] != load.placed:
        wrong.append(f"{load.placed} calls were placed, {calls['calls']} are in the store, {calls['distinct_calls']} of them distinct")
    if lost := site.metric("journal_facts_lost_total"):
        wrong.append(f"{lost:.0f} facts were lost")
    return wrong


def main():
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--hang", action="store_true")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hotline-soak-"))
    folder.chmod(0o755)
    try:
        with Site(folder, {"log.level": "warn"}) as site:
            wrong = soak(site, folder, arguments)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for text in wrong:
        print(f"soak: {text}", file=sys.stderr)
    if not wrong:
        print("each call is in the store exactly once")
    return 1 if wrong else 0


sys.exit(main())
