"""Phones that register, and strangers who try: digest, expiry, the same answer for everybody who is not known."""
import re
import socket

from bench.raw_phone import RawPhone
from case import SiteCase
from rig.sipp import login
from rig.wait import until


class Registrar(SiteCase):
    def test_registers_and_unregisters_and_is_an_agent_in_between(self):
        port = self.register("8001", 600)
        self.wait_agent_state("ready", 1)
        self.register("8001", 0, port)
        self.wait_agent_state("offline", 6)

    def test_over_tcp(self):
        port = self.course("register-digest", transport="t1", keys={"expires": 600}, users=[login("8002", "demo-8002")]).port
        self.wait_agent_state("ready", 1)
        self.course("register-digest", transport="t1", keys={"expires": 0}, users=[login("8002", "demo-8002")], port=port)
        self.wait_agent_state("offline", 6)

    def test_two_phones_of_one_agent(self):
        first, second = self.register("8003", 600), self.register("8003", 600)
        until("both contacts", lambda: self.site.metric("sip_contacts") == 2)
        self.register("8003", 0, first)
        until("one contact", lambda: self.site.metric("sip_contacts") == 1)
        self.assertEqual(self.site.agents("ready"), 1)
        self.register("8003", 0, second)
        self.wait_agent_state("offline", 6)

    def test_expiry_below_our_minimum_423(self):
        self.course("register-too-brief-423", users=[login("8004", "demo-8004")])

    def test_a_wrong_password_and_an_unknown_user_get_the_same_answers(self):
        wrong = self.course("register-refused", users=[login("8005", "guess")])
        unknown = self.course("register-refused", users=[login("9999", "guess")])
        self.assertIn("SIP/2.0 401 Unauthorized", self.answers(wrong))
        self.assertEqual(self.answers(wrong), self.answers(unknown))
        self.assertEqual(self.site.agents("offline"), 6)

    @staticmethod
    def answers(run):
        """Status lines and the names of headers, in order: what a stranger could tell users apart by. An answer that was repeated on a busy
        machine counts once."""
        lines = [line.strip() for message in dict.fromkeys(run.received()) for line in message.splitlines()]
        return [line if line.startswith("SIP/2.0") else line.split(":")[0] for line in lines
                if line.startswith("SIP/2.0") or line.split(":")[0] in ("WWW-Authenticate", "Allow", "Server", "Retry-After", "Warning")]

    def test_a_captured_registration_cannot_be_sent_again(self):
        """Neither from elsewhere nor from the same address (its count was used)."""
        run = self.course("register-digest", keys={"expires": 60}, users=[login("8006", "demo-8006")])
        captured = next(m for m in run.sent() if "Authorization:" in m)
        self.register("8006", 0, run.port)
        self.wait_agent_state("offline", 6)
        for n, source in enumerate((("127.0.0.9", 0), ("127.0.0.1", run.port))):
            with self.subTest(source[0]), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
                attacker.bind(source)
                attacker.settimeout(5)
                again = re.sub(r"branch=[^;]+", f"branch=z9hG4bKagain{n}", re.sub(r"CSeq: \d+", f"CSeq: {70 + n}", captured))
                attacker.sendto(again.encode(), self.site.sip)
                self.assertEqual(attacker.recv(65536).split(b"\r\n")[0], b"SIP/2.0 401 Unauthorized")
        self.assertEqual(self.site.agents("offline"), 6)

    def test_an_answer_to_another_sources_challenge_is_challenged_again(self):
        """A nonce is bound to the source that it was given to: fresh, never used, with the right password, it opens nothing elsewhere."""
        phone = RawPhone("8006", "demo-8006", self.site.sip)
        self.addCleanup(phone.close)
        domain, who = f"sip:{self.site.sip[0]}:{self.site.sip[1]}", f"<sip:8006@{self.site.sip[0]}>"

        def register(sock, more=()):
            phone.socket = sock
            phone.request("REGISTER", domain, f"{who};tag=bound", who, "bound-nonce", ["Expires: 0", *more])
            return phone.receive(lambda m: m.status, 5)

        challenged = register(phone.socket)
        proof = [f"Authorization: {phone.digest(challenged['www-authenticate'], domain)}"]
        at_home = phone.socket
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
            elsewhere.bind(("127.0.0.9", 0))
            self.assertEqual(register(elsewhere, proof).status, 401)
        self.assertEqual(register(at_home, proof).status, 200)

    def test_an_agents_number_without_his_password_is_challenged(self):
        self.course("uac-agent-number-challenged", keys={"caller": "8001"})
        self.assertEqual(self.calls(), [])
