"""A key in a menu: how long until the next prompt is heard, while hundreds of others are in menus?

The menu's two halves are long tones of different pitch, and key 1 leads from each to the other. The clock runs from the leaving of the first packet
with the end bit of the key's telephone-event to the arrival of the first packet of the other tone, by the kernel's stamp. The daemon takes a key when
it begins (RFC 4733 leaves that to the receiver), so the time from the first packet is told, too. Yardstick: the same caller alone in the house, in the
same run.
"""
import itertools
import json
import sys
import time

from bench import centre as centres
from bench import cores
from bench.centre import Centre, kScenarios, make_site
from bench.listener import Listener
from bench.report import Report, options
from bench.tones import add_tones, is_tone, kToneSeconds, kTones
from rig.wait import until

kP99Ms = 40.0
kBetween = 0.21  # seconds between keys; no multiple of a frame, so that keys come at all moments of one
kJoinRate = 50


def with_tones(folder, agents):
    """The sample site with a menu of two tones."""
    site = make_site(folder, agents)
    add_tones(site)
    menu = lambda name, other: {"type": "menu", "greeting": [name], "on_invalid": "bye", "on_no_input": "bye", "max_no_input": 1,
                                "keys": {"1": {"what": other, "goto": other}}}
    (site / "ivr" / "main.json").write_text(json.dumps({"start": "low", "nodes": {
        "low": menu("low", "high"), "high": menu("high", "low"), "bye": {"type": "hangup"}}}))
    return site


def press_keys(caller, keys):
    """→ sorted ms to the next prompt: from each key's first packet, and from its end."""
    since_first, since_end = [], []
    hear(caller, kTones["low"])
    for hz, _ in zip(itertools.cycle((kTones["high"], kTones["low"])), range(keys)):
        began, ended = caller.press("1")
        heard = hear(caller, hz)
        since_first.append((heard - began) / 1e6)
        since_end.append((heard - ended) / 1e6)
        deadline = time.monotonic() + kBetween
        while time.monotonic() < deadline:
            caller.packet()
    if keys % 2:  # back to where it began
        caller.press("1")
        hear(caller, kTones["low"])
    return sorted(since_first), sorted(since_end)


def hear(caller, hz):
    """→ when the first packet of this tone came; those of before are passed over."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        at, _, payload = caller.packet()
        if is_tone(payload, hz):
            return at
    raise AssertionError(f"no tone of {hz} Hz within five seconds")


def main():
    chosen = options(__doc__.splitlines()[0], calls=(500, "other calls in menus"), keys=(500, "keys pressed, each time"))
    report = Report("menu", f"{chosen.keys} keys of one caller, {chosen.calls} others in menus: end bit of the key → first packet of the next prompt")
    centres.make_site = with_tones
    with Centre(1, {"media.rtp_silence_s": kToneSeconds}, phones=False) as centre:
        cores.pin_self(cores.kLoadCore)
        with Listener(centre.site.sip, "13800000001") as caller:
            caller.call()
            alone = press_keys(caller, chosen.keys)
            others = centre.sipp(kScenarios / "uac-waits.xml", keys={"prefix": "140", "key": "1"}, calls=chosen.calls, rate=kJoinRate,
                                 seconds=kToneSeconds)
            until(f"{chosen.calls} calls in menus", lambda: centre.site.metric("calls") == chosen.calls + 1, chosen.calls / kJoinRate + 30)
            before = centre.cpu()
            among = press_keys(caller, chosen.keys)
            after = centre.cpu()
            held = int(centre.site.metric("calls")) - 1
            caller.hang_up()
        others.stop()
    at = lambda values, share: values[min(int(share * len(values)), len(values) - 1)]
    for what, busy, quiet, bar in (("end of the key", among[1], alone[1], kP99Ms), ("its first packet", among[0], alone[0], None)):
        for name, share in (("p50", 0.5), ("p99", 0.99), ("longest", 1)):
            report.row(f"{what} → prompt, {name}", at(busy, share), "ms", bar if name == "p99" else None, yardstick=at(quiet, share))
    report.row("other calls in menus when it was over", held, "", chosen.calls, at_least=True)
    report.row("daemon's core in use", 100 * (after["daemon"] - before["daemon"]) / (after["at"] - before["at"]), "%")
    return report.finish(chosen.json)


if __name__ == "__main__":
    sys.exit(main())
