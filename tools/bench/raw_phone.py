"""An agent's phone made of one UDP socket: registers, answers, hangs up; knows to the microsecond when a message came (the kernel's stamp) and
when its own left."""
import hashlib
import re
import secrets
import socket
import struct
import time

kStamp = getattr(socket, "SO_TIMESTAMPNS", 35)
kHeader = re.compile(r"^([^:\r\n]+?)\s*:\s*(.*?)\s*$", re.M)


class Message:
    """A SIP message that came. headers: lower-case name → list of values.  at: time.time_ns() of its arrival."""

    def __init__(self, data, at):
        head, _, self.body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        self.start, _, rest = head.partition("\r\n")
        self.at = at
        self.headers = {}
        for name, value in kHeader.findall(rest):
            self.headers.setdefault(name.lower(), []).append(value)

    def __getitem__(self, name):
        return self.headers[name][0]

    @property
    def method(self):
        return None if self.start.startswith("SIP/2.0") else self.start.split(" ", 1)[0]

    @property
    def status(self):
        return int(self.start.split(" ", 2)[1]) if self.start.startswith("SIP/2.0") else None

    def caller(self):
        return re.search(r"<sip:([^@;>]*)", self["from"])[1]


class RawPhone:
    """number: an agent's. site: (host, port) of the daemon."""

    def __init__(self, number, password, site):
        self.number, self.password, self.site = number, password, site
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, kStamp, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # bound, never read
        self.rtp.bind(("127.0.0.1", 0))
        self.cseq = 100

    def close(self):
        self.socket.close()
        self.rtp.close()

    # ── Messages ──

    def send(self, start, headers, body=""):
        """→ time.time_ns() of the moment before it left."""
        lines = [start, *headers, f"Content-Length: {len(body)}", "", body]
        data = "\r\n".join(lines).encode()
        at = time.time_ns()
        self.socket.sendto(data, self.site)
        return at

    def receive(self, what, seconds):
        """The next message that `what` says yes to; others are dropped. TimeoutError after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            data, extra, _, _ = self.socket.recvmsg(65535, 256)
            at = next((seconds * 1_000_000_000 + nanos for seconds, nanos in (
                struct.unpack("qq", value) for level, kind, value in extra if (level, kind) == (socket.SOL_SOCKET, kStamp))), time.time_ns())
            message = Message(data, at)
            if what(message):
                return message

    def request(self, method, target, from_, to, call_id, more=()):
        self.cseq += 1
        return self.send(f"{method} {target} SIP/2.0", [
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport", "Max-Forwards: 70", f"From: {from_}", f"To: {to}",
            f"Call-ID: {call_id}", f"CSeq: {self.cseq} {method}", f"Contact: <sip:{self.number}@127.0.0.1:{self.port}>", *more])

    def reply(self, request, status, more=(), body=""):
        to = request["to"] if ";tag=" in request["to"] else f"{request['to']};tag={self.tag}"
        return self.send(f"SIP/2.0 {status}", [*(f"Via: {via}" for via in request.headers["via"]), f"From: {request['from']}", f"To: {to}",
                                               f"Call-ID: {request['call-id']}", f"CSeq: {request['cseq']}", *more], body)

    # ── What an agent does ──

    def register(self):
        domain = f"sip:{self.site[0]}:{self.site[1]}"
        who = f"<sip:{self.number}@{self.site[0]}>"
        call_id, tag, more = secrets.token_hex(8), secrets.token_hex(4), ["Expires: 3600"]
        for _ in range(2):
            self.request("REGISTER", domain, f"{who};tag={tag}", who, call_id, more)
            answer = self.receive(lambda m: m.status and m["call-id"] == call_id, 5)
            if answer.status == 200:
                return
            more = ["Expires: 3600", f"Authorization: {self.digest(answer['www-authenticate'], domain)}"]
        raise AssertionError(f"the registration of {self.number} was refused: {answer.start}")

    def digest(self, challenge, uri):
        """RFC 7616 §3.4 with MD5 and qop=auth."""
        given = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
        cnonce = secrets.token_hex(8)
        secret = md5(f"{self.number}:{given['realm']}:{self.password}")
        proof = md5(f"{secret}:{given['nonce']}:00000001:{cnonce}:auth:{md5(f'REGISTER:{uri}')}")
        return (f'Digest username="{self.number}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{uri}", response="{proof}", '
                f'algorithm=MD5, qop=auth, nc=00000001, cnonce="{cnonce}"')

    def next_call(self, seconds=10):
        """→ the INVITE, of which no repetition is taken."""
        return self.receive(lambda m: m.method == "INVITE", seconds)

    def answer(self, invite):
        """200 and the wait for its ACK."""
        self.tag = secrets.token_hex(4)
        sdp = (f"v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {self.rtp.getsockname()[1]} RTP/AVP 8 101\r\n"
               "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n")
        self.reply(invite, "200 OK", [f"Contact: <sip:{self.number}@127.0.0.1:{self.port}>", "Content-Type: application/sdp"], sdp)
        self.receive(lambda m: m.method == "ACK" and m["call-id"] == invite["call-id"], 5)

    def echo_ms(self):
        """How long an OPTIONS takes there and back."""
        call_id = secrets.token_hex(8)
        who = f"<sip:{self.number}@{self.site[0]}>"
        left = self.request("OPTIONS", f"sip:{self.site[0]}:{self.site[1]}", f"{who};tag={secrets.token_hex(4)}", who, call_id)
        return (self.receive(lambda m: m.status and m["call-id"] == call_id, 5).at - left) / 1e6

    def hang_up(self, invite):
        """→ when the BYE left. Its 200 is still to come."""
        target = re.search(r"<([^>]*)>", invite["contact"])[1]
        return self.request("BYE", target, f"{invite['to']};tag={self.tag}", invite["from"], invite["call-id"])
