"""RFC 4475 and RFC 5118: each message over the transport that its top Via names; the server answers what it must, and lives."""
import csv
import pathlib
import re
import subprocess
import sys
import unittest

from case import SiteCase
from rig.site import kRoot

# Beside the checkout, not in it: data to test with.
kCorpus = pathlib.Path(kRoot).parent / "shared" / "sip-torture"


@unittest.skipUnless((kCorpus / "harness" / "torture.py").exists(), f"the torture messages are not here ({kCorpus})")
class Torture(SiteCase):
    def test_every_message_and_a_plain_options_after_each(self):
        out = self.out / "answers.tsv"
        done = subprocess.run([sys.executable, str(kCorpus / "harness" / "torture.py"), f"{self.site.sip[0]}:{self.site.sip[1]}", "--auto",
                               "--out", str(out)], capture_output=True, text=True, timeout=400)
        (self.out / "words.txt").write_text(done.stdout + done.stderr)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-500:])
        rows = list(csv.reader(out.open(), delimiter="\t", quoting=csv.QUOTE_NONE))
        self.assertGreater(len(rows), 55)
        wrong = [(file, want, got) for file, _, want, got, *_ in rows if not accepted(want, got)]
        self.assertEqual(wrong, [])


def accepted(want, got):
    """The manifest's words against the final statuses that came: "200|404|401", "any final != 400", "no reply", "400|liberal"."""
    finals = {int(status) for status in re.findall(r"(\d{3})\(", got)} - {100}
    if want.startswith("no reply"):
        return not finals
    if want.startswith("any final != 400"):
        return bool(finals) and 400 not in finals
    if "liberal" in want:
        return True
    allowed = {int(status) for status in re.findall(r"\b\d{3}(?!\d)", want)}
    return bool(finals) and finals <= allowed
