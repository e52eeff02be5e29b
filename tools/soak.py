"""./dev soak: calls without PostgreSQL, for ten minutes; afterwards every call must be in the store exactly once.

Half of the time the server is stopped (nobody listens), half of it hung (it listens and never answers): hung is worse than down.
"""
import argparse
import pathlib
import shutil
import sys
import time

from rig.site import Site, kRoot
from rig.sipp import Sipp
from rig.wait import Late, until

kScenarios = kRoot / "tests" / "e2e" / "scenarios"
kEverySeconds = 2.0


class Soak:
    def __init__(self, folder, seconds):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder, self.seconds = folder, seconds
        self.site = Site(folder, {"log.level": "warn", "sip.t1x64_ms": 2000}, seconds=120)
        self.placed = 0

    def run(self):
        for name, away, back in (("stopped", self.site.stop_database, self.site.start_database),
                                 ("hung", self.site.freeze_database, self.site.thaw_database)):
            print(f"  PostgreSQL is {name} for {self.seconds / 2:.0f} s", flush=True)
            away()
            try:
                self.call_for(self.seconds / 2)
            finally:
                back()
            print(f"  it is back; {self.placed} calls so far, journal backlog {self.site.metric('journal_backlog'):.0f}", flush=True)
            self.check()

    def call_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.monotonic()
            run = Sipp(kScenarios / "uac-bye-in-menu.xml", self.site.sip, self.folder,
                       keys={"caller": f"139{self.placed:08d}", "name": "Soak", "key": "3"}, seconds=20)
            run.check()
            self.placed += 1
            time.sleep(max(0.0, began + kEverySeconds - time.monotonic()))

    def check(self):
        until(f"{self.placed} calls in the store", lambda: self.count("count(*)") >= self.placed, 120, every=1)
        for what in ("count(*)", "count(distinct caller)", "count(distinct call_id)"):
            if (n := self.count(what)) != self.placed:
                raise Late(f"{what} is {n}, and {self.placed} calls were placed")

    def count(self, what):
        return self.site.db.value(f"select {what} as n from report.call where caller like '139%'")


def main():
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="without PostgreSQL, in all (default 600)")
    arguments = parser.parse_args()
    soak = Soak(pathlib.Path(kRoot / "var" / "soak"), arguments.seconds)
    try:
        soak.run()
        print(f"soak: {soak.placed} calls, each in the store exactly once")
        return 0
    except Late as error:
        print(f"soak: {error}\nsoak: the daemon's log is {soak.site.log}", file=sys.stderr)
        return 1
    finally:
        soak.site.stop()


if __name__ == "__main__":
    sys.exit(main())
