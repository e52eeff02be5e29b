"""The program itself, without the script around it: exit codes, systemd's protocol, the log, a journal that fills up."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from case import SiteCase, kScenarios, log_folder, without_wrapup
from rig.ports import free_port
from rig.process import kEndsWithUs
from rig.site import Site, as_user, kRoot
from rig.sipp import Sipp
from rig.wait import until

kBuilt = kRoot / "build" / "release" / "hotlined"


class Daemon(unittest.TestCase):
    """In a folder that the daemon's user may enter, with a program and a site that he may read."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hotline-daemon-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o777)
        self.program = self.folder / "hotlined"
        shutil.copy(kBuilt, self.program)
        self.site = self.folder / "site"
        shutil.copytree(kRoot / "config" / "travel", self.site)

    def hotlined(self, *arguments, user=True, seconds=30, files=None):
        limit = ["prlimit", f"--nofile={files}"] if files else []
        command = [*limit, str(self.program), *map(str, arguments)]
        done = subprocess.run(as_user(*command) if user else command, capture_output=True, text=True, timeout=seconds, cwd="/")
        return done.returncode, done.stdout + done.stderr

    def serve(self, data="data", *settings):
        quick = ["--set", "sip.port=0", "--set", "http.port=0", "--set", "media.port_min=20000", "--set", "media.port_max=31999"]
        return ["serve", "--site", self.site, "--data", self.folder / data, "--db", "host=/nonexistent dbname=hotline", *quick, *settings]

    def started(self, *settings, env=None, files=None):
        """A daemon whose database is away: it serves nevertheless."""
        out = open(self.folder / "out", "w+b")
        self.addCleanup(out.close)
        limit = ["prlimit", f"--nofile={files}"] if files else []
        command = [*kEndsWithUs, *as_user(*limit, str(self.program), *map(str, self.serve("data", *settings)))]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd="/", env={**os.environ, **(env or {})})
        self.addCleanup(lambda: process.poll() is None and (process.kill(), process.wait(10)))
        until("the daemon to be ready", lambda: "hotline: ready " in self.words() or process.poll() is not None, 30)
        self.assertIsNone(process.poll(), self.words())
        return process

    def words(self):
        return (self.folder / "out").read_text(errors="replace")

    def expect(self, code, cure, *arguments, **options):
        got, words = self.hotlined(*arguments, **options)
        self.assertEqual(got, code, words)
        self.assertIn(cure, words)

    def test_exit_codes(self):
        self.expect(0, "hotlined", "--version")
        self.expect(2, "--sight", "serve", "--sight", self.site)
        self.expect(2, "help", "dance")
        self.expect(8, "control.sock", "reload", "--data", self.folder)
        self.expect(9, "/nonexistent", "migrate", "--db", "host=/nonexistent dbname=hotline", "--sql", kRoot / "sql", user=False)
        queues = (self.site / "queues.json").read_text()
        (self.site / "queues.json").write_text(queues.replace('"ring_s"', '"rings_s"', 1))
        self.expect(1, "Did you mean", "check", "--site", self.site)
        self.expect(3, "Did you mean", *self.serve())
        (self.site / "queues.json").write_text(queues)
        self.expect(0, "", "check", "--site", self.site)
        self.expect(5, "/proc/nowhere", "serve", "--site", self.site, "--data", "/proc/nowhere", "--db", "host=/nonexistent dbname=hotline")
        self.expect(7, "LimitNOFILE", *self.serve(), files=60)
        if os.geteuid() == 0:
            self.expect(6, "root", *self.serve(), user=False)

    def test_with_few_descriptors_it_serves_and_says_how_many_calls_they_last_for(self):
        self.started("--set", "limits.max_calls=4000", files=1000)
        self.assertIn("may open 1000 files", self.words())

    def test_a_taken_port_and_a_taken_folder(self):
        first = self.started()
        self.expect(5, "data", *self.serve())
        for kind, setting in ((socket.SOCK_DGRAM, "sip.port"), (socket.SOCK_STREAM, "http.port")):
            with socket.socket(socket.AF_INET, kind) as taken:
                port = free_port()
                taken.bind(("127.0.0.1", port))
                if kind == socket.SOCK_STREAM:
                    taken.listen()
                self.expect(4, str(port), *self.serve("other", "--set", f"{setting}={port}", "--set", 'sip.listen=["127.0.0.1"]'))
        first.send_signal(signal.SIGTERM)
        self.assertEqual(first.wait(60), 0)

    def test_systemd_hears_ready_then_alive_then_stopping(self):
        path = self.folder / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(str(path))
            path.chmod(0o777)
            systemd.settimeout(20)
            daemon = self.started(env={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "10000000"})
            self.assertIn(b"READY=1", systemd.recv(4096))
            for _ in range(3):
                self.assertIn(b"WATCHDOG=1", systemd.recv(4096))
            # A loop that stands is not alive: the control thread does not feed the watchdog while the process is stopped, …
            daemon.send_signal(signal.SIGSTOP)
            systemd.settimeout(0.2)
            with self.assertRaises(TimeoutError):
                while True:
                    systemd.recv(4096)
            systemd.settimeout(3)
            with self.assertRaises(TimeoutError):
                systemd.recv(4096)
            daemon.send_signal(signal.SIGCONT)
            systemd.settimeout(20)
            self.assertIn(b"WATCHDOG=1", systemd.recv(4096))
            daemon.send_signal(signal.SIGTERM)
            until("word that it stops", lambda: b"STOPPING=1" in systemd.recv(4096))
            self.assertEqual(daemon.wait(60), 0)

    def test_the_unit_file_is_what_systemd_understands(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("there is no systemd-analyze here")
        unit = (kRoot / "config" / "systemd" / "hotlined.service").read_text().replace("/usr/bin/hotlined", str(self.program))
        (self.folder / "hotlined.service").write_text(unit)
        done = subprocess.run(["systemd-analyze", "verify", str(self.folder / "hotlined.service")], capture_output=True, text=True, timeout=60)
        ours = [line for line in done.stderr.splitlines() if "hotlined.service" in line]
        self.assertEqual(ours, [])
        for line in ("Type=notify", "WatchdogSec=", "Restart="):
            self.assertIn(line, unit)


class JsonLog(SiteCase):
    settings = {"log.format": "json"}

    def test_every_line_is_json_and_a_calls_events_carry_its_id(self):
        self.course("uac-bye-in-menu", keys={"name": "O'Neill <b>王</b>; drop table"})
        call = self.only_call()
        lines = [line for line in self.site.words().splitlines() if not line.startswith(("dev:", "hotline:"))]
        events = [json.loads(line) for line in lines]
        self.assertGreater(len(events), 3)
        for event in events:
            self.assertLessEqual({"at", "level", "event"}, event.keys())
        self.assertLessEqual({"call.arrived", "call.ended"}, {e["event"] for e in events if e.get("call") == call["call_id"]})


class FullJournal(unittest.TestCase):
    """PostgreSQL is away until the journal's quota is nearly used up: calls are refused, none is lost, and all is well again when it is back."""

    def test_calls_are_refused_before_a_fact_is_lost(self):
        folder = log_folder("FullJournal")
        settings = {"journal.segment_mb": 1, "journal.max_mb": 3, "sip.t1x64_ms": 2000, "log.level": "warn", **without_wrapup()}
        with Site(folder, settings) as site:
            until("the store", lambda: site.metric("store_connected") == 1)
            site.stop_database()
            until("word of it", lambda: json.loads(site.get("/healthz")[1])["status"] == "degraded")
            self.assertEqual(site.get("/healthz")[0], 200, "calls are taken")
            number, placed = 0, 0
            while site.get("/healthz")[0] == 200:
                self.assertLess(placed, 20_000)
                number += 1
                users = [[f"137{number:03d}{i:05d}"] for i in range(400)]
                run = Sipp(kScenarios / "uac-many-menu.xml", site.sip, folder, keys={"caller": "x", "name": "x" * 200, "key": "3"}, users=users,
                           calls=400, rate=200, seconds=60, trace=False)
                run.wait()
                placed += 400
            self.assertEqual(json.loads(site.get("/healthz")[1])["status"], "failing")
            late = Sipp(kScenarios / "uac-unknown-number-404.xml", site.sip, folder, keys={"caller": "1", "name": "x"}, service="95000")
            self.assertNotEqual(late.wait(), 0)
            self.assertIn("503", late.words())
            self.assertEqual(site.metric("journal_facts_lost_total"), 0)
            site.start_database()
            until("all to be in the store", lambda: site.metric("journal_backlog") == 0, 60)
            until("its word", lambda: json.loads(site.get("/healthz")[1])["status"] == "ok")
            self.assertEqual(site.db.value("select count(*) = count(distinct call_id) as n from report.call"), True)
        site.remove()


if __name__ == "__main__":
    unittest.main()
