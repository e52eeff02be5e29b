"""Every way a caller's side can go, as SIPp scenarios named after the course; no agent is there."""
import re

from case import SiteCase, kScenarios
from rig.raw_caller import RawCaller
from rig.sipp import Sipp


class CallerCourses(SiteCase):
    def test_hangs_up_in_the_menu(self):
        self.course("uac-bye-in-menu", keys={"caller": "13911110001"})
        call = self.only_call()
        self.assertEqual((call["caller"], call["called"], call["direction"], call["hangup_by"]), ("13911110001", "95000", "in", "caller"))
        # Hung up in the menu before asking for anything: an abandon (semantics).
        self.assertEqual(call["outcome"], "abandoned")
        self.assertIsNone(call["queue"])
        self.assertIsNone(call["agent"])
        self.assertGreaterEqual(call["ivr_ms"], 900)
        self.assertEqual((call["wait_ms"], call["ring_ms"], call["talk_ms"], call["hold_ms"]), (0, 0, 0, 0))

    def test_hangs_up_in_the_menu_over_tcp(self):
        self.course("uac-bye-in-menu", transport="t1")
        self.assertEqual(self.only_call()["hangup_by"], "caller")

    def test_hangs_up_in_the_menu_over_ipv6(self):
        listening = re.findall(r"sip\.listening address=\[::1?\]:(\d+)", self.site.words())  # with port 0 each address gets its own
        if not listening:
            self.skipTest("this kernel has no IPv6")
        port = listening[-1]
        caller = Sipp(kScenarios / "uac-bye-in-menu.xml", ("::1", int(port)), self.out, host="::1", keys={"caller": "13911116666", "name": "Six"})
        self.addCleanup(caller.stop)
        caller.check()
        self.assertEqual(self.only_call()["hangup_by"], "caller")

    def test_asks_for_the_opening_hours_and_is_served_by_the_menu_alone(self):
        self.course("uac-key-then-bye", keys={"key": "3"})
        call = self.only_call()
        self.assertEqual((call["outcome"], call["queue"]), ("self_service", None))
        choice = self.site.db.rows(f"select * from report.menu_choice where call_id = '{call['call_id']}'")
        self.assertEqual([(c["key"], c["choice"], c["caller"]) for c in choice], [("3", "opening_hours", "13800000001")])

    def test_a_key_within_the_first_second_counts(self):
        self.course("uac-abandons-in-queue")
        call = self.only_call()
        self.assertEqual((call["queue"], call["outcome"]), ("service", "abandoned"))
        self.assertLess(call["ivr_ms"], 1000)

    def test_an_older_form_of_info_is_a_key_too(self):
        self.course("uac-key-dtmf-plain", keys={"key": "2"})
        self.assertEqual(self.only_call()["queue"], "abroad")

    def test_an_unknown_key_leads_back_to_the_menu(self):
        self.course("uac-key-then-bye", keys={"key": "B"})
        call = self.only_call()
        self.assertEqual((call["queue"], call["outcome"]), (None, "abandoned"))

    def test_abandons_in_the_queue(self):
        self.course("uac-abandons-in-queue")
        call = self.only_call()
        self.assertEqual((call["outcome"], call["queue"], call["hangup_by"]), ("abandoned", "service", "caller"))
        self.assertTrue(1700 <= call["wait_ms"] <= 3500, call)
        self.assertEqual(self.segments(call["call_id"]), [])

    def test_each_key_leads_to_its_queue(self):
        for key, queue in (("0", "service"), ("1", "domestic"), ("2", "abroad"), ("9", "rescue")):
            with self.subTest(key):
                self.course("uac-key-then-bye", keys={"key": key, "caller": f"1391111{key}000"})
                self.assertEqual(self.only_call(f"caller = '1391111{key}000'")["queue"], queue)

    def test_unknown_number_404(self):
        self.course("uac-unknown-number-404", service="12345")

    def test_no_common_codec_488(self):
        self.course("uac-no-common-codec-488")

    def test_pcmu_only(self):
        self.course("uac-pcmu-only")
        self.assertEqual(self.only_call()["hangup_by"], "caller")

    def test_an_invite_without_an_offer(self):
        self.course("uac-no-offer")
        self.assertEqual(self.only_call()["hangup_by"], "caller")

    def test_the_200_is_never_acknowledged(self):
        self.course("uac-no-ack")
        self.assertEqual(self.only_call()["hangup_by"], "system")

    def test_a_contact_that_cannot_be_reached_400(self):
        self.course("uac-contact-tel-400")

    def test_a_contact_that_no_route_leads_to_is_given_up(self):
        self.course("uac-contact-never-acked")
        self.assertEqual(self.only_call(seconds=20)["hangup_by"], "system")

    def test_cancel_right_behind_the_invite(self):
        """Two datagrams back to back: CANCEL meets the INVITE before the answer, or the 200 on its way. Whoever wins, the call ends."""
        for n in range(10):
            with RawCaller(self.site.sip, f"139222200{n:02d}") as caller:
                caller.send(caller.invite(), caller.cancel())
                final = caller.final("INVITE")
                self.assertIn(final.status, (200, 487))
                caller.send(caller.ack(final))
                if final.status == 200:
                    caller.send(caller.bye(final))
                    self.assertIn(caller.final("BYE").status, (200, 481))
        self.wait_calls(10)

    def test_bye_again_after_the_end_481(self):
        self.course("uac-bye-twice")

    def test_bye_of_an_unknown_dialog_481(self):
        self.course("uac-bye-unknown-dialog-481")

    def test_refer_is_refused_403(self):
        self.course("uac-refer-403")
        self.assertEqual(self.only_call()["hangup_by"], "caller")

    def test_an_unknown_method(self):
        self.course("uac-unknown-method-501")

    def test_a_required_extension_that_we_lack_420(self):
        self.course("uac-requires-unknown-420")

    def test_session_refresh_by_reinvite_and_update(self):
        self.course("uac-session-refresh")

    def test_a_session_interval_too_short_422(self):
        self.course("uac-session-too-short-422")

    def test_a_reinvite_without_our_codecs_488_leaves_the_call_up(self):
        self.course("uac-reinvite-without-codec-488")
        self.assertEqual(self.only_call()["hangup_by"], "caller")

    def test_options(self):
        self.course("uac-options")

    def test_forty_callers_at_once(self):
        run = self.course("uac-many-menu", calls=40, rate=40, users=[[f"1370000{n:04d}"] for n in range(40)], seconds=40)
        self.assertEqual(run.process.returncode, 0)
        calls = self.wait_calls(40, seconds=30)
        self.assertEqual(len({c["caller"] for c in calls}), 40)


class OurRefresh(SiteCase):
    """Session timers with intervals of seconds, where the daemon is the refresher."""

    settings = {"sip.min_se_s": 2, "sip.session_expires_s": 4}

    def test_we_refresh_with_our_sdp(self):
        self.course("uac-refreshed-by-us")
        self.assertEqual(self.only_call()["hangup_by"], "caller")

    def test_we_refresh_by_update_where_the_caller_allows_it(self):
        self.course("uac-refreshed-by-update")
        self.assertEqual(self.only_call()["hangup_by"], "caller")

    def test_a_caller_who_is_gone_is_found_out(self):
        self.course("uac-refresh-unanswered")
        self.assertEqual(self.only_call(seconds=30)["hangup_by"], "system")


class Glare(SiteCase):
    """An interval long enough for a second try before the session would run out (RFC 4028 §10: a third of it before the end)."""

    settings = {"sip.min_se_s": 2, "sip.session_expires_s": 16}

    def test_a_refresh_that_meets_491_is_tried_again(self):
        self.course("uac-refresh-glare-491")
        self.assertEqual(self.only_call()["hangup_by"], "caller")


class GoneSilent(SiteCase):
    settings = {"media.rtp_silence_s": 2}

    def test_a_caller_from_whom_nothing_is_heard_any_more_is_let_go(self):
        self.course("uac-many-queue", users=[["13911110000"]], seconds=20)  # SIPp sends no sound
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"], call["queue"]), ("failed", "system", "service"))
        self.assertTrue(1000 <= call["ivr_ms"] + call["wait_ms"] <= 6000, call)

    def test_a_phone_that_dies_in_a_call(self):
        agent = self.phone("8001")
        caller = self.phone("13911110001")
        mark = agent.mark()
        caller.call("95000")
        caller.key("0")
        agent.wait("CALL_ESTABLISHED", 20, mark)
        agent.vanish()
        caller.wait("CALL_CLOSED", 20)
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"], call["agent"]), ("answered", "system", "8001"))
        self.register("8001", 0)  # what he could not do himself
