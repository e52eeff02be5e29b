"""SIPp 3.6.1 (Debian's sip-tester): one run of one scenario, with its messages and errors kept beside it."""
import pathlib
import re
import socket
import subprocess

from rig.ports import free_port, free_ports, is_taken, release
from rig.process import kEndsWithUs
from rig.wait import until


def login(number, password):
    """A row of `users` for scenarios with digest: SIPp takes credentials only from a line of its file."""
    return [number, f"[authentication username={number} password={password}]"]


class Sipp:
    """Started at once. `scenario`: an XML file. `target`: (host, port); None for a scenario that waits for calls.

    keys: {NAME: value} for [NAME] in the scenario.  calls: how many.  rate: calls a second.  users: rows for [field0]… (CSV).
    """

    def __init__(self, scenario, target, folder, keys=None, calls=1, rate=10, limit=None, seconds=30, users=None, service="95000",
                 transport="u1", port=None, host="127.0.0.1", core=None, trace=True, options=()):
        self.scenario = pathlib.Path(scenario)
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port(host=host)
        self._media_port = free_ports(4, host)  # audio and video, RTP and RTCP
        self.name = f"{self.scenario.stem}-{self.port}"
        self.seconds = seconds
        command = ["sipp", "-sf", str(self.scenario.resolve()), "-i", host, "-p", str(self.port), "-m", str(calls), "-r", str(rate),
                   "-s", service, "-t", transport, "-nostdin", "-timeout", f"{seconds}s", "-timeout_error", "-trace_err", "-error_file",
                   self._file("errors"), "-max_socket", "10000", *options]
        if trace:
            command += ["-trace_msg", "-message_file", self._file("messages")]
        if limit:
            command += ["-l", str(limit)]
        for name, value in (keys or {}).items():
            command += ["-key", name, str(value)]
        if users is not None:
            path = self.folder / f"{self.name}.csv"
            path.write_text("SEQUENTIAL\n" + "".join(";".join(map(str, row)) + "\n" for row in users))
            command += ["-inf", str(path)]
        if target:
            command.append(f"[{target[0]}]:{target[1]}" if ":" in target[0] else f"{target[0]}:{target[1]}")
        if core is not None:
            command = ["taskset", "-c", str(core), *command]
        self._screen = open(self._file("screen"), "wb")
        self.process = subprocess.Popen([*kEndsWithUs, *command, "-mp", str(self._media_port)], cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=self._screen, stderr=subprocess.STDOUT)
        until(f"SIPp to listen on port {self.port}", lambda: self._listens(transport), 20, 0.01)

    def _listens(self, transport):
        kind = socket.SOCK_STREAM if transport.startswith("t") else socket.SOCK_DGRAM
        return self.process.poll() is not None or is_taken(self.port, kind)

    def _file(self, kind):
        return str((self.folder / f"{self.name}.{kind}").resolve())

    def wait(self):
        """Until all its calls are over. → SIPp's exit code: 0 all went as the scenario says."""
        try:
            return self.process.wait(self.seconds + 10)
        finally:
            self.stop()

    def check(self):
        """wait(), and an AssertionError with SIPp's own words when a call went otherwise."""
        code = self.wait()
        if code:
            raise AssertionError(f"{self.scenario.name}: SIPp ended with {code}: {self.words()}\n(messages: {self._file('messages')})")

    def words(self):
        path = pathlib.Path(self._file("errors"))
        text = path.read_text(errors="replace") if path.exists() else ""
        return text.strip()[-1500:] or "no error was written"

    def messages(self):
        return pathlib.Path(self._file("messages")).read_text(errors="replace")

    def sent(self):
        """The messages that it sent, as they went."""
        return self._traced("sent")

    def received(self):
        return self._traced("received")

    def _traced(self, way):
        blocks = re.split(r"-{40,} [^\n]+\n", self.messages())
        return [b.split("\n\n", 1)[1].replace("\n", "\r\n").rstrip() + "\r\n\r\n" for b in blocks if re.match(rf"\w+ message {way}", b)]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self._screen.close()
        if self._media_port:  # once: they may be another run's by the next time
            release(self._media_port, 4)
            self._media_port = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
