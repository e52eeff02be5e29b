"""A stream of RTP made by hand (RFC 3550), with what networks do to it: packets that are lost, packets that come late."""
import random
import struct
import time

kFrameSeconds = 0.02
kPayloadType = 8             # PCMA
kSilence = b"\xd5" * 160     # A-law of 0


def send_silence(sock, target, seconds, lost=lambda n: False, late_s=lambda n: 0.0):
    """20 ms frames from `sock` to `target` (host, port). Frame n is not sent where `lost(n)`, and leaves `late_s(n)` after its time."""
    sequence, timestamp, ssrc = random.getrandbits(16), random.getrandbits(32), random.getrandbits(32)
    began = time.monotonic()
    for n in range(round(seconds / kFrameSeconds)):
        if lost(n):
            continue
        time.sleep(max(0.0, began + n * kFrameSeconds + late_s(n) - time.monotonic()))
        header = struct.pack("!BBHII", 0x80, kPayloadType, (sequence + n) % 2**16, (timestamp + len(kSilence) * n) % 2**32, ssrc)
        sock.sendto(header + kSilence, target)
