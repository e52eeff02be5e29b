"""./dev soak: calls without PostgreSQL, through the menu and to an agent; afterwards every call must be in the store exactly once.

For ten minutes the server is stopped (nobody listens), for ten more it is hung (it listens and never answers): hung is worse than down.
"""
import argparse
import sys
import time

from rig.folder import emptied_folder
from rig.process import interrupt_on_sigterm
from rig.site import Site, kRoot
from rig.sipp import Sipp, login
from rig.wait import Late, until

kScenarios = kRoot / "tests" / "e2e" / "scenarios"
kEverySeconds = 2.0
kServed = 4  # every fourth caller asks for an agent


class Soak:
    def __init__(self, folder, seconds):
        self.folder, self.seconds = folder, seconds
        self.site = Site(folder, {"log.level": "warn", "sip.t1x64_ms": 2000, "queues.service.wrapup_s": 0, "survey": ""}, seconds=120)
        self.placed = self.served = 0
        with Sipp(kScenarios / "register-digest.xml", self.site.sip, folder, keys={"caller": "8001", "name": "Soak", "expires": 3600},
                  users=[login("8001", "demo-8001")]) as registration:
            registration.check()
        self.agent = Sipp(kScenarios / "uas-answer-then-bye.xml", None, folder, port=registration.port, calls=100_000,
                          seconds=int(2 * seconds) + 600)
        until("the agent to be on duty", lambda: self.site.agents("ready") == 1)

    def run(self):
        for name, away, back in (("stopped", self.site.stop_database, self.site.start_database),
                                 ("hung", self.site.freeze_database, self.site.thaw_database)):
            print(f"  PostgreSQL is {name} for {self.seconds:.0f} s", flush=True)
            away()
            try:
                self.call_for(self.seconds)
            finally:
                back()
            print(f"  it is back; {self.placed} calls so far, journal backlog {self.site.metric('journal_backlog'):.0f}", flush=True)
            self.check()

    def call_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.monotonic()
            wants_agent = self.placed % kServed == 0
            with Sipp(kScenarios / f"{'uac-key-then-served' if wants_agent else 'uac-bye-in-menu'}.xml", self.site.sip, self.folder,
                      keys={"caller": f"139{self.placed:08d}", "name": "Soak", "key": "0"}, seconds=20, trace=False) as run:
                run.check()
            self.placed += 1
            self.served += wants_agent
            time.sleep(max(0.0, began + kEverySeconds - time.monotonic()))

    def check(self):
        until(f"{self.placed} calls in the store", lambda: self.count("count(*)") >= self.placed, 120, every=1)
        for what in ("count(*)", "count(distinct caller)", "count(distinct call_id)"):
            if (n := self.count(what)) != self.placed:
                raise Late(f"{what} is {n}, and {self.placed} calls were placed")
        if (n := self.count("count(*) filter (where outcome = 'answered' and agent = '8001')")) != self.served:
            raise Late(f"{n} calls were answered by the agent, and {self.served} asked for him")

    def count(self, what):
        return self.site.db.value(f"select {what} as n from report.call where caller like '139%'")


def main():
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="without PostgreSQL, each way (default 600)")
    arguments = parser.parse_args()
    interrupt_on_sigterm()
    soak = Soak(emptied_folder(kRoot / "var" / "soak", "soak"), arguments.seconds)
    try:
        soak.run()
        print(f"soak: {soak.placed} calls, {soak.served} of them with an agent, each in the store exactly once")
        return 0
    except (AssertionError, OSError) as error:
        print(f"soak: {error}\nsoak: the daemon's log is {soak.site.log}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        soak.agent.stop()
        soak.site.stop()


if __name__ == "__main__":
    sys.exit(main())
