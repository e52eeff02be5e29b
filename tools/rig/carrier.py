"""A carrier made of datagrams: answers OPTIONS and REGISTER as it is told, and keeps what came."""
import re
import socket
import threading

kHeaders = ("Via", "From", "To", "Call-ID", "CSeq")


class Carrier:
    """Listens at once on `port` of loopback. `answers`: False stays silent. `challenges`: a REGISTER without credentials gets 401."""

    def __init__(self, port, challenges=False):
        self.answers, self.challenges = True, challenges
        self.requests = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._ended.set()
        self._thread.join(5)
        self._socket.close()

    def came(self, method):
        return [request for request in self.requests if request.startswith(method + " ")]

    def _serve(self):
        self._socket.settimeout(0.1)
        while not self._ended.is_set():
            try:
                data, far = self._socket.recvfrom(65536)
            except socket.timeout:
                continue
            request = data.decode("utf-8", "replace")
            self.requests.append(request)
            if self.answers:
                self._socket.sendto(self._answer(request).encode(), far)

    def _answer(self, request):
        status, more = "200 OK", ""
        if request.startswith("REGISTER ") and self.challenges and "\nAuthorization:" not in request:
            status, more = "401 Unauthorized", 'WWW-Authenticate: Digest realm="carrier", nonce="0a4f113b", qop="auth"\r\n'
        elif request.startswith("REGISTER "):
            more = re.search(r"(?m)^Contact: .*$", request)[0].strip() + ";expires=600\r\n"
        lines = [re.search(rf"(?m)^{name}: .*$", request)[0].strip() for name in kHeaders]
        lines[2] += ";tag=carrier"
        return f"SIP/2.0 {status}\r\n" + "".join(line + "\r\n" for line in lines) + more + "Content-Length: 0\r\n\r\n"
