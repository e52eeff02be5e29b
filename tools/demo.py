"""./dev demo: the sample site with real phones: three agents, five courses a call can take, told as they happen; then the reports.

--once ends with 0 after the calls (and with 1 when one went otherwise than told); without it the site stays up for your own phone.
"""
import argparse
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

from rig import sound
from rig.phone import Phone
from rig.ports import is_bound
from rig.site import Site, kRoot
from rig.wait import Late, until

kAgents = ("8001", "8002", "8003")
kWords = {"8001": "Welcome to the travel agency. This is eight zero zero one. How can I help you?",
          "8002": "Good day, eight zero zero two speaking. What can I do for you?",
          "8003": "Hello, you are talking to eight zero zero three. Where would you like to go?"}


class Timeline(threading.Thread):
    """Prints each call's facts as they reach the store, once each, from the daemon's own words (report.timeline)."""

    def __init__(self, site):
        super().__init__(daemon=True)
        self.site, self.ended, self.told, self.names = site, threading.Event(), {}, {}
        self.began = site.db.value("select now() as at")

    def run(self):
        while not self.ended.wait(0.5):
            self.tell()

    def tell(self):
        """Facts that came since; a call is named by its caller."""
        rows = self.site.db.rows(
            "select f.call_id, f.body ->> 'caller' as caller, t.at, t.what, t.n from "
            f"(select distinct call_id, body from hotline.fact where kind = 'CallArrived' and at >= '{self.began}') f, "
            "lateral (select at, what, row_number() over () as n from report.timeline(f.call_id)) t order by t.at, t.n", "hotline_app")
        for row in rows:
            if row["n"] <= self.told.get(row["call_id"], 0):
                continue
            self.told[row["call_id"]] = row["n"]
            name = self.names.setdefault(row["call_id"], f"call {len(self.names) + 1}, {row['caller']}")
            print(f"  {row['at'][11:23]}  {name}: {row['what']}", flush=True)

    def finish(self):
        self.ended.set()
        self.join(10)
        self.tell()


class Demo:
    def __init__(self, site, folder):
        self.site, self.folder = site, folder
        self.phones = []

    def phone(self, number, **options):
        phone = Phone(number, self.site.sip, self.folder / f"phone-{number}-{len(self.phones)}", **options)
        self.phones.append(phone)
        return phone

    def register_agents(self):
        self.agents = {}
        for number in kAgents:
            words = sound.speech(kWords[number], self.folder / f"{number}.wav")
            self.agents[number] = self.phone(number, password=f"demo-{number}", play=words)
        until("three agents to be ready", lambda: self.site.agents("ready") == len(kAgents), 20)

    def caller(self, number, words="Hello, I would like to ask about a journey to the mountains in autumn, for two adults and a child."):
        return self.phone(number, play=sound.speech(words, self.folder / "caller.wav"))

    def ask(self, caller, key):
        caller.call("95000")
        caller.key(key)

    def talking_agent(self, caller):
        """The agent whose phone is in a call, once one is (there is only this caller)."""
        return until(f"an agent to answer {caller.number}", lambda: next((n for n, p in self.agents.items() if self.is_up(p)), None), 20)

    @staticmethod
    def is_up(phone):
        return phone.count("CALL_ESTABLISHED") > phone.count("CALL_CLOSED")

    @staticmethod
    def hang_up(caller, after):
        """Lets him talk so long, then ends the call, unless the other side did."""
        try:
            caller.wait("CALL_CLOSED", after, caller.mark())
        except Late:
            caller.hangup()
            caller.wait("CALL_CLOSED", 5)

    # ── The five courses ──

    def free_agent(self):
        title("1. A caller asks for the service desk; an agent is free.")
        caller = self.caller("13800000001")
        self.ask(caller, "0")
        agent = self.talking_agent(caller)
        self.hang_up(caller, 4)
        return agent

    def waits(self):
        title("2. All three agents are talking; a fourth caller waits with music, and is served by the first who is free.")
        others = [self.caller(f"1380000001{n}") for n in range(3)]
        for n, other in enumerate(others):
            self.ask(other, "1")
            until("the agents to be talking", lambda n=n: self.site.agents("talking") == n + 1, 30)
        caller = self.caller("13800000002")
        self.ask(caller, "1")
        until("him to wait", lambda: self.site.metric('queue_waiting{queue="domestic"}') == 1, 10)
        self.hang_up(others[0], 4)
        until("him to be answered", lambda: self.site.metric('queue_waiting{queue="domestic"}') == 0, 30)
        self.hang_up(caller, 3)
        for other in others[1:]:
            self.hang_up(other, 0.5)

    def same_agent(self, agent):
        title(f"3. The first caller calls again: he gets {agent}, who knows him, although others have been idle longer.")
        until("everybody to be ready again", lambda: self.site.agents("ready") == len(kAgents), 60)
        caller = self.caller("13800000001", "It is me again. One more question about the hotel, please.")
        self.ask(caller, "0")
        self.talking_agent(caller)
        self.hang_up(caller, 3)

    def abandons(self):
        title("4. Nobody is there for him: the agents unregister, the caller waits a while and hangs up.")
        for agent in self.agents.values():
            agent.close()
        until("the agents to be gone", lambda: self.site.agents("offline") == 6, 30)
        caller = self.caller("13800000003")
        self.ask(caller, "2")
        self.hang_up(caller, 6)

    def menu_alone(self):
        title("5. A caller asks the menu for the opening hours, listens and hangs up: no agent needed.")
        caller = self.caller("13800000004")
        self.ask(caller, "3")
        self.hang_up(caller, 8)

    def close(self):
        for phone in self.phones:
            phone.close()


def title(text):
    print(f"\n{text}", flush=True)


def check(site, agent):
    """What the five courses must have left in report.call. → what went otherwise."""
    def rows(where):
        return site.db.rows(f"select * from report.call where {where} order by call_id")
    first, again = rows("caller = '13800000001'")
    wrong = []
    expected = [(first["agent"] == agent and first["outcome"] == "answered", "the first call was not answered by a free agent"),
                (again["agent"] == agent and again["affinity"] == "hit", "the repeat caller did not get the same agent"),
                (all(r["outcome"] == "answered" and r["wait_ms"] > 1000 for r in rows("caller = '13800000002'")), "the waiting caller was not served"),
                ([r["outcome"] for r in rows("caller = '13800000003'")] == ["abandoned"], "the abandoned call is not told as one"),
                ([r["outcome"] for r in rows("caller = '13800000004'")] == ["self_service"], "the call served by the menu is not told as one")]
    for fine, text in expected:
        if not fine:
            wrong.append(text)
    for row in rows("recording is not null"):
        if not (site.data / row["recording"]).exists():
            wrong.append(f"the recording {row['recording']} is missing")
    return wrong


def reports(site):
    for heading, query in (
            ("Call records (report.call)", "select to_char(started_at, 'HH24:MI:SS') as at, caller, queue, agent, ivr_ms, wait_ms, talk_ms, outcome, hangup_by, "
                                           "affinity, recording from report.call order by call_id"),
            ("Queues (report.queue_hour)", "select to_char(hour, 'HH24:MI') as hour, queue, offered, answered, abandoned, round(service_level_20s::numeric, 2) "
                                           "as service_level_20s, asa_ms, aht_ms, max_wait_ms from report.queue_hour order by hour, queue"),
            ("Why that agent (report.decision)", "select to_char(at, 'HH24:MI:SS') as at, call_id, queue, agent, reason from report.decision order by at")):
        title(heading)
        subprocess.run([str(kRoot / "dev"), "psql", "--data", str(site.data), "-qP", "footer=off", "-c", query], check=True)


def stay(site):
    host, port = site.sip
    print(f"""
The site stays up; Ctrl-C ends it. Your own phone (Linphone, baresip, Zoiper, MicroSIP):
  1. as an agent:  user 8001 (to 8006), password demo-8001, domain {host}:{port}, transport UDP or TCP. He is ready as soon as he is registered.
  2. as a caller:  any other user name without registration, or ./dev call --data {site.data} 95000 --keys 0; dial 95000@{host}:{port}.
  3. the reports:  ./dev psql --data {site.data}     recordings: {site.data}/recordings""", flush=True)
    site.process.wait()


def run(arguments, folder):
    # The well-known port where it is free, so that a phone's account stays valid from demo to demo.
    settings = {"sip.port": 5060 if not is_bound(5060) else 0, "log.level": "info"}
    print("starting PostgreSQL and the daemon on config/travel …", flush=True)
    with Site(folder, settings, seconds=120, scratch=arguments.once) as site:
        demo, timeline = Demo(site, folder), Timeline(site)
        timeline.start()
        try:
            print(f"{len(kAgents)} agents register as {', '.join(kAgents)} …", flush=True)
            demo.register_agents()
            agent = demo.free_agent()
            demo.waits()
            demo.same_agent(agent)
            demo.abandons()
            demo.menu_alone()
            until("all calls in the store", lambda: site.metric("calls") == 0 and site.metric("journal_backlog") == 0, 30)
        finally:
            demo.close()
        timeline.finish()
        reports(site)
        wrong = check(site, agent)
        for text in wrong:
            print(f"demo: {text}", file=sys.stderr)
        if not arguments.once and not wrong:
            stay(site)
        return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--data", metavar="DIR", help="keep everything there (default: a new folder under /tmp)")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = pathlib.Path(arguments.data or tempfile.mkdtemp(prefix="hotline-demo-"))
    if arguments.data is None:
        folder.chmod(0o755)  # the daemon's user must get through
    try:
        return run(arguments, folder)
    except KeyboardInterrupt:
        return 0
    except (Late, RuntimeError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        if arguments.data is None:
            shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
