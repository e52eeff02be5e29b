"""A running site: `./dev up` with a data folder of its own, free ports, and everything around it that a test needs to ask or to break."""
import json
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import urllib.request

from rig.database import Database
from rig.process import kEndsWithUs
from rig.wait import Late, until

kRoot = pathlib.Path(os.environ.get("HOTLINE_ROOT") or pathlib.Path(__file__).resolve().parents[2])
kReady = re.compile(r"^hotline: ready sip=(\S+) http=(\S+) data=(.+)$")


def split_address(text):
    """'127.0.0.1:5060' or '[::1]:5060' → (host, port)."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def media_ports():
    """A thousand RTP ports below the kernel's ephemeral ones (32768…), seldom those of the site beside."""
    first = 20000 + 1000 * random.randrange(12)
    return {"media.port_min": first, "media.port_max": first + 999}


def runs_as():
    """The user whom PostgreSQL and the daemon run as (tools/dev/user.sh)."""
    return "hotline" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def as_user(*command):
    """The command line that runs `command` as that user."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", "--reuid", "hotline", "--regid", "hotline", "--init-groups", "--", *command]


class Site:
    """Started at once; `with Site(folder) as site:` stops it. Settings are dotted paths: {"queues.service.wrapup_s": 0}.

    sip, http: (host, port) as bound.  data: the data folder.  db: Database.  log: the daemon's log file.
    """

    def __init__(self, folder, settings=None, site=None, drain=None, seconds=60, scratch=True, daemon_core=None):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.site = pathlib.Path(site or kRoot / "config" / "travel")
        self.log = self.folder / "daemon.log"
        self.settings = {"sip.port": 0, "http.port": 0, **media_ports(), **(settings or {})}
        self.drain = drain
        self.scratch = scratch          # no fsync: the cluster does not outlive the test
        self.daemon_core = daemon_core  # pins PostgreSQL and the daemon apart (benchmarks)
        self.db = Database(self.data)
        self.start(seconds)

    # ── Life ──

    def start(self, seconds=60):
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [*kEndsWithUs, str(kRoot / "dev"), "up", "--data", str(self.data), "--site", str(self.site)]
        for path, value in self.settings.items():
            command += ["--set", f"{path}={value if isinstance(value, str) else json.dumps(value)}"]
        if self.drain is not None:
            command += ["--drain", str(self.drain)]
        env = {**os.environ, "HOTLINE_BUILT": "1"}
        if self.scratch:
            env["HOTLINE_SCRATCH"] = "1"
            env.setdefault("HOTLINE_SPEECH", str(kRoot / "build" / "speech"))
        self._lines = []
        self._log = open(self.log, "ab")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, env=env, text=True)
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()
        try:
            ready = until(f"the site to be ready ({self.log})", self._ready, seconds)
        except Exception:
            self.stop()
            raise
        self.sip, self.http = split_address(ready[1]), split_address(ready[2])

    def _read(self, stream):
        for line in stream:
            self._lines.append(line.rstrip("\n"))

    def _ready(self):
        ready = next((m for m in map(kReady.match, self._lines) if m), None)
        if not ready and self.process.poll() is not None:
            raise RuntimeError(f"./dev up ended with {self.process.returncode}: {self.words()[-1500:]}")
        return ready

    def words(self):
        """What the daemon and ./dev up wrote to stderr."""
        return self.log.read_text(errors="replace")

    def stop(self, how=signal.SIGTERM, seconds=60):
        """Ends the daemon and its PostgreSQL; returns the exit code. Safe to repeat."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise Late(f"./dev up did not end within {seconds} s of its signal: {self.words()[-1500:]}")
        if not self._log.closed:
            self._log.close()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def remove(self):
        """Deletes what it left (a cluster is 40 MB), wherever the data folder really lies; recordings only where that is elsewhere."""
        real = self.real_data()
        for path in (real / "pg", real / "journal", *([real] if real != self.data.resolve() else [])):
            shutil.rmtree(path, ignore_errors=True)
        for link in (self.data / "pg", self.data / "journal"):
            if link.is_symlink():
                link.unlink()

    # ── The daemon ──

    @property
    def pid(self):
        """The daemon's process id."""
        return self._child("hotlined")

    def _child(self, name):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            try:
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == name:
                    return int(child)
            except OSError:
                continue
        raise ProcessLookupError(f"{name} is no child of ./dev up")

    def hotlined(self, *arguments, seconds=70):
        """hotlined reload|status|explain|stop on this site. → (exit code, stdout, stderr)."""
        done = subprocess.run(as_user(str(self.binary()), *arguments, "--data", str(self.real_data())), capture_output=True, text=True,
                              timeout=seconds, cwd="/")
        return done.returncode, done.stdout, done.stderr

    def binary(self):
        """The program that runs: a copy of the build's where its user cannot read that."""
        return pathlib.Path(os.readlink(f"/proc/{self.pid}/exe"))

    def real_data(self):
        return (self.data / "pg").resolve().parent

    def get(self, path):
        """HTTP GET → (status, body)."""
        host = f"[{self.http[0]}]" if ":" in self.http[0] else self.http[0]
        try:
            with urllib.request.urlopen(f"http://{host}:{self.http[1]}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metrics(self):
        """{'hotline_calls': 0.0, 'hotline_queue_waiting{queue="service"}': 0.0, …}"""
        status, text = self.get("/metrics")
        assert status == 200, text
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#")}

    def metric(self, name):
        return self.metrics().get("hotline_" + name, 0.0)

    # Gauges are up to a second old; whoever waits for a state to come asks the daemon itself.

    def status(self):
        """`hotlined status` → (words, {state: agents}, {queue: waiting})."""
        words = self.ask("status")
        states = next(line for line in words.splitlines() if line.startswith("agents:")).split()[1:]
        return (words, dict(zip(states[::2], map(int, states[1::2]))),
                {name: int(count) for name, count in re.findall(r"^queue (\S+): waiting (\d+)", words, re.M)})

    def agents(self, state):
        return self.status()[1][state]

    def waiting(self, queue):
        return self.status()[2][queue]

    def ask(self, command, seconds=10):
        """One command on control.sock."""
        folder = os.open(self.real_data(), os.O_PATH)  # the path alone may be too long for a socket's address
        try:
            with socket.socket(socket.AF_UNIX) as control:
                control.settimeout(seconds)
                control.connect(f"/proc/self/fd/{folder}/control.sock")
                control.sendall(json.dumps({"command": command, "argument": ""}).encode() + b"\n")
                answer = json.loads(control.makefile().readline())
        finally:
            os.close(folder)
        if not answer["ok"]:
            raise RuntimeError(f"{command}: {answer['text']}")
        return answer["text"]

    def cpu_seconds(self):
        """User and system time of the daemon so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    # ── PostgreSQL ──

    def database_pid(self):
        return int((self.data / "pg" / "postmaster.pid").read_text().split()[0])

    def database_runs(self):
        try:
            return os.path.samefile(f"/proc/{self.database_pid()}/cwd", self.data / "pg")
        except OSError:
            return False

    def freeze_database(self):
        """Hung, not gone: every process of the cluster is stopped in mid-step."""
        postmaster = self.database_pid()
        os.kill(postmaster, signal.SIGSTOP)  # first: it starts no new ones meanwhile
        self._frozen = [postmaster]
        for pid in self._children(postmaster):
            if self._signal(pid, signal.SIGSTOP):
                self._frozen.append(pid)

    def thaw_database(self):
        """Safe to repeat."""
        for pid in reversed(getattr(self, "_frozen", [])):
            self._signal(pid, signal.SIGCONT)
        self._frozen = []

    @staticmethod
    def _signal(pid, number):
        try:
            os.kill(pid, number)
            return True
        except ProcessLookupError:  # a backend whose client has just left
            return False

    def _children(self, pid):
        out = []
        for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            out.append(int(child))
        return out

    def stop_database(self):
        self._pg_ctl("stop", "-m", "immediate", "-w")

    def start_database(self):
        self._pg_ctl("start", "-w", "-l", str(self.real_data() / "postgres.log"))

    def _pg_ctl(self, *arguments):
        programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
        subprocess.run(as_user(str(programs[-1]), "-D", str(self.real_data() / "pg"), *arguments), check=True, cwd="/", timeout=60,
                       stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
