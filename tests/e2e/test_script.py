"""The one script, as people meet it: the demo, a checkout that the daemon's user cannot enter, an ordinary user, odd paths, signals."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from case import log_folder
from rig.process import kEndsWithUs
from rig.site import Site, kRoot
from rig.wait import until

kNobody = 65534
kQuick = ["--set", "sip.port=0", "--set", "http.port=0", "--set", "media.port_min=20000", "--set", "media.port_max=31999"]


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=options.pop("seconds", 90), **options)


def small_checkout(folder):
    """What `./dev up` needs of a checkout."""
    for part in ("tools", "config", "sql"):
        shutil.copytree(kRoot / part, folder / part)
    shutil.copy(kRoot / "dev", folder / "dev")
    (folder / "build" / "release").mkdir(parents=True)
    shutil.copy(kRoot / "build" / "release" / "hotlined", folder / "build" / "release" / "hotlined")


class Up:
    """`./dev up` of some checkout; ready when it says so."""

    def __init__(self, checkout, data, prefix=(), site=None):
        self.log = open(pathlib.Path(tempfile.mkdtemp(prefix="hotline-up-")) / "log", "w+b")
        command = [*kEndsWithUs, *prefix, str(checkout / "dev"), "up", "--data", str(data), *(["--site", str(site)] if site else []), *kQuick]
        env = {**os.environ, "HOTLINE_BUILT": "1", "HOTLINE_SCRATCH": "1"}
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, env=env)
        until(f"{checkout}/dev up to be ready: {self.words()}", self._ready, 60)

    def words(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def ready_lines(self):
        return [line for line in self.words().splitlines() if line.startswith("hotline: ready ")]

    def _ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"./dev up ended with {self.process.returncode}: {self.words()}")
        return self.ready_lines()

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(60)
        self.log.close()
        shutil.rmtree(pathlib.Path(self.log.name).parent, ignore_errors=True)
        return code


class Demo(unittest.TestCase):
    def test_once_shows_all_its_calls_and_ends_with_zero(self):
        folder = log_folder("Demo") / "data"
        done = run(kRoot / "dev", "demo", "--once", "--data", folder, seconds=240, env={**os.environ, "HOTLINE_BUILT": "1"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for words in ("served him before", "presses 3: opening_hours", "abandoned, by caller", "self_service, by caller", "report.queue_hour"):
            self.assertIn(words, done.stdout)
        shutil.rmtree(folder, ignore_errors=True)

    def test_it_empties_nobody_elses_folder(self):
        folder = log_folder("DemoFolder") / "data"
        folder.mkdir()
        (folder / "recordings").write_text("dear to somebody")
        done = run(kRoot / "dev", "demo", "--once", "--data", folder, env={**os.environ, "HOTLINE_BUILT": "1"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("choose one that is empty", done.stderr)
        self.assertEqual((folder / "recordings").read_text(), "dear to somebody")


class Soak(unittest.TestCase):
    def test_a_short_one(self):
        done = run(kRoot / "dev", "soak", "--seconds", "6", seconds=150, env={**os.environ, "HOTLINE_BUILT": "1"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"[1-9]\d* of them with an agent, each in the store exactly once")


class ClosedCheckout(unittest.TestCase):
    """Started by root from a folder that only root can enter, as /root is."""

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("only root's folders are closed to the daemon's user")
        self.checkout = pathlib.Path(tempfile.mkdtemp(prefix="hotline-closed-"))  # rwx------
        self.addCleanup(shutil.rmtree, self.checkout)
        small_checkout(self.checkout)

    def up(self, data):
        up = Up(self.checkout, self.checkout / data)
        self.addCleanup(self.forget, data)
        self.addCleanup(lambda: up.process.poll() is None and up.stop())
        return up

    def forget(self, data):
        link = self.checkout / data / "pg"
        if link.is_symlink():
            shutil.rmtree(pathlib.Path(os.readlink(link)).parent, ignore_errors=True)

    def test_two_sites_psql_and_reload(self):
        one = self.up("one")
        two = self.up("two")  # must not take the program away from the first
        for data in ("one", "two"):
            done = run(self.checkout / "dev", "psql", "--data", self.checkout / data, "-Atc", "select count(*) from report.call")
            self.assertEqual((done.returncode, done.stdout), (0, "0\n"), done.stderr)
            status = run(self.checkout / "dev", "reload", "--data", self.checkout / data)
            self.assertEqual(status.returncode, 0, status.stdout + status.stderr)
        self.assertEqual(len(one.ready_lines()), 1)
        self.assertEqual((one.stop(), two.stop()), (0, 0))

    def test_an_edited_site_reaches_the_daemon(self):
        up = self.up("data")
        queues = self.checkout / "config" / "travel" / "queues.json"
        text = queues.read_text()
        queues.write_text(text.replace('"ring_s": 15', '"ring_s": "x"', 1))
        refused = run(self.checkout / "dev", "reload", "--data", self.checkout / "data")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("queues.json", refused.stdout + refused.stderr + up.words())
        queues.write_text(text)
        self.assertEqual(run(self.checkout / "dev", "reload", "--data", self.checkout / "data").returncode, 0)
        self.assertEqual(up.stop(), 0)

    def test_a_site_that_is_away_at_sighup_ends_nothing(self):
        up = self.up("data")
        site = self.checkout / "config" / "travel"
        site.rename(self.checkout / "away")
        up.process.send_signal(signal.SIGHUP)
        until("the word about it", lambda: "keeps what it has" in up.words())
        self.assertIsNone(up.process.poll())
        (self.checkout / "away").rename(site)
        up.process.send_signal(signal.SIGHUP)
        until("the reload", lambda: "config.reloaded" in up.words())
        self.assertEqual(up.stop(), 0)


class PlainUser(unittest.TestCase):
    """Not root: PostgreSQL and the daemon run as the user himself, in a folder of his with a blank and a quote in its name."""

    def test_up_and_psql(self):
        if os.geteuid() != 0:
            self.skipTest("the other tests run as a plain user already")
        home = pathlib.Path(tempfile.mkdtemp(prefix="hotline-user-"))
        self.addCleanup(shutil.rmtree, home)
        checkout = home / "it's a clone"
        checkout.mkdir()
        small_checkout(checkout)
        for path in (home, *home.rglob("*")):
            os.chown(path, kNobody, kNobody)
        as_nobody = ["setpriv", "--reuid", str(kNobody), "--regid", str(kNobody), "--clear-groups", "--"]
        up = Up(checkout, checkout / "var", as_nobody)
        self.addCleanup(lambda: up.process.poll() is None and up.stop())
        done = run(*as_nobody, checkout / "dev", "psql", "--data", checkout / "var", "-Atc", "select current_user")
        self.assertEqual((done.returncode, done.stdout), (0, "supervisor\n"), done.stderr)
        self.assertEqual((checkout / "var" / "pg").stat().st_uid, kNobody)
        self.assertEqual(up.stop(signal.SIGINT), 0)


class Interrupted(unittest.TestCase):
    def test_a_call_that_is_terminated_hangs_up_and_leaves_nothing(self):
        folder = log_folder("Interrupted")
        with Site(folder) as site:
            before = set(pathlib.Path(tempfile.gettempdir()).glob("hotline-call-*"))
            call = subprocess.Popen([str(kRoot / "dev"), "call", "95000", "--talk", "60", "--data", str(site.data)], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
            until("the call to be up", lambda: site.metric("calls") == 1, 20)
            call.terminate()
            self.assertEqual(call.wait(20), 130)
            until("the call to be over", lambda: site.metric("calls") == 0, 10)
            self.assertEqual(set(pathlib.Path(tempfile.gettempdir()).glob("hotline-call-*")), before)
        site.remove()

    def test_up_is_ended_with_the_one_who_started_it(self):
        folder = log_folder("InterruptedUp")
        script = ("import json, sys; sys.path.insert(0, sys.argv[1])\nfrom rig.site import Site\n"
                  "site = Site(sys.argv[2]); print(json.dumps([site.process.pid, site.pid, site.database_pid()]), flush=True); sys.stdin.read()")
        starter = subprocess.Popen(["/usr/bin/python3", "-c", script, str(kRoot / "tools"), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        pids = json.loads(starter.stdout.readline())
        starter.kill()
        starter.wait(10)
        starter.stdin.close()
        starter.stdout.close()
        until("everything to have ended", lambda: not any(pathlib.Path(f"/proc/{pid}/exe").exists() for pid in pids), 60)


if __name__ == "__main__":
    unittest.main()
