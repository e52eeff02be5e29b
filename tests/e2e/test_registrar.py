"""Phones that register, and strangers who try: digest, expiry, the same answer for everybody who is not known."""
from case import SiteCase
from rig.wait import until


class Registrar(SiteCase):
    def test_registers_and_unregisters_and_is_an_agent_in_between(self):
        port = self.register("8001", 600)
        self.wait_agent_state("ready", 1)
        self.register("8001", 0, port)
        self.wait_agent_state("offline", 6)

    def test_over_tcp(self):
        keys = {"caller": "8002", "password": "demo-8002", "expires": 600}
        port = self.course("register-digest", transport="t1", keys=keys).port
        self.wait_agent_state("ready", 1)
        self.course("register-digest", transport="t1", keys={**keys, "expires": 0}, port=port)
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
        self.course("register-too-brief-423", keys={"caller": "8004", "password": "demo-8004"})

    def test_a_wrong_password_and_an_unknown_user_get_the_same_answers(self):
        wrong = self.course("register-refused", keys={"caller": "8005", "password": "guess"})
        unknown = self.course("register-refused", keys={"caller": "9999", "password": "guess"})
        self.assertEqual(self.answers(wrong), self.answers(unknown))
        self.assertEqual(self.site.agents("offline"), 6)

    @staticmethod
    def answers(run):
        """Status lines and the names of headers, in order: what a stranger could tell users apart by."""
        lines = [line.strip() for line in run.messages().splitlines()]
        return [line if line.startswith("SIP/2.0") else line.split(":")[0] for line in lines
                if line.startswith("SIP/2.0") or line.split(":")[0] in ("WWW-Authenticate", "Allow", "Server", "Retry-After", "Warning")]

    def test_a_nonce_is_taken_once_per_count(self):
        self.course("register-nonce-reused", keys={"caller": "8006", "password": "demo-8006"})
        # SIPp counts nc up by itself in one dialog, so what is refused here is a repeated count.
        self.register("8006", 0)

    def test_an_agents_number_without_his_password_is_challenged(self):
        self.course("uac-agent-number-challenged", keys={"caller": "8001"})
        self.assertEqual(self.calls(), [])
