"""Menus as a site's author meets them: in the terminal, as a picture, and on the line."""
import json
import shutil
import subprocess
import unittest

from case import SiteCase, log_folder
from rig.site import kRoot

kHotlined = kRoot / "build" / "release" / "hotlined"


def ivr(command, *arguments, site=kRoot / "config" / "travel", **options):
    return subprocess.run([str(kHotlined), "ivr", command, "--site", str(site), *arguments], capture_output=True, text=True, timeout=20, **options)


def own_site(folder, programs):
    """A copy of the sample site in which `programs` stand for its own: {"main": {…}}."""
    target = folder / "site"
    shutil.copytree(kRoot / "config" / "travel", target)
    for name, program in programs.items():
        (target / "ivr" / f"{name}.json").write_text(json.dumps(program, ensure_ascii=False))
    return target


kQueue = {"type": "queue", "queue": "service", "full": "bye", "timed_out": "bye", "unavailable": "bye"}
kMenu = {"type": "menu", "greeting": ["main_menu"], "keys": {"2": {"what": "greet", "goto": "who"}, "3": {"what": "abroad", "goto": "abroad"}},
         "on_invalid": "bye", "on_no_input": "bye"}
kProgram = {
    "start": "main",
    "anywhere": {"0": {"what": "person", "goto": "service"}, "*": {"back": True}},
    "nodes": {
        "main": kMenu,
        "who": {"type": "branch", "when": [{"if": "caller starts with '139' and queue.service.ready == 0", "goto": "greet"}], "else": "bye"},
        "greet": {"type": "call", "flow": "greet", "goto": "domestic"},
        "domestic": {**kQueue, "queue": "domestic"},
        "abroad": {**kQueue, "queue": "abroad"},
        "service": {**kQueue, "keys": {"7": "bye"}},
        "bye": {"type": "hangup", "farewell": ["goodbye"]},
    },
}
kGreet = {
    "start": "say",
    "nodes": {
        "say": {"type": "say", "text": {"zh": "{queue.service.ready:number}位空闲", "en": "{queue.service.ready:number} are free"}, "goto": "back"},
        "back": {"type": "return"},
    },
}


class Terminal(unittest.TestCase):
    """`hotlined ivr run` and `ivr graph`: no daemon, no database."""

    def test_a_scripted_flow_prints_a_line_a_step_and_ends_with_zero(self):
        done = ivr("run", "main", "--from", "13900001234", "--keys", "3,0")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], "^say 您好，欢迎致电云途旅行社")
        self.assertEqual([line.split(" ")[0] for line in lines], ["say", "key", "say", "say", "key", "queue"])
        self.assertEqual((lines[1], lines[-1]), ("key 3", "queue service"))

    def test_a_caller_who_is_silent_reaches_a_person_at_once(self):
        done = ivr("run", "--keys", "")
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1]), (0, "queue service"))

    def test_the_keyboard_is_the_telephone(self):
        done = ivr("run", input="\nhello\n9\n")
        self.assertEqual((done.returncode, done.stdout.splitlines()[-2:]), (0, ["key 9", "queue rescue"]))
        self.assertIn("keys are 0 to 9", done.stderr)

    def test_what_cannot_be_run_is_refused_with_its_cure(self):
        folder = log_folder("Terminal")
        for arguments, words in ((("mian",), 'Did you mean "main"'), (("--keys", "4,x"), "Keys are 0 to 9"), (("--at", "noon", "--keys", ""), "2026-10-01T09:30")):
            done = ivr("run", *arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(words, done.stderr)
        broken = own_site(folder, {"main": {**kProgram, "start": "mian"}, "greet": kGreet})
        done = ivr("run", "--keys", "", site=broken)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"ivr/main\.json:1:\d+: there is no node \"mian\"")
        endless = own_site(folder / "endless", {"main": {"start": "a", "nodes": {"a": {"type": "play", "prompts": ["welcome"], "goto": "a"}}}})
        done = ivr("run", "--keys", "", site=endless)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not over after 1000 steps", done.stderr)

    def test_a_flow_is_drawn(self):
        done = ivr("graph", "main")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith('digraph "main" {'))
        self.assertIn('[label="9 rescue"]', done.stdout)
        dot = shutil.which("dot")
        if dot:
            drawn = subprocess.run([dot, "-Tsvg"], input=done.stdout, capture_output=True, text=True, timeout=20)
            self.assertEqual(drawn.returncode, 0, drawn.stderr)


class OnTheLine(SiteCase):
    """The same flow in the daemon: branch, sub-flow, sentence, keys from anywhere."""

    @classmethod
    def setUpClass(cls):
        cls.site_folder = own_site(log_folder("OnTheLineSite"), {"main": kProgram, "greet": kGreet})
        super().setUpClass()

    def choices(self, call):
        rows = self.site.db.rows(f"select * from report.menu_choice where call_id = '{call['call_id']}' order by at")
        return [(row["menu"], row["key"], row["choice"]) for row in rows]

    def test_a_branch_leads_through_a_called_program_that_speaks_and_comes_back(self):
        self.course("uac-key-then-bye", keys={"caller": "13900001234", "key": "2"})
        call = self.only_call()
        self.assertEqual((call["queue"], call["outcome"]), ("domestic", "abandoned"))
        self.assertEqual(self.choices(call), [("main", "2", "greet")])

    def test_whom_the_branch_does_not_mean_goes_the_other_way(self):
        self.course("uac-key-then-bye", keys={"caller": "13800001234", "key": "2"})
        call = self.only_call()
        self.assertEqual((call["queue"], call["outcome"]), (None, "self_service"))

    def test_a_person_is_reached_from_anywhere(self):
        self.course("uac-abandons-in-queue")
        call = self.only_call()
        self.assertEqual((call["queue"], call["outcome"]), ("service", "abandoned"))
        self.assertEqual(self.choices(call), [("main", "0", "person")])

    def test_a_key_leads_out_of_the_line(self):
        caller, behind = self.phone("13900005555"), self.phone("13900005556")
        since = caller.mark()
        for waiting, phone in enumerate((caller, behind), 1):
            phone.call("95000")
            phone.key("0")
            self.wait_waiting("service", waiting)
        caller.key("7")
        caller.wait("CALL_CLOSED", 20, since)
        self.assertEqual(self.site.waiting("service"), 1)
        call = self.only_call("caller = '13900005555'")
        self.assertEqual((call["queue"], call["outcome"], call["hangup_by"]), ("service", "overflow", "system"))
        told = subprocess.run([str(kHotlined), "explain", call["call_id"], "--data", str(self.site.data)], capture_output=True, text=True, timeout=20)
        self.assertIn("overflow, by his own choice, to key 7", told.stdout, told.stderr)
        behind.hangup()


if __name__ == "__main__":
    unittest.main()
