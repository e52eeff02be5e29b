"""./dev demo: three agents and a handful of callers on real phones; each call's course as it happens, then the records and the report.

Without --once the site stays up afterwards, for phones of one's own.
"""
import argparse
import json
import pathlib
import signal
import socket
import sys
import threading
import time

from rig import sound
from rig.folder import emptied_folder
from rig.phone import Phone
from rig.process import interrupt_on_sigterm
from rig.site import Site, kRoot
from rig.wait import Late, until

kReasons = {"affinity": "served him before", "longest_idle": "idle longest"}
kAgents = {"8001": "Good day, this is Li from the travel agency. How can I help you?",
           "8002": "Good day, this is Wang from the travel agency. What can I do for you?",
           "8003": "Good day, this is Zhang from the travel agency. Where would you like to go?"}
kCallerSays = "您好，我想问一下十月份去黄山的线路，两个大人一个孩子。"
kPreferredPort = 5060


def port_is_free(port):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as s:
            try:
                s.bind(("0.0.0.0", port))
            except OSError:
                return False
    return True


class Timeline(threading.Thread):
    """Reads the daemon's log and says what happens to calls and agents, one line an event."""

    kWords = {
        "call.arrived": lambda e: f"{e['caller']} calls {e['called']}",
        "menu.chosen": lambda e: f"presses {e['key']}: {e['choice']}",
        "queue.joined": lambda e: f"waits in {e['queue']}, place {e['position']}",
        "queue.offered": lambda e: f"offered to {e['agent']} ({kReasons.get(e['reason'], e['reason'].replace('_', ' '))})",
        "queue.offer_ended": lambda e: f"{e['agent']}: {e['result']} after {e['ring_ms'] / 1000:.1f} s",
        "call.answered": lambda e: f"talks to {e['agent']} after {e['wait_ms'] / 1000:.1f} s of waiting",
        "call.held": lambda e: f"held by the {e['by']}",
        "call.resumed": lambda e: f"resumed after {e['held_ms'] / 1000:.1f} s",
        "call.ended": lambda e: f"ends: {e['outcome']}, by {e['by']}, talk {e['talk_ms'] / 1000:.1f} s",
    }

    def __init__(self, log):
        super().__init__(daemon=True)
        self._log, self._callers, self.ended = log, {}, []

    def run(self):
        with open(self._log, errors="replace") as lines:
            while True:
                line = lines.readline()
                if not line.endswith("\n"):
                    time.sleep(0.05)
                    continue
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                self._tell(event)

    def _tell(self, event):
        words = self.kWords.get(event.get("event"))
        if not words:
            return
        call = event["call"]
        caller = self._callers.setdefault(call, event.get("caller", "?"))
        print(f"  {event['at'][11:23]}  {call}  {caller:<12} {words(event)}", flush=True)
        if event["event"] == "call.ended":
            self.ended.append(event)


class Demo:
    def __init__(self, folder):
        self.folder = folder
        port = kPreferredPort if port_is_free(kPreferredPort) else 0
        self.site = Site(folder, {"sip.port": port, "log.format": "json"}, scratch=False, seconds=120)
        self.timeline = Timeline(self.site.log)
        self.phones = []

    def phone(self, number, **options):
        phone = Phone(number, self.site.sip, self.folder / f"phone-{number}", **options)
        self.phones.append(phone)
        return phone

    def close(self):
        for phone in self.phones:
            phone.close()
        return self.site.stop()

    # ── What callers do ──

    def caller(self, number):
        return self.phone(number, play=self.speech)

    def asks(self, phone, key):
        phone.call("95000")
        time.sleep(1)  # a moment of the greeting
        phone.key(key)
        return phone

    def talks(self, agent, seconds, since):
        agent.wait("CALL_ESTABLISHED", 40, since)
        time.sleep(seconds)

    def play(self):
        self.timeline.start()
        say("three agents register: 8001, 8002, 8003")
        self.speech = sound.speech(kCallerSays, self.folder / "caller.wav", "cmn")
        agents = {}
        for number, words in kAgents.items():
            agents[number] = self.phone(number, password=f"demo-{number}", play=sound.speech(words, self.folder / f"agent-{number}.wav"))
            until(f"{number} to be ready", lambda: self.site.agents("ready") == len(agents), 10)
        li = agents["8001"]

        say("one caller is served by the menu alone")
        zhao = self.asks(self.caller("13800000001"), "3")
        time.sleep(5)
        zhao.hangup()
        self.ended(1)

        say("one is given the agent who is idle longest")
        chen = self.caller("13900000002")
        mark = li.mark()
        self.asks(chen, "0")
        self.talks(li, 4, mark)
        chen.hangup()
        self.ended(2)
        until("8001's after-call work to be over", lambda: self.site.agents("ready") == 3, 20)

        say("he calls again: the same agent, although the other two have been idle longer")
        mark = li.mark()
        self.asks(chen, "0")
        self.talks(li, 3, mark)

        say("meanwhile the other two agents get calls of their own, and one more caller has to wait")
        others = [self.asks(self.caller(f"1370000000{i}"), key) for i, key in ((3, "1"), (4, "2"))]
        until("all three agents to talk", lambda: self.site.agents("talking") == 3, 20)
        waiting = self.asks(self.caller("13600000005"), "0")
        until("him to wait", lambda: self.site.metric('queue_waiting{queue="service"}') == 1, 10)

        say("another one waits behind him and gives up")
        impatient = self.asks(self.caller("13500000006"), "0")
        until("both to wait", lambda: self.site.metric('queue_waiting{queue="service"}') == 2, 10)
        time.sleep(3)
        impatient.hangup()
        self.ended(3)

        say("an agent becomes free")
        others[0].hangup()
        until("the one who waited to be served", lambda: waiting_served(self.timeline, self.site), 40)
        time.sleep(3)
        for phone in (waiting, others[1], chen):
            phone.hangup()
        self.ended(7)

    def ended(self, count):
        until(f"{count} calls to have ended", lambda: len(self.timeline.ended) >= count, 30)

    # ── What became of it ──

    def report(self):
        calls = until("seven records in PostgreSQL", lambda: self.records(7), 15)
        say("the records (./dev psql: select … from report.call)")
        self.psql("select to_char(started_at, 'HH24:MI:SS') as started, caller, queue, agent, ivr_ms, wait_ms, talk_ms, outcome, affinity,"
                  " recording is not null as recorded from report.call order by call_id")
        say("the queues (report.queue_hour)")
        self.psql("select to_char(hour, 'YYYY-MM-DD HH24:00') as hour, queue, offered, answered, abandoned, short_abandoned as short,"
                  " round(service_level_20s::numeric, 2) as service_level_20s, asa_ms, aht_ms, max_wait_ms from report.queue_hour order by 1, 2")
        return calls

    def records(self, count):
        rows = self.site.db.rows("select * from report.call order by call_id")
        whole = [r for r in rows if r["recording_sha256"]]
        return rows if len(rows) >= count and len(whole) >= count else None

    def psql(self, query):
        print(self.site.db.table(query), flush=True)

    def check(self, calls):
        """The demo shows what it says, or it fails."""
        by_caller = {}
        for call in calls:
            by_caller.setdefault(call["caller"], []).append(call)
        expect("the menu alone", by_caller["13800000001"][0]["outcome"], "self_service")
        expect("first call", [c["agent"] for c in by_caller["13900000002"]], ["8001", "8001"])
        expect("the second because of the first", by_caller["13900000002"][1]["affinity"], "hit")
        expect("the one who waited", by_caller["13600000005"][0]["outcome"], "answered")
        expect("the one who gave up", by_caller["13500000006"][0]["outcome"], "abandoned")
        for call in calls:
            if not (self.site.data / call["recording"]).is_file():
                raise Late(f"the recording of {call['call_id']} is not at {call['recording']}")

    def stay(self):
        host, port = self.site.sip
        say("the site stays up; Ctrl-C ends it")
        print(f"  1. In any SIP phone make an account 8004 at {host}:{port} (from another machine: this one's address), password demo-8004.\n"
              f"  2. It is an agent as soon as it has registered (8001 to 8003 are the phones of this demo).\n"
              f"  3. From another phone: ./dev call 95000 --keys 0 --talk 20 --data {self.site.data}\n"
              f"  Records: ./dev psql --data {self.site.data} -c 'select * from report.call'", flush=True)
        signal.pause()


def waiting_served(timeline, site):
    return site.waiting("service") == 0 and site.agents("talking") >= 3


def expect(what, is_, should):
    if is_ != should:
        raise Late(f"{what}: {is_!r}, and not {should!r}")


def say(words):
    print(f"\n── {words}", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the calls, with 0 when all went as it should")
    parser.add_argument("--data", default=str(kRoot / "var" / "demo"), metavar="DIR", help="emptied first (default var/demo)")
    arguments = parser.parse_args()
    interrupt_on_sigterm()
    demo, code = None, 0
    try:
        say("a PostgreSQL of its own, migrations, the daemon on config/travel")
        demo = Demo(emptied_folder(arguments.data, "demo"))
        print(f"  ready: sip {demo.site.sip[0]}:{demo.site.sip[1]}, http {demo.site.http[0]}:{demo.site.http[1]}", flush=True)
        demo.play()
        demo.check(demo.report())
        if not arguments.once:
            demo.stay()
    except KeyboardInterrupt:
        say("ending")
    except (AssertionError, RuntimeError, OSError) as error:
        print(f"demo: {error}" + (f"\ndemo: the daemon's log is {demo.site.log}" if demo else ""), file=sys.stderr)
        code = 1
    finally:
        if demo:
            demo.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
