"""Running it: two sites side by side, reload, shutdown, a full disk, idling, what /metrics and /healthz say, ./dev call."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import unittest

from case import SiteCase, kScenarios, log_folder, without_wrapup
from rig import sound
from rig.site import Site, as_user, kRoot
from rig.sipp import Sipp
from rig.wait import until


def own_site(folder):
    """A copy of the sample site that a test may change, readable by the daemon's user."""
    target = folder / "site"
    shutil.copytree(kRoot / "config" / "travel", target)
    return target


class SideBySide(unittest.TestCase):
    def test_two_sites_do_not_disturb_each_other(self):
        folder = log_folder("SideBySide")
        media = {"media.port_min": 20000, "media.port_max": 29999}  # the same for both, as in two fresh clones
        with Site(folder / "one", media) as one, Site(folder / "two", media) as two:
            self.assertNotEqual(one.sip, two.sip)
            runs = [Sipp(kScenarios / "uac-bye-in-menu.xml", site.sip, site.folder, calls=5, rate=5, keys={"caller": caller, "name": "x"})
                    for site, caller in ((one, "13980000001"), (two, "13980000002"))]
            for run in runs:
                run.check()
            for site, caller in ((one, "13980000001"), (two, "13980000002")):
                until("its five calls", lambda site=site: site.db.value("select count(*) as n from report.call") == 5)
                self.assertEqual(site.db.rows("select distinct caller from report.call"), [{"caller": caller}])
            self.assertEqual(one.stop(), 0)
            self.assertEqual(two.get("/healthz")[0], 200)
        for site in (one, two):
            site.remove()


class LongPath(unittest.TestCase):
    def test_a_data_folder_whose_socket_path_would_be_too_long(self):
        folder = log_folder("LongPath") / ("deep-" * 12) / ("deeper-" * 12)
        with Site(folder) as site:
            self.assertEqual(site.db.value("select count(*) as n from report.call"), 0)
            self.assertEqual(site.hotlined("status")[0], 0)
        site.remove()


class Watching(SiteCase):
    def test_idle_takes_less_than_one_percent_of_a_core(self):
        until("the start to be over", lambda: self.site.metric("journal_backlog") == 0)
        used, began = self.site.cpu_seconds(), time.monotonic()
        until("ten seconds to pass", lambda: time.monotonic() - began > 10, 15, 0.5)
        self.assertLess((self.site.cpu_seconds() - used) / (time.monotonic() - began), 0.01)

    def test_healthz_and_metrics(self):
        status, body = self.site.get("/healthz")
        self.assertEqual((status, json.loads(body)["status"]), (200, "ok"))
        metrics = self.site.metrics()
        for name in ("calls", 'queue_waiting{queue="service"}', 'queue_longest_wait_seconds{queue="service"}', 'agents{state="ready"}',
                     "journal_backlog", 'loop_lag_seconds{loop="control"}', "rtp_packets_in_total", "rtp_lost_total"):
            self.assertIn("hotline_" + name, metrics)

    def test_metrics_follow_a_waiting_caller(self):
        self.sipp("uac-abandons-in-queue")
        for gauge in ("calls", 'queue_waiting{queue="service"}'):
            until(f"{gauge} to follow", lambda gauge=gauge: self.site.metric(gauge) == 1, 3)
        self.assertEqual(len(self.wait_calls(1)), 1)

    def test_a_path_that_is_not_there(self):
        self.assertEqual(self.site.get("/nothing")[0], 404)

    def test_status_and_explain(self):
        self.course("uac-bye-in-menu")
        call = self.only_call()
        code, out, err = self.site.hotlined("explain", call["call_id"])
        self.assertEqual(code, 0, err)
        self.assertIn("13800000001", out)
        code, out, _ = self.site.hotlined("status")
        self.assertEqual(code, 0)
        self.assertIn("service", out)

    def test_dev_call_places_one_real_call_and_keeps_what_was_heard(self):
        heard = self.out / "heard.wav"
        done = self.dev_call("95000", "--from", "13980001111", "--keys", "3", "--talk", "2", "--out", str(heard))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(sound.rms(sound.read_wav(heard)[0]), 0.005)
        self.assertEqual(self.only_call()["outcome"], "self_service")

    def test_dev_call_says_what_was_refused(self):
        done = self.dev_call("11111")
        self.assertEqual(done.returncode, 1)
        self.assertIn("404", done.stderr)

    def test_dev_call_where_nothing_runs(self):
        done = subprocess.run([str(kRoot / "dev"), "call", "95000", "--data", str(self.out)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 3, done.stderr)

    def dev_call(self, *arguments):
        return subprocess.run([str(kRoot / "dev"), "call", *arguments, "--data", str(self.site.data)], capture_output=True, text=True, timeout=90)


class Reload(SiteCase):
    @classmethod
    def setUpClass(cls):
        folder = log_folder("ReloadSite")
        cls.site_folder = own_site(folder)
        cls.original = (cls.site_folder / "queues.json").read_text()
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.addCleanup((self.site_folder / "queues.json").write_text, self.original)

    def reload(self):
        return subprocess.run([str(kRoot / "dev"), "reload", "--data", str(self.site.data)], capture_output=True, text=True, timeout=90)

    def test_waiting_callers_keep_their_places_and_the_new_rules_hold(self):
        runs = []
        for waiting in (1, 2):
            runs.append(self.sipp("uac-many-queue", users=[[f"1398010000{waiting}"]], seconds=60))
            self.wait_waiting("service", waiting)
        (self.site_folder / "queues.json").write_text(self.original.replace('"ring_s": 15', '"ring_s": 4', 1))
        done = self.reload()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.site.waiting("service"), 2)
        deaf = self.agent("8002", "uas-no-answer")
        until("his phone to have rung for as long as the new rule says", lambda: self.site.agents("ringing") == 1)
        until("the end of it", lambda: self.site.agents("ringing") == 0, 12)
        self.register("8002", 0, deaf.port)
        agent = self.agent("8001", "uas-answer-then-bye", calls=2, seconds=60)
        for run in (*runs, agent):
            run.check()
        first, second = self.wait_calls(2)
        self.assertEqual([first["caller"], second["caller"]], ["13980100001", "13980100002"])
        self.assertLess(first["wait_ms"], second["wait_ms"])
        # Right after its registration the phone may not listen yet.
        missed = next(s for s in self.segments(first["call_id"]) if s["result"] != "unreachable")
        self.assertEqual((missed["agent"], missed["result"]), ("8002", "missed"))
        self.assertTrue(4000 <= first["ring_ms"] <= 9000, first)

    def test_exactly_the_new_members_serve(self):
        agents = self.site_folder / "agents.json"
        text = agents.read_text()
        self.addCleanup(self.reload)
        self.addCleanup(agents.write_text, text)
        gone, stays = self.phone("8001"), self.phone("8002")
        ready = lambda: self.site.metric('queue_ready_agents{queue="service"}')
        until("both to be ready", lambda: ready() == 2, 5)
        lines = text.splitlines(keepends=True)
        agents.write_text("".join(line if '"8002"' in line else line.replace('"service", ', "") for line in lines))
        self.assertEqual(self.reload().returncode, 0)
        until("one to be left", lambda: ready() == 1, 5)
        caller = self.phone("13980200001")
        caller.call("95000")
        caller.key("0")
        stays.wait("CALL_ESTABLISHED", 15)
        second = self.phone("13980200002")
        second.call("95000")
        second.key("0")
        self.wait_waiting("service", 1)
        self.assertEqual(gone.count("CALL_INCOMING"), 0, "though he is free, and was idle for longer")
        agents.write_text(text)
        self.assertEqual(self.reload().returncode, 0)
        gone.wait("CALL_ESTABLISHED", 15)
        for phone in (caller, second):
            phone.hangup()
        first, then = self.wait_calls(2)
        self.assertEqual((first["agent"], then["agent"]), ("8002", "8001"))

    def test_a_mistake_keeps_the_old_configuration_and_names_its_place(self):
        (self.site_folder / "queues.json").write_text(self.original.replace('"ring_s": 15', '"ring_s": "soon"', 1))
        done = self.reload()
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr + done.stdout, r"queues\.json:\d+:\d+")
        self.course("uac-bye-in-menu")
        self.only_call()

    def test_a_broken_flow_is_refused_and_the_running_one_stays(self):
        flow = self.site_folder / "ivr" / "main.json"
        text = flow.read_text()
        self.addCleanup(flow.write_text, text)
        for broken in (text.replace('"goto"', '"gota"', 1), text[: len(text) // 2], ""):
            flow.write_text(broken)
            done = self.reload()
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stderr + done.stdout, r"ivr/main\.json:\d+:\d+")
        self.course("uac-abandons-in-queue")
        self.assertEqual(self.only_call()["queue"], "service")

    def test_sighup_reloads_too(self):
        before = self.site.words().count("config.reloaded")
        numbers = self.site_folder / "site.json"
        text = numbers.read_text()
        self.addCleanup(self.reload)
        self.addCleanup(numbers.write_text, text)
        numbers.write_text(text.replace('"95000": "main"', '"95000": "main", "95001": "main"', 1))
        self.site.process.send_signal(signal.SIGHUP)
        until("word of the reload", lambda: self.site.words().count("config.reloaded") > before)
        self.course("uac-bye-in-menu", service="95001")
        self.assertEqual(self.only_call()["called"], "95001")


class FullDisk(SiteCase):
    """The reserve for the journal is more than the disk has: recordings are given up, calls are not."""

    settings = {"media.disk_reserve_mb": 1 << 20}

    def test_the_recording_is_lost_the_call_is_not_and_it_says_so(self):
        agent = self.agent("8001", "uas-answer-then-bye")
        self.course("uac-key-then-served")
        agent.check()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["recording"], call["recording_sha256"]), ("answered", None, None))
        until("the counter", lambda: self.site.metric("recordings_lost_total") >= 1)
        missed = self.site.db.rows(f"select body from hotline.fact where kind = 'RecordingMissed' and call_id = '{call['call_id']}'", "hotline_app")
        self.assertEqual(len(missed), 1)


class SmallDisk(unittest.TestCase):
    """Recordings on a file system of two megabytes that fills up in the middle of a call."""

    @unittest.skipUnless(os.geteuid() == 0, "mounting a small tmpfs needs root")
    def test_the_disk_fills_up_in_mid_call(self):
        folder = log_folder("SmallDisk")
        with Site(folder, {"media.disk_reserve_mb": 0, **without_wrapup()}) as site:
            recordings = site.real_data() / "recordings"
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k,mode=750,uid=" + str(recordings.stat().st_uid), "tmpfs", str(recordings)]).returncode:
                self.skipTest("no tmpfs can be mounted here")
            try:
                run = Sipp(kScenarios / "uac-key-then-bye.xml", site.sip, folder, keys={"caller": "13980200001", "name": "x", "key": "3"}, calls=3, rate=1)
                run.check()
                until("three records", lambda: site.db.value("select count(*) as n from report.call") == 3)
                lost = site.db.value("select count(*) as n from report.call where recording is null")
                self.assertGreaterEqual(lost, 1)
                self.assertEqual(site.get("/healthz")[0], 200)
            finally:
                subprocess.run(["umount", "-l", str(recordings)], check=True)
        site.remove()


class Shutdown(unittest.TestCase):
    def calls_at_the_end(self, name, how, drain=None):
        folder = log_folder(name)
        site = Site(folder, without_wrapup(), drain=drain)
        self.addCleanup(site.stop)
        caller = Sipp(kScenarios / "uac-many-queue.xml", site.sip, folder, keys={"key": "0", "caller": "x", "name": "x"}, users=[["13980300001"]])
        self.addCleanup(caller.stop)
        until("a waiting caller", lambda: site.metric('queue_waiting{queue="service"}') == 1)
        return site, caller

    def test_sigterm_ends_calls_their_records_and_its_postgresql(self):
        site, caller = self.calls_at_the_end("ShutdownTerm", signal.SIGTERM)
        database = site.database_pid()
        self.assertEqual(site.stop(signal.SIGTERM), 0)
        caller.check()  # he got a BYE
        self.assertFalse(pathlib.Path(f"/proc/{database}").exists())
        site.start()
        call = until("the record", lambda: site.db.row("select * from report.call"))
        self.assertEqual((call["hangup_by"], call["queue"]), ("system", "service"))
        self.assertNotEqual(call["outcome"], "lost_at_restart")
        self.assertEqual(site.stop(), 0)
        site.remove()

    def test_sigint_does_the_same(self):
        site, caller = self.calls_at_the_end("ShutdownInt", signal.SIGINT)
        self.assertEqual(site.stop(signal.SIGINT), 0)
        caller.check()
        site.remove()

    def test_drain_waits_for_calls_and_takes_no_new_ones(self):
        folder = log_folder("ShutdownDrain")
        site = Site(folder, without_wrapup(), drain=30)
        self.addCleanup(site.stop)
        caller = Sipp(kScenarios / "uac-abandons-in-queue.xml", site.sip, folder, keys={"key": "0", "caller": "13980300003", "name": "x"})
        self.addCleanup(caller.stop)
        until("a waiting caller", lambda: site.metric('queue_waiting{queue="service"}') == 1)
        site.process.send_signal(signal.SIGTERM)
        until("the drain", lambda: site.get("/healthz")[0] == 503)
        late = Sipp(kScenarios / "uac-unknown-number-404.xml", site.sip, folder, keys={"caller": "1", "name": "x"}, service="95000")
        self.assertNotEqual(late.wait(), 0)
        self.assertIn("503", late.words())
        caller.check()  # he ended his call himself
        site.process.wait(20)
        self.assertEqual(site.process.returncode, 0)
        site.remove()


class Root(unittest.TestCase):
    @unittest.skipUnless(os.geteuid() == 0, "only root can be refused as root")
    def test_the_daemon_never_serves_as_root(self):
        done = subprocess.run([str(kRoot / "build/release/hotlined"), "serve", "--site", str(kRoot / "config/travel"), "--data", "/nonexistent"],
                              capture_output=True, text=True, timeout=20)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("root", done.stderr)

    def test_who_runs_what(self):
        with Site(log_folder("Root")) as site:
            for pid in (site.pid, site.database_pid()):
                self.assertNotEqual(os.stat(f"/proc/{pid}").st_uid, 0)
        site.remove()


class Simulate(unittest.TestCase):
    def simulate(self, *arguments):
        return subprocess.run([str(kRoot / "build/release/hotlined"), "simulate", "--site", str(kRoot / "config/travel"), *arguments],
                              capture_output=True, text=True, timeout=60)

    def test_more_agents_give_a_better_service_level(self):
        csv = log_folder("Simulate") / "day.csv"
        levels = []
        for agents in ("6", "9"):
            done = self.simulate("--calls-per-hour", "100", "--agents", agents, "--csv", str(csv))
            self.assertEqual(done.returncode, 0, done.stderr)
            row = next(line for line in done.stdout.splitlines() if line.startswith("all ")).split()
            levels.append(float(row[5]))
        self.assertGreater(levels[1], levels[0] + 5, levels)
        lines = csv.read_text().splitlines()
        self.assertEqual(lines[0].split(",")[:3], ["hour", "queue", "offered"])
        self.assertEqual(len(lines), 1 + 24 * 4)
        offered = sum(int(line.split(",")[2]) for line in lines[1:])
        self.assertTrue(2200 <= offered <= 2600, offered)

    def test_callers_who_want_what_nobody_knows_wait_in_vain(self):
        done = self.simulate("--calls-per-hour", "60", "--share", "service=1", "--wants", "service=klingon:1:50", "--hours", "8")
        row = next(line for line in done.stdout.splitlines() if line.startswith("all ")).split()
        offered, answered = int(row[1]), int(row[2])
        self.assertTrue(0.4 * offered < answered < 0.6 * offered, done.stdout + done.stderr)

    def test_what_is_wrong_is_said(self):
        for arguments, words in ((("--share", "servise=1"), "there is no queue \"servise\""), (("--wants", "servise=a:1:1"), "there is no queue \"servise\""),
                                 (("--wants", "service=english"), "service=english:3:20"), (("--wants", "service=english:11:5"), "from 1 to 9"), (("--agents", "many"), "--agents takes a whole number"),
                                 (("--csv", "/nonexistent/day.csv"), "/nonexistent/day.csv")):
            with self.subTest(arguments):
                done = self.simulate(*arguments)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(words, done.stderr)


class Check(unittest.TestCase):
    def test_every_mistake_has_file_line_column_and_cure(self):
        folder = log_folder("Check")
        site = own_site(folder)
        queues = (site / "queues.json").read_text()
        (site / "queues.json").write_text(queues.replace('"ring_s": 15', '"rings_s": 15', 1).replace('"wrapup_s": 10', '"wrapup_s": -1', 1))
        done = subprocess.run([str(kRoot / "build/release/hotlined"), "check", "--site", str(site)], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"queues\.json:\d+:\d+: .*rings_s.*ring_s")  # the cure is the right key's name
        self.assertRegex(done.stdout, r"queues\.json:\d+:\d+: .*-1.*\d")            # … or what is allowed
        self.assertEqual(len(re.findall(r"queues\.json:\d+:\d+", done.stdout)), 2, done.stdout)
