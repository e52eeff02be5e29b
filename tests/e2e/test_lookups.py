"""What menus ask of the site's tables: in the terminal on sample data, key by key; on the line; and against `check --data`."""
import http.server
import json
import re
import shutil
import subprocess
import threading
import time
import unittest

from case import SiteCase, log_folder
from rig.site import kRoot
from rig.wait import until

kHotlined = kRoot / "build" / "release" / "hotlined"


def hotlined(*arguments, seconds=60):
    return subprocess.run([str(kHotlined), *arguments], capture_output=True, text=True, timeout=seconds, cwd=kRoot)


def flow(site, keys, *more, caller="13900001234", flow_name=()):
    """→ the lines that `ivr run` prints."""
    done = hotlined("ivr", "run", *flow_name, "--site", f"config/{site}", "--from", caller, "--keys", keys, *more)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def said(lines, words):
    return any(line.startswith("say ") and words in line for line in lines)


class OnSampleData(unittest.TestCase):
    """Without a store: a scratch database with sql/sample."""

    def test_the_order_of_the_calling_number(self):
        lines = flow("travel", "4,10001,#")
        self.assertTrue(said(lines, "订单幺零零零幺，昆明大理丽江六日游"), lines)
        self.assertTrue(said(lines, "目前环节：出票与酒店预订，负责部门：计调部"), lines)
        self.assertEqual((lines[1], lines[3], lines[-1]), ("key 4", "key 10001#", "queue service"))

    def test_a_member_and_his_balance(self):
        lines = flow("fitness", "3,100001,2468")
        self.assertTrue(said(lines, "陈静，您好。您的金卡年卡有效期到"), lines)
        self.assertTrue(said(lines, "余额一千二百八十元五角"), lines)
        self.assertFalse(any("2468" in line for line in lines), "neither said nor shown")

    def test_nothing_is_left_of_the_scratch_database(self):
        import glob
        before = set(glob.glob("/tmp/hotline-ivr-*"))
        flow("fitness", "1")
        self.assertLessEqual(set(glob.glob("/tmp/hotline-ivr-*")), before)

    def test_a_flow_that_asks_nothing_needs_none(self):
        began = time.monotonic()
        self.assertEqual(flow("travel", "9")[-1], "queue rescue")
        self.assertLess(time.monotonic() - began, 1.5)

    def test_without_sample_data_a_lookup_fails_and_the_flow_goes_on(self):
        done = hotlined("ivr", "run", "--site", "config/travel", "--keys", "7", "--set", "sample=")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("暂时无法查询", done.stdout)
        self.assertIn("lookup safety: site.json names no sample data", done.stderr)


class Pressing:
    def press(self, caller, *groups):
        """Groups of keys, as a person presses them: with a moment to hear what comes of each."""
        for keys in groups:
            for key in keys:
                caller.key(key)
                time.sleep(0.25)
            time.sleep(0.5)


class TravelTables(Pressing, SiteCase):
    """Every key of the travel site on a store that `./dev up` has filled; then the line."""

    def flow(self, keys, caller="13900001234"):
        return flow("travel", keys, "--data", str(self.site.data), caller=caller)

    def test_an_order_is_told_to_its_number_only(self):
        self.assertTrue(said(self.flow("4,10001,#"), "计调部"))
        for caller in ("13800005678", "", "anonymous"):
            lines = self.flow("4,10001,#", caller)
            self.assertTrue(said(lines, "没有查到这个订单"), lines)
            self.assertFalse(said(lines, "计调部"), lines)
        self.assertTrue(said(self.flow("4,99999,#"), "没有查到这个订单"))
        self.assertTrue(said(self.flow("4,123,#,10001,#"), "订单号是五到十二位数字"))

    def test_orders_by_the_calling_number(self):
        lines = self.flow("4,#", "13700009999")
        self.assertTrue(said(lines, "订单幺零零零三") and said(lines, "订单幺零零零四"), lines)
        self.assertTrue(said(self.flow("4,#", "13012345678"), "没有进行中的订单"))

    def test_what_is_owed_is_told(self):
        self.assertTrue(said(self.flow("4,10002,#", "13800005678"), "还需付款一万零九百六十元"))

    def test_routes_with_prices_and_departures(self):
        lines = self.flow("5,1,2")
        self.assertTrue(said(lines, "第一条，西安兵马俑四日游，每位两千三百八十元，最近"), lines)
        self.assertRegex("\n".join(lines), r"say 二零\S+日出发，余\S+个名额。")
        self.assertTrue(said(self.flow("5,2"), "曼谷芭提雅六日游"))
        self.assertTrue(said(self.flow("5,3"), "杭州自由行两日"))
        self.assertTrue(said(self.flow("5,1,9"), "昆明大理丽江六日游"), "the next page")

    def test_safety_a_page_each(self):
        lines = self.flow("7,9,9,9")
        for words in ("高原旅行", "海边戏水", "财物与证件", "突发情况"):
            self.assertTrue(said(lines, words), lines)

    def test_more(self):
        self.assertTrue(said(self.flow("8,1"), "黄山云谷山庄，四星级，每晚五百八十元"))
        self.assertTrue(said(self.flow("8,2"), "黄山风景区，门票一百九十元，早上六点三十分到下午四点三十分开放"))
        self.assertTrue(said(self.flow("8,5"), "虹桥火车站"))

    def test_back_in_a_list_leads_to_the_menu_it_came_from(self):
        self.assertTrue(said(self.flow("8,1,*,2"), "黄山风景区"), "still in the menu of more")
        lines = self.flow("5,1,1,*,*,2")
        self.assertTrue(said(lines, "曼谷芭提雅六日游"), lines)
        done = hotlined("ivr", "run", "--site", "config/travel", "--keys", "5,1,1", "--data", str(self.site.data))
        self.assertEqual(done.stderr, "count route 3 西安兵马俑四日游\n")
        self.assertEqual(self.flow("5,1,1,*,*,*,9")[-1], "queue rescue")

    def test_opening_hours_and_a_complaint(self):
        self.assertTrue(said(self.flow("3"), "客服热线全天二十四小时"))
        lines = self.flow("6,#,2,1")
        self.assertEqual([line for line in lines if line.startswith(("record", "keep", "hangup"))], ["record complaint", "keep complaint", "hangup"])

    def test_insurance_and_tickets_are_asked_for_by_key(self):
        lines = self.flow("8,3,1,1")
        self.assertIn("apply ask insurance 1 国内旅游意外险", lines)
        self.assertTrue(any(line.startswith("sms 13900001234 【云途旅行社】已收到您的投保申请：国内旅游意外险") for line in lines), lines)
        self.assertTrue(any(re.match(r"apply ask ticket \d+ \S+ tickets=2$", line) for line in self.flow("8,4,2,2,#")), self.flow("8,4,2,2,#"))

    def test_a_person_and_back_from_anywhere(self):
        for keys in ("4,0#", "5,0", "5,1,0", "7,0", "8,0", "8,3,0", "8,3,1,0"):
            self.assertEqual(self.flow(keys)[-1], "queue service", keys)
        self.assertEqual([line for line in self.flow("8,*,9") if line.startswith(("key", "queue"))], ["key 8", "key *", "key 9", "queue rescue"])

    def test_the_other_language(self):
        lines = self.flow("#,4,10001,#")
        self.assertTrue(said(lines, "Kunming, Dali and Lijiang") and said(lines, "with the planning department"), lines)
        self.assertTrue(said(self.flow("#,#,3"), "客服热线全天二十四小时"), "there and back")

    def test_check_prepares_every_query(self):
        done = hotlined("check", "--site", "config/travel", "--data", str(self.site.data))
        self.assertEqual((done.returncode, done.stdout), (0, "config/travel: no mistakes\n"), done.stderr)
        done = hotlined("check", "--site", "config/travel")
        self.assertEqual(done.returncode, 0)
        self.assertIn("config/travel/queries:1:1: warning: the SQL here was not prepared", done.stdout)

    def test_check_tells_mistakes_of_sql_at_their_place(self):
        site = self.out / "site"
        shutil.copytree(kRoot / "config" / "travel", site)
        order = site / "queries" / "order.sql"
        order.write_text(order.read_text().replace("o.departs_on,", "o.departs_at as departs_on,"))
        done = hotlined("check", "--site", str(site), "--data", str(self.site.data))
        self.assertEqual(done.returncode, 1)
        line = next(n for n, text in enumerate(order.read_text().splitlines(), 1) if "o.departs_at" in text)
        self.assertIn(f"queries/order.sql:{line}:8: PostgreSQL does not take this: column o.departs_at does not exist", done.stdout)
        shutil.copy(kRoot / "config" / "travel" / "queries" / "order.sql", order)
        more = (site / "ivr" / "more.json").read_text().splitlines()
        line = next(n for n, text in enumerate(more, 1) if '"zh": "{hotel}' in text)
        column = more[line - 1].index("{hotel}") + 2
        (site / "queries" / "hotels.sql").write_text("select name as hotel, * from hotel")
        done = hotlined("check", "--site", str(site), "--data", str(self.site.data))
        self.assertEqual((done.returncode, done.stdout), (0, f"{site}: no mistakes\n"), "stars and price_fen are among *")
        (site / "queries" / "hotels.sql").write_text("select name as hotel, stars from hotel")
        done = hotlined("check", "--site", str(site))
        self.assertIn('queries/hotels.sql gives no column "price_fen"', done.stdout, "also without a store")
        (site / "queries" / "hotels.sql").write_text("select * from hotel")
        done = hotlined("check", "--site", str(site), "--data", str(self.site.data))
        self.assertIn(f'ivr/more.json:{line}:{column}: queries/hotels.sql gives no column "hotel", and no program sets a variable of that name. '
                      "It gives id, city, name, name_en, stars, price_fen.", done.stdout)
        done = hotlined("check", "--site", str(site), "--data", str(self.out))
        self.assertEqual(done.returncode, 1)
        self.assertIn("no PostgreSQL runs in", done.stdout)

    # ── On the line ──

    def served(self, call):
        return self.site.db.rows(f"select what, object_id, object_name from report.self_service where call_id = '{call['call_id']}' order by at")

    def test_a_caller_hears_his_order_and_it_is_counted(self):
        caller = self.phone("13900001234")
        caller.call("95000")
        self.press(caller, "4", "10001#")
        until("the order to be told", lambda: self.site.metric("ivr_lookups_total") >= 1, 10)
        time.sleep(1)
        caller.hangup()
        call = self.only_call()
        self.assertEqual(call["outcome"], "self_service")
        self.assertEqual(self.served(call), [{"what": "order", "object_id": "10001", "object_name": "昆明大理丽江六日游"}])

    def test_the_language_is_remembered_for_the_next_call(self):
        caller = self.phone("13911112222")
        caller.call("95000")
        self.press(caller, "#")
        until("the choice to be stored", lambda: self.site.db.rows(
            "select language from hotline.caller_language where caller = '13911112222'", "hotline_app") == [{"language": "en"}], 10)
        caller.hangup()
        self.wait_calls(1)
        caller.call("95000")
        self.press(caller, "8", "3", "1", "1")  # insurance is asked for, and a message left in his language
        message = until("his message", lambda: self.site.db.row("select * from hotline.sms_outbox", "hotline_app"), 10)
        self.assertEqual((message["recipient"], message["language"]), ("13911112222", "en"))
        self.assertIn("Accident insurance within China", message["text"])
        caller.hangup()
        call = self.wait_calls(2)[-1]
        asked = self.site.db.row(f"select what, action, object_name from report.application where call_id = '{call['call_id']}'")
        self.assertEqual(asked, {"what": "insurance", "action": "ask", "object_name": "Accident insurance within China"})


class FitnessTables(Pressing, SiteCase):
    site_folder = kRoot / "config" / "fitness"

    @classmethod
    def setUpClass(cls):
        cls.settings = {"queues.service.wrapup_s": 0}
        cls.own_settings()

    @classmethod
    def own_settings(cls):
        import case
        queues, case.kQueues = case.kQueues, ("service",)
        try:
            super().setUpClass()
        finally:
            case.kQueues = queues

    def flow(self, keys, caller="13900001234"):
        return flow("fitness", keys, "--data", str(self.site.data), caller=caller)

    def test_promotions_and_branches(self):
        lines = self.flow("1")
        self.assertTrue(said(lines, "年卡八折"), lines)
        self.assertFalse(said(self.flow("1,9"), "去年夏令营"), "what is over is not told")
        self.assertTrue(said(self.flow("2"), "人民广场店，地址黄浦区西藏中路二百六十八号六楼，电话零二幺六三五零零零零幺"))

    def test_a_member_his_spending_and_his_bookings(self):
        self.assertTrue(said(self.flow("3,100001,2468,1"), "私教课，三百二十元"))
        lines = self.flow("3,100001,2468,2,1,1")
        self.assertTrue(any(line.startswith("apply cancel course") and "member_no=100001" in line for line in lines), lines)

    def test_a_lesson_is_booked_with_the_pin(self):
        lines = self.flow("4,1,2,1,100001,2468")
        self.assertTrue(any(line.startswith("apply book course") and "member_no=100001 branch=人民广场店" in line for line in lines), lines)
        self.assertTrue(any(line.startswith("sms 13900001234 【活力健身】已登记您的预约：人民广场店") for line in lines), lines)
        self.assertFalse(any(line.startswith("apply") for line in self.flow("4,1,2,1,100001,1111")))

    def test_three_wrong_pins_lock(self):
        lines = self.flow("3,100001,1111,100001,2222,100001,3333,3,100001,2468")
        self.assertEqual(sum("密码不正确" in line for line in lines), 2, lines)
        self.assertEqual(sum("暂时锁定" in line for line in lines), 2, lines)
        self.assertFalse(said(lines, "余额"))

    def test_check_prepares_every_query(self):
        done = hotlined("check", "--site", "config/fitness", "--data", str(self.site.data))
        self.assertEqual((done.returncode, done.stdout), (0, "config/fitness: no mistakes\n"), done.stderr)

    def test_check_refuses_a_pin_that_is_read_as_a_number(self):
        site = self.out / "pin_site"
        shutil.copytree(kRoot / "config" / "fitness", site)
        member = site / "queries" / "member.sql"
        member.write_text("select m.member_no, m.name, m.expires_on, m.balance_fen, m.card from member m\nwhere m.member_no = :member_no and :pin = 2468")
        done = hotlined("check", "--site", str(site), "--data", str(self.site.data))
        self.assertEqual(done.returncode, 1)
        self.assertIn("queries/member.sql:2:36: :pin is masked, and read as a number", done.stdout)

    def test_a_complaint_and_a_suggestion(self):
        for key, what in (("5", "complaint"), ("6", "suggestion")):
            lines = self.flow(f"{key},#,1")
            self.assertEqual([line for line in lines if line.startswith(("record", "keep"))], [f"record {what}", f"keep {what}"])

    def test_other_keys(self):
        self.assertEqual(self.flow("0")[-1], "queue service")
        self.assertTrue(said(self.flow("#,1"), "A fifth off year cards"))

    def test_wrong_pins_on_the_line_lock_member_and_caller_over_a_restart(self):
        caller = self.phone("13955556666")
        caller.call("96000")
        self.press(caller, "3")
        for n in range(3):
            self.press(caller, f"100002{n}000")
            until(f"try {n + 1} to be looked up", lambda: self.site.metric("ivr_lookups_total") >= n + 1, 20)
        until("the lock", lambda: self.site.metric("ivr_lookups_locked_total") >= 1, 10)
        caller.hangup()
        self.only_call()
        self.site.stop()
        self.site.start()
        until("the daemon to have its database", lambda: self.site.metric("store_connected") == 1, 15)
        rows = self.site.db.rows("select scope, key, locked_until > now() as locked from hotline.guard order by 1", "hotline_app")
        self.assertEqual(rows, [{"scope": "caller", "key": "13955556666", "locked": True}, {"scope": "member", "key": "100002", "locked": True}])
        other = self.phone("13977778888")
        other.call("96000")
        self.press(other, "3", "1000021357")
        until("the right PIN to be refused", lambda: self.site.metric("ivr_lookups_locked_total") >= 1, 20)
        other.hangup()


class Hanging(SiteCase):
    """Tables and web addresses that do not answer: each call goes on by its exit, and nobody else notices."""

    settings = {"webhooks.hosts": []}

    @classmethod
    def setUpClass(cls):
        class Silent(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                cls.asked.append((self.path, body))
                if self.path == "/silent":
                    time.sleep(3)
                    return
                answer = json.dumps({"customer": {"level": "gold"}}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        cls.asked = []
        cls.web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent)
        threading.Thread(target=cls.web.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.web.shutdown)
        host = f"127.0.0.1:{cls.web.server_port}"
        cls.site_folder = log_folder("HangingSite") / "site"
        shutil.copytree(kRoot / "config" / "travel", cls.site_folder)
        (cls.site_folder / "queries" / "hang.sql").write_text("select pg_sleep(60) as step")
        queue = lambda name: {"type": "queue", "queue": name, "full": "bye", "timed_out": "bye", "unavailable": "bye"}
        ask = lambda path: {"type": "http", "url": f"http://{host}{path}", "body": {"number": {"of": "caller"}}, "gives": {"level": "/customer/level"},
                            "timeout_s": 1, "goto": "level", "failed": "bye", "timed_out": "domestic"}
        nodes = {
            "main": {"type": "menu", "greeting": ["main_menu"], "on_invalid": "bye", "on_no_input": "bye",
                     "keys": {"1": {"what": "hang", "goto": "hang"}, "2": {"what": "web", "goto": "web"}, "3": {"what": "silent", "goto": "silent"}}},
            "hang": {"type": "lookup", "query": "hang", "gives": ["step"], "timeout_s": 1, "found": "bye", "nothing": "bye", "failed": "domestic"},
            "web": ask("/good"), "silent": ask("/silent"),
            "level": {"type": "branch", "when": [{"if": "level is set and level == 'gold'", "goto": "abroad"}], "else": "bye"},
            "domestic": queue("domestic"), "abroad": queue("abroad"), "bye": {"type": "hangup", "farewell": ["goodbye"]}}
        (cls.site_folder / "ivr" / "main.json").write_text(json.dumps({"start": "main", "nodes": nodes}))
        cls.settings = {"webhooks.hosts": [host]}
        super().setUpClass()

    def test_a_lookup_that_hangs_ends_in_its_exit(self):
        self.course("uac-key-then-bye", keys={"key": "1"})
        call = self.only_call()
        self.assertEqual((call["queue"], call["outcome"]), ("domestic", "abandoned"))
        self.assertGreater(call["ivr_ms"], 1400)  # half a second to the key, one for the lookup
        self.assertLess(call["ivr_ms"], 2500)

    def test_many_that_hang_keep_no_other_call_waiting(self):
        hanging = [self.sipp("uac-key-then-bye", keys={"key": "1", "caller": f"1390000{n:04d}"}) for n in range(8)]
        self.course("uac-key-then-bye", keys={"key": "2", "caller": "13800000099"})
        for run in hanging:
            run.check()
        calls = self.wait_calls(9)
        self.assertEqual({c["queue"] for c in calls if c["caller"] != "13800000099"}, {"domestic"})
        quick = next(c for c in calls if c["caller"] == "13800000099")
        self.assertEqual(quick["queue"], "abroad")
        self.assertLess(quick["ivr_ms"], 1200)

    def test_a_web_address_answers_or_its_time_is_over(self):
        self.course("uac-key-then-bye", keys={"key": "2", "caller": "13900001234"})
        self.course("uac-key-then-bye", keys={"key": "3", "caller": "13900001235"})
        calls = self.wait_calls(2)
        self.assertEqual([c["queue"] for c in calls], ["abroad", "domestic"])
        self.assertEqual(self.asked[-2:], [("/good", {"number": "13900001234"}), ("/silent", {"number": "13900001235"})])

    def test_without_postgresql_a_lookup_fails_at_once(self):
        self.addCleanup(lambda: self.site.database_runs() or self.site.start_database())
        self.site.stop_database()
        self.course("uac-key-then-bye", keys={"key": "1"})
        self.site.start_database()
        call = self.only_call(seconds=40)
        self.assertEqual(call["queue"], "domestic")
        self.assertLess(call["ivr_ms"], 1200)


if __name__ == "__main__":
    unittest.main()
