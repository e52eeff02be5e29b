"""A caller made of datagrams who hears each packet with the moment at which it came (the kernel's stamp), and presses keys as telephone-events."""
import random
import socket
import struct
import time

from bench.raw_phone import kStamp
from rig.raw_caller import RawCaller

kFrameSeconds = 0.02
kEventType, kVoiceType = 101, 8
kKeys = "0123456789*#"


class Listener(RawCaller):
    def call(self):
        self.rtp.setsockopt(socket.SOL_SOCKET, kStamp, 1)
        self.send(self.invite())
        self.answer = self.final("INVITE", 10)
        assert self.answer.status == 200, self.answer.text
        self.send(self.ack(self.answer))
        self.sequence, self.timestamp, self.ssrc = random.getrandbits(15), random.getrandbits(31), random.getrandbits(32)

    def hang_up(self):
        self.send(self.bye(self.answer))
        self.final("BYE")

    def packet(self, seconds=2):
        """The next one → (ns since 1970 when it came, its timestamp, its payload). socket.timeout after `seconds`."""
        self.rtp.settimeout(seconds)
        data, extra, _, _ = self.rtp.recvmsg(2048, 256)
        at = next(s * 1_000_000_000 + n for s, n in (struct.unpack("qq", v) for level, kind, v in extra if (level, kind) == (socket.SOL_SOCKET, kStamp)))
        return at, struct.unpack("!I", data[4:8])[0], data[12:]

    def press(self, key, frames=5):
        """RFC 4733 §2.5: `frames` of 20 ms, then the end three times. → time.time_ns() before the first packet left, and before the first of those three."""
        target, self.timestamp = self.media_of(self.answer), (self.timestamp + 8000) % 2**32
        began = time.time_ns()
        for n in range(1, frames + 1):
            self._event(target, key, n, marker=n == 1)
            time.sleep(kFrameSeconds)
        ended = time.time_ns()
        for _ in range(3):
            self._event(target, key, frames + 1, end=True)
        return began, ended

    def _event(self, target, key, frames, marker=False, end=False):
        self.sequence = (self.sequence + 1) % 2**16
        header = struct.pack("!BBHII", 0x80, kEventType | (0x80 if marker else 0), self.sequence, self.timestamp, self.ssrc)
        self.rtp.sendto(header + struct.pack("!BBH", kKeys.index(key), (0x80 if end else 0) | 10, 160 * frames), target)
