"""A real SIP phone without a screen: baresip 1.0.0 (Debian's baresip-core) on loopback.

It says what a WAV file says and keeps what it hears:  Phone(...).dial("95000") → key("1") → hangup() → heard()
Control is baresip's ctrl_tcp: netstrings of JSON, events and answers on one connection.
"""
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import wave

from rig.ports import free_port, free_ports
from rig.process import kEndsWithUs
from rig.wait import Late, until

kConfig = """\
sip_listen 127.0.0.1:{sip_port}
net_interface 127.0.0.1
rtp_ports 10000-19998
audio_player aubridge,sink{number}
audio_source aufile,{folder}/says.wav
audio_alert aufile,/dev/null
ausrc_srate 8000
auplay_srate 8000
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module ctrl_tcp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
ctrl_tcp_listen 127.0.0.1:{control_port}
snd_path {folder}
"""


# baresip ends the call when its file is at its end.
kSpeaksSeconds = 300


def _with_silence(source, target):
    """`source` (None: nothing) followed by silence."""
    frames = b""
    if source:
        with wave.open(str(source), "rb") as f:
            if (f.getnchannels(), f.getsampwidth(), f.getframerate()) != (1, 2, 8000):
                raise ValueError(f"{source}: a phone speaks 16-bit mono WAV of 8 kHz; "
                                 f"convert it: sox {source} -r 8000 -c 1 -b 16 out.wav")
            frames = f.readframes(f.getnframes())
    with wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(frames.ljust(kSpeaksSeconds * 16000, b"\0"))


class Phone:
    """One phone in a folder of its own. `number` is its user name; `server` is (host, port) of the registrar.

    password: registers when given.  login: knows a password for a challenge, but does not register.
    answer: "auto", or "manual": it rings until accept().  play: a 16-bit mono WAV of 8 kHz, said once a call; None is silence.
    codec: "PCMA" or "PCMU".  transport: "udp" or "tcp".  Keys are RFC 4733 events.
    """

    def __init__(self, number, server, folder, password=None, answer="auto", play=None, codec="PCMA", transport="udp", expires=120,
                 login=None):
        self.number, self.server = number, server
        # baresip cuts paths at 128 characters: it works in a short one, which becomes `folder` when the phone is closed.
        self._kept = pathlib.Path(folder)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="phone-"))
        self.events = []
        self._news = threading.Condition()
        self._tokens = 0
        self._answers = {}
        self._control = None
        self._start(password, login, answer, play, codec, transport, expires)

    # ── Life ──

    def _start(self, password, login, answer, play, codec, transport, expires):
        shutil.rmtree(self._kept, ignore_errors=True)
        self._kept.parent.mkdir(parents=True, exist_ok=True)
        # baresip takes the port beside its own, too, for TLS.
        self.sip_port, control_port = free_ports(2), free_port()
        _with_silence(play, self.folder / "says.wav")
        (self.folder / "config").write_text(kConfig.format(sip_port=self.sip_port, control_port=control_port, number=self.number,
                                                           folder=self.folder.resolve()))
        (self.folder / "contacts").write_text("")
        host = f"[{self.server[0]}]" if ":" in self.server[0] else self.server[0]
        secret = password or login
        registration = (f";auth_pass={secret}" if secret else "") + f";regint={expires if password else 0}"
        (self.folder / "accounts").write_text(f"<sip:{self.number}@{host}:{self.server[1]};transport={transport}>{registration}"
                                              f";answermode={answer};audio_codecs={codec}/8000/1\n")
        self._log = open(self.folder / "baresip.log", "wb")
        self._process = subprocess.Popen([*kEndsWithUs, "baresip", "-f", str(self.folder)], stdin=subprocess.DEVNULL, stdout=self._log,
                                         stderr=subprocess.STDOUT, start_new_session=True)
        try:
            self._control = until(f"phone {self.number} to start", lambda: self._connect(control_port), 15)
            threading.Thread(target=self._read, daemon=True).start()
            if password:
                # Not the event REGISTER_OK: on a busy machine it comes before we are connected to hear it.
                until(f"phone {self.number} to register", lambda: "OK" in self.command("reginfo"), 15)
        except BaseException as error:
            self.close()
            if not isinstance(error, (OSError, Late)):
                raise
            raise type(error)(f"{error} (baresip's own words: {self.folder}/baresip.log)") from error

    def _connect(self, port):
        if self._process.poll() is not None:
            raise OSError("baresip ended at once")
        try:
            control = socket.create_connection(("127.0.0.1", port), 1)
        except OSError:
            return None
        control.settimeout(None)
        return control

    def close(self):
        """Unregisters and ends. Safe to repeat."""
        if self._process.poll() is None:
            try:
                if self._control:
                    self._send("quit")
                else:
                    self._process.terminate()
                self._process.wait(5)
            except (OSError, subprocess.TimeoutExpired):
                self._process.kill()
                self._process.wait(5)
        if self._control:
            self._control.close()
        self._log.close()
        if self.folder != self._kept:
            (self.folder / "says.wav").unlink(missing_ok=True)
            self.folder = pathlib.Path(shutil.move(self.folder, self._kept))

    def vanish(self):
        """Dies as in a power cut: no BYE, no unregistering."""
        self._process.kill()
        self._process.wait(5)
        self.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ── Control ──

    def _send(self, command, params=None):
        self._tokens += 1
        message = {"command": command, "token": str(self._tokens)}
        if params is not None:
            message["params"] = params
        text = json.dumps(message).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))
        return str(self._tokens)

    def command(self, command, params=None, seconds=15):
        """Sends a command of baresip's menu and returns its answer's text."""
        token = self._send(command, params)
        with self._news:
            if not self._news.wait_for(lambda: token in self._answers, seconds):
                raise Late(f"phone {self.number} did not answer '{command}' within {seconds} s")
            return self._answers.pop(token).get("data", "")

    def _read(self):
        buffer = b""
        while True:
            try:
                block = self._control.recv(65536)
            except OSError:
                return
            if not block:
                return
            buffer += block
            while True:
                head, colon, rest = buffer.partition(b":")
                if not colon or len(rest) <= int(head):
                    break
                self._take(json.loads(rest[:int(head)]))
                buffer = rest[int(head) + 1:]

    def _take(self, message):
        with self._news:
            if "type" in message:
                message["at"] = time.monotonic()
                self.events.append(message)
            else:
                self._answers[message.get("token")] = message
            self._news.notify_all()

    def wait(self, kind, seconds=10.0, since=0):
        """The first event of this kind (CALL_ESTABLISHED, CALL_CLOSED…) from index `since` of self.events."""
        def found():
            return next((e for e in self.events[since:] if e["type"] == kind), None)
        with self._news:
            if not self._news.wait_for(found, seconds):
                seen = [e["type"] for e in self.events[since:]]
                raise Late(f"phone {self.number}: no {kind} within {seconds:g} s; it saw {seen}")
            return found()

    def mark(self):
        """For wait(…, since=mark): only what happens from now on."""
        return len(self.events)

    def count(self, kind):
        return sum(e["type"] == kind for e in self.events)

    # ── Calls ──

    def talked(self):
        """Seconds since its first call was answered."""
        return time.monotonic() - next(e["at"] for e in self.events if e["type"] == "CALL_ESTABLISHED")

    def dial(self, number):
        """Starts a call; wait("CALL_ESTABLISHED") says that it was answered."""
        host = f"[{self.server[0]}]" if ":" in self.server[0] else self.server[0]
        self.command("dial", f"sip:{number}@{host}:{self.server[1]}")

    def call(self, number, seconds=15.0):
        """dial, and wait until it is answered."""
        since = self.mark()
        self.dial(number)
        return self.wait("CALL_ESTABLISHED", seconds, since)

    def key(self, key):
        """One DTMF key, as RFC 4733 events."""
        self.command("sndcode", key)

    def accept(self):
        self.command("accept")

    def hangup(self):
        self.command("hangup")

    def hold(self):
        self.command("hold")

    def resume(self):
        self.command("resume")

    def heard(self):
        """WAV files of what this phone heard, one a call, oldest first. A file is whole after CALL_CLOSED."""
        return sorted(self.folder.glob("dump-*-dec.wav"), key=lambda p: p.stat().st_mtime)
