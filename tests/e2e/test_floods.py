"""Floods, while two people talk: they hear each other as if nothing were, and who has a right to call still gets through."""
import contextlib
import itertools
import random
import socket
import struct
import threading
import time

from rig.raw_caller import RawCaller
from rig.wait import until
from sound_case import SoundCase

kFloodSeconds = 4
kPerSecond = 1500


@contextlib.contextmanager
def flood(messages, target, per_second=kPerSecond, sources=("127.0.0.1",)):
    """Datagrams from `messages` to `target` in bursts of a hundredth of a second, each from the next of `sources` (addresses, or sockets), until
    the block ends. → a list whose first item is how many were sent."""
    sent, over = [0], threading.Event()
    sockets = [source for source in sources if isinstance(source, socket.socket)]
    for source in sources if not sockets else ():
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sockets[-1].bind((source, 0))

    def run():
        wires = itertools.cycle(sockets)
        began = time.monotonic()
        while not over.wait(0.01):
            while sent[0] < (time.monotonic() - began) * per_second:
                next(wires).sendto(next(messages), target)
                sent[0] += 1

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield sent
    finally:
        over.set()
        thread.join(5)
        for one in sockets:
            one.close()


def invites(server):
    for n in itertools.count():
        yield (f"INVITE sip:95000@{server[0]} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.99:5060;rport;branch=z9hG4bK{n:07}flood\r\nMax-Forwards: 70\r\n"
               f"From: <sip:{n}@127.0.0.99>;tag={n}\r\nTo: <sip:95000@{server[0]}>\r\nCall-ID: flood-{n}\r\nCSeq: 1 INVITE\r\n"
               f"Contact: <sip:{n}@127.0.0.99>\r\nContent-Length: 0\r\n\r\n").encode()


def rtp_packets():
    for n in itertools.count():
        yield struct.pack("!BBHII", 0x80, 8, n % 2**16, n * 160 % 2**32, 0xBAD) + b"\x2a" * 160


def key_presses(seed=7):
    """Each packet is a key of its own: the end of an event that nobody heard begin."""
    dice = random.Random(seed)
    for n in itertools.count():
        header = struct.pack("!BBHII", 0x80, 0x80 | 101, n % 2**16, n * 1600 % 2**32, 0x5EED)
        yield header + struct.pack("!BBH", "0123456789*#".index(dice.choice("345678*#")), 0x80 | 10, 800)


class Floods(SoundCase):
    settings = {"trunks.local.sources": ["127.0.0.1"]}  # the rest of loopback are strangers

    def talk_under(self, attack):
        """Two people talk for as long as `attack` (a context) goes on. → their record."""
        agent = self.phone("8001", play=self.agent_says)
        caller = self.phone("13800000002", play=self.caller_speech())
        caller.call("95000")
        caller.key("0")
        agent.wait("CALL_ESTABLISHED", 10)
        with attack as sent:
            until("the conversation to last", lambda: agent.talked() > kFloodSeconds + 2, kFloodSeconds + 10)
            self.assertGreater(sent[0], kPerSecond * kFloodSeconds / 2, "the flood was none")
        caller.hangup()
        agent.wait("CALL_CLOSED", 5)
        call = self.wait_calls(1, "caller = '13800000002'")[0]
        self.assert_both_hear(caller, agent, call)
        for leg in self.site.db.rows(f"select * from report.leg_quality where call_id = '{call['call_id']}'"):
            self.assertLess(leg["loss_in_pct"], 1, leg)
            self.assertLess(leg["jitter_in_ms"], 20, leg)
        return call

    def test_a_flood_of_calls_from_many_strangers_is_shed_and_who_talks_does_not_hear_it(self):
        strangers = [f"127.0.{n // 200 + 1}.{n % 200 + 1}" for n in range(400)]
        shed = self.site.metric('sip_gate_total{result="overload"}')
        with flood(invites(self.site.sip), self.site.sip, sources=strangers) as sent:
            with RawCaller(self.site.sip, "13800000005") as known:  # who has a right to call gets through meanwhile
                until("the flood to be on", lambda: sent[0] > 2 * kPerSecond)
                known.send(known.invite())
                answer = known.final("INVITE", 2)
                known.send(known.ack(answer))
                self.assertEqual(answer.status, 200)
                known.send(known.bye(answer))
                self.assertEqual(known.final("BYE", 2).status, 200)
        self.talk_under(flood(invites(self.site.sip), self.site.sip, sources=strangers))
        self.assertGreater(self.site.metric('sip_gate_total{result="overload"}'), shed + kPerSecond)
        self.assertEqual(len(self.calls("caller not in ('13800000002', '13800000005')")), 0, "strangers leave no records")

    def test_a_flood_of_sound_on_one_port_is_not_heard_in_another_call(self):
        with RawCaller(self.site.sip, "13800000006") as victim:
            victim.send(victim.invite())
            answer = victim.final("INVITE")
            victim.send(victim.ack(answer))
            self.talk_under(flood(rtp_packets(), victim.media_of(answer), sources=("127.0.0.66",)))
            victim.send(victim.bye(answer))
            self.assertEqual(victim.final("BYE").status, 200)

    def test_ten_thousand_keys_a_second_in_a_menu_are_heard_in_no_other_call(self):
        with RawCaller(self.site.sip, "13800000077") as caller:
            caller.send(caller.invite())
            answer = caller.final("INVITE")
            caller.send(caller.ack(answer))
            self.talk_under(flood(key_presses(), caller.media_of(answer), per_second=10_000, sources=(caller.rtp,)))
            chosen = self.site.db.rows("select distinct menu from report.menu_choice where caller = '13800000077'")
            self.assertGreaterEqual(len(chosen), 2, "keys were taken, and led somewhere")
            until("him alone to be served still", lambda: self.site.metric("calls") == 1, 5)
            caller.send(caller.bye(answer))
            self.assertEqual(caller.final("BYE").status, 200)
        self.assertEqual(self.wait_calls(1, "caller = '13800000077'")[0]["hangup_by"], "caller")
