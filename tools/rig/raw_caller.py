"""A caller made of datagrams: for moments that no SIP stack would let happen, such as two requests in one breath."""
import collections
import re
import socket
import time
import uuid

from rig.wait import Late

Answer = collections.namedtuple("Answer", "status method to_tag contact text")

kSdp = "v=0\r\no=raw 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"


class RawCaller:
    def __init__(self, server, number, called="95000"):
        self.server, self.number, self.called = server, number, called
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", 0))
        self.call_id, self.tag, self.branch = uuid.uuid4().hex, uuid.uuid4().hex[:10], "z9hG4bK" + uuid.uuid4().hex

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.rtp.close()

    # ── Requests, as text ──

    def request(self, method, cseq, uri=None, to_tag=None, branch=None, extra="", body=""):
        ip, port = self.socket.getsockname()
        to = f";tag={to_tag}" if to_tag else ""
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (f"{method} {uri or f'sip:{self.called}@{self.server[0]}:{self.server[1]}'} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {ip}:{port};rport;branch={branch or 'z9hG4bK' + uuid.uuid4().hex}\r\nMax-Forwards: 70\r\n"
                f"From: <sip:{self.number}@{ip}>;tag={self.tag}\r\nTo: <sip:{self.called}@{self.server[0]}>{to}\r\nCall-ID: {self.call_id}\r\n"
                f"CSeq: {cseq} {method}\r\nContact: <sip:{self.number}@{ip}:{port}>\r\n{extra}{kind}Content-Length: {len(body)}\r\n\r\n{body}")

    def invite(self, extra=""):
        ip, port = self.rtp.getsockname()
        return self.request("INVITE", 1, branch=self.branch, body=kSdp.format(ip=ip, port=port), extra=extra)

    def cancel(self):
        return self.request("CANCEL", 1, branch=self.branch)

    def ack(self, final):
        """For a 2xx a request of its own, for anything else part of the INVITE's transaction (RFC 3261 §13.2.2.4, §17.1.1.3)."""
        if final.status < 300:
            return self.request("ACK", 1, uri=final.contact, to_tag=final.to_tag)
        return self.request("ACK", 1, to_tag=final.to_tag, branch=self.branch)

    def bye(self, final, cseq=2):
        return self.request("BYE", cseq, uri=final.contact, to_tag=final.to_tag)

    @staticmethod
    def media_of(answer):
        """Where the SDP of an answer wants its RTP: (host, port)."""
        return re.search(r"(?m)^c=IN IP4 (\S+)", answer.text)[1], int(re.search(r"(?m)^m=audio (\d+)", answer.text)[1])

    # ── The wire ──

    def send(self, *messages):
        for message in messages:
            self.socket.sendto(message if isinstance(message, bytes) else message.encode(), self.server)

    def final(self, method, seconds=5.0):
        """The final answer to this method's request; others are passed over."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                text = self.socket.recv(65536).decode("utf-8", "replace")
            except socket.timeout:
                break
            answer = self._read(text)
            if answer and answer.status >= 200 and answer.method == method:
                return answer
        raise Late(f"no final answer to {method} within {seconds:g} s")

    @staticmethod
    def _read(text):
        status = re.match(r"SIP/2\.0 (\d{3})", text)
        if not status:
            return None
        to_tag = re.search(r"(?im)^To:.*;tag=([^;\s]+)", text)
        contact = re.search(r"(?im)^Contact:\s*<([^>]+)>", text)
        return Answer(int(status[1]), re.search(r"(?im)^CSeq:\s*\d+\s+(\w+)", text)[1], to_tag and to_tag[1], contact and contact[1], text)
