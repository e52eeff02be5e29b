"""What stands in PostgreSQL afterwards, who may read it, and names that try to do harm on the way there."""
from case import SiteCase
from rig.database import Refused
from rig.raw_caller import RawCaller
from rig.wait import until

kReports = ("call", "segment", "queue_hour", "agent_day", "menu_choice", "decision")


class Reports(SiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()

    def test_the_queue_hour_and_the_agents_day_are_sums_of_the_calls(self):
        agent = self.agent("8005", "uas-answer-then-bye", calls=2, seconds=60)
        self.wait_agent_state("ready", 1)
        for n in (1, 2):
            self.sipp("uac-many-queue", users=[[f"1396000000{n}"]], seconds=60).check()
        agent.check()
        self.register("8005", 0, agent.port)
        self.wait_agent_state("offline", 6)
        self.course("uac-abandons-in-queue")
        calls = self.wait_calls(3)
        hours = self.site.db.rows("select sum(offered) as offered, sum(answered) as answered, sum(abandoned) as abandoned, "
                                  "sum(short_abandoned) as short, max(max_wait_ms) as longest from report.queue_hour where queue = 'service'")
        self.assertEqual({k: int(v) for k, v in hours[0].items() if k != "longest"}, {"offered": 3, "answered": 2, "abandoned": 1, "short": 1})
        self.assertEqual(int(hours[0]["longest"]), max(c["wait_ms"] for c in calls))
        level = self.site.db.value("select service_level_20s from report.queue_hour where queue = 'service' order by hour desc limit 1")
        self.assertTrue(0 <= float(level) <= 1)
        day = self.site.db.row("select sum(calls_in) as calls, sum(talk_ms) as talk, sum(missed) as missed from report.agent_day where agent = '8005'")
        self.assertEqual((int(day["calls"]), int(day["missed"])), (2, 0))
        self.assertEqual(int(day["talk"]), sum(c["talk_ms"] for c in calls))

    def test_every_report_and_every_column_is_commented(self):
        bare = self.site.db.rows(
            "select c.relname || '.' || a.attname as what from pg_attribute a join pg_class c on c.oid = a.attrelid "
            "where c.relnamespace = 'report'::regnamespace and c.relkind = 'v' and a.attnum > 0 and not a.attisdropped "
            "and col_description(c.oid, a.attnum) is null")
        self.assertEqual(bare, [])
        views = self.site.db.rows("select relname from pg_class where relnamespace = 'report'::regnamespace and relkind = 'v'")
        self.assertLessEqual(set(kReports), {v["relname"] for v in views})

    def test_times_have_zones_and_durations_are_whole_milliseconds(self):
        wrong = self.site.db.rows(
            "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) as type from pg_attribute a join pg_class c on c.oid = a.attrelid "
            "where c.relnamespace = 'report'::regnamespace and c.relkind = 'v' and a.attnum > 0 "
            "and ((a.attname like '%\\_at' and format_type(a.atttypid, null) <> 'timestamp with time zone') "
            "or (a.attname like '%\\_ms' and c.relname <> 'leg_quality' and format_type(a.atttypid, null) <> 'bigint'))")
        self.assertEqual(wrong, [])

    def test_the_supervisor_reads_reports_and_nothing_else(self):
        for report in kReports:
            self.site.db.rows(f"select * from report.{report} limit 1")
        for attempt in ("select * from hotline.fact limit 1", "select * from hotline.call limit 1", "create table report.mine (n int)",
                        "create schema mine", "delete from report.call", "set role hotline_owner", "set role hotline_app", "set role postgres",
                        "select pg_read_file('/etc/passwd')", "copy (select 1) to program 'true'", "create temporary table t (n int)",
                        "select lo_create(0)", "alter role supervisor superuser", "create function f() returns int language sql as 'select 1'"):
            with self.subTest(attempt), self.assertRaises(Refused):
                self.site.db.run(attempt)

    def test_the_app_role_cannot_rewrite_history(self):
        for attempt in ("delete from hotline.fact", "update hotline.fact set kind = 'x'", "truncate hotline.fact", "create role mallory",
                        "grant pg_execute_server_program to hotline_app", "set role hotline_owner"):
            with self.subTest(attempt), self.assertRaises(Refused):
                self.site.db.run(attempt, "hotline_app")

    def test_nothing_is_trusted_and_nothing_listens_on_the_network(self):
        rules = self.site.db.rows("select type, auth_method from pg_hba_file_rules", "postgres")
        self.assertTrue(rules)
        self.assertEqual({(r["type"], r["auth_method"]) for r in rules}, {("local", "peer")})
        self.assertEqual(self.site.db.value("select current_setting('listen_addresses') as a", "postgres"), "")


class HostileNames(SiteCase):
    """Display names byte by byte: quotes, SQL, broken UTF-8, escaped and raw NUL. No fact is lost, no other call suffers."""

    # As sent, and as it must be told: RFC 3261 §25.1 takes the backslashes away, U+FFFD stands for what is no text, 256 bytes are kept.
    kNames = ((b"\"Robert'), drop table hotline.fact, --\"", "Robert'), drop table hotline.fact, --"),
              (b"\"quote \\\" backslash \\\\ inside\"", "quote \" backslash \\ inside"),
              (b"\"<script>alert(1)</script>\"", "<script>alert(1)</script>"),
              (b"\"broken \xc3\x28 \xff\xfe utf-8\"", "broken \ufffd( \ufffd\ufffd utf-8"),
              ("\"\u9648\u6653\u96ef \u202e evil\"".encode(), "\u9648\u6653\u96ef \u202e evil"),
              (b"\"%00 escaped \\u0000\"", "%00 escaped u0000"),
              (b"\"$1 {} %s %n\"", "$1 {} %s %n"),
              (b"\"" + b"x" * 900 + b"\"", "x" * 256))

    def test_each_call_of_such_a_name_is_in_the_store_exactly_once(self):
        path = self.out / "names.csv"
        path.write_bytes(b"SEQUENTIAL\n" + b"".join(sent + b"\n" for sent, _ in self.kNames))
        before = self.rejected()
        run = self.sipp("uac-caller-name", calls=len(self.kNames), rate=4, options=["-inf", str(path)])
        run.check()
        self.wait_calls(len(self.kNames))
        self.assertEqual(self.rejected(), before)
        self.assertEqual(self.names(), [told for _, told in self.kNames])

    # What SIPp cannot send. A NUL behind a backslash is legal (RFC 4475 §3.1.1.2), and becomes a space.
    kRawNames = ((b"\"Robert'); drop table hotline.fact; --\"", "Robert'); drop table hotline.fact; --"),
                 (b"\"before\\\x00behind\"", "before behind"))

    def test_a_bare_nul_is_stopped_at_the_gate_and_stops_no_other(self):
        with RawCaller(self.site.sip, "13961000000") as caller:
            caller.send(self.named(caller.invite(), b"\"before\x00behind\""))
            until("the gate to have stopped it", lambda: self.site.metric('sip_gate_total{result="nul"}') == 1)
        for n, (name, _) in enumerate(self.kRawNames, 1):
            with RawCaller(self.site.sip, f"1396100000{n}") as caller:
                caller.send(self.named(caller.invite(), name))
                answer = caller.final("INVITE")
                caller.send(caller.ack(answer), self.named(caller.bye(answer), name))
                caller.final("BYE")
        calls = self.wait_calls(len(self.kRawNames))
        self.assertEqual([c["caller"] for c in calls], ["13961000001", "13961000002"])
        self.assertEqual(self.names(), [told for _, told in self.kRawNames])
        self.assertEqual(self.rejected(), 0)

    @staticmethod
    def named(request, name):
        return request.encode().replace(b"From: <", b"From: " + name + b" <")

    def names(self):
        rows = self.site.db.rows("select body ->> 'caller_name' as name from hotline.fact "
                                 f"where kind = 'CallArrived' and at >= '{self.began}' order by seq", "hotline_app")
        return [row["name"] for row in rows]

    def test_an_escaped_nul_in_the_number(self):
        self.course("uac-bye-in-menu", keys={"caller": "139%00%27%3B"})
        until("the record", lambda: len(self.calls()) == 1)
        self.assertEqual(self.rejected(), 0)

    def rejected(self):
        return self.site.db.value("select count(*) as n from hotline.fact_rejected", "hotline_app")
