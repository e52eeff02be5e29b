"""Lookups that hang for a minute in PostgreSQL: what do other calls hear of it?

One caller listens to a long prompt; each packet's arrival is held against the beat of 20 ms by the kernel's stamp. First alone, then while hundreds of
others' lookups hang and end in their time-out. Yardstick: the time alone, in the same run.
"""
import json
import sys
import time

from bench import cores
from bench import centre as centres
from bench.centre import Centre, kPhones, make_site
from bench.listener import Listener
from bench.report import Report, options
from bench.tones import add_tones

kFrameNs = 20_000_000
kMoreMs = 1.0
kTimeOut = 2  # of the lookup, in seconds


def hanging(folder, agents):
    """The sample site with a menu that says a long tone, and whose key 1 asks a query that sleeps."""
    site = make_site(folder, agents)
    add_tones(site)
    (site / "queries" / "hang.sql").write_text("select pg_sleep(60) as step")
    (site / "ivr" / "main.json").write_text(json.dumps({"start": "main", "nodes": {
        "main": {"type": "menu", "greeting": ["low"], "on_invalid": "bye", "on_no_input": "bye", "max_no_input": 1,
                 "keys": {"1": {"what": "hang", "goto": "hang"}}},
        "hang": {"type": "lookup", "query": "hang", "timeout_s": kTimeOut, "found": "bye", "nothing": "bye", "failed": "late"},
        "late": {"type": "play", "prompts": ["no_answer"], "counts": {"what": "late"}, "goto": "bye"},
        "bye": {"type": "hangup"}}}))
    return site


def hear(caller, seconds):
    """→ ns beyond the beat of each packet that came meanwhile, the earliest of them at 0; the beat is the stream's own timestamps."""
    until_ns, times = time.time_ns() + int(seconds * 1e9), []
    while time.time_ns() < until_ns:
        at, timestamp, _ = caller.packet()
        times.append((at, timestamp))
    first = times[0][1]
    late = [at - (timestamp - first) % 2**32 * kFrameNs // 160 for at, timestamp in times]
    return sorted(value - min(late) for value in late)


def main():
    chosen = options(__doc__.splitlines()[0], calls=(200, "calls whose lookups hang"), seconds=(20, "of listening, each time"))
    report = Report("lookup", f"{chosen.calls} calls ask a query that sleeps 60 s and end in its time-out ({kTimeOut} s) while one caller listens")
    centres.make_site = hanging
    with Centre(1, phones=False) as centre:
        cores.pin_self(cores.kLoadCore)
        with Listener(centre.site.sip, "13800000001") as listener:
            listener.call()
            hear(listener, 1)
            alone = hear(listener, chosen.seconds)
            run = centre.sipp(kPhones / "uac-key-then-bye.xml", keys={"caller": "13900000000", "name": "x", "key": "1"}, calls=chosen.calls,
                              rate=chosen.calls / (chosen.seconds / 2), seconds=chosen.seconds + 60)
            among = hear(listener, chosen.seconds)
            run.check()
            listener.hang_up()
        centre.at_rest()
        late = centre.site.db.value("select count(*) as n from report.self_service where what = 'late'")
        timeouts = centre.site.metric("ivr_lookup_timeouts_total")
    at = lambda values, share: values[min(int(share * len(values)), len(values) - 1)] / 1e6
    report.row("lookups that PostgreSQL let hang to their time-out", int(timeouts))
    report.row("calls that went on by its exit, those included whose turn did not come", late, "", chosen.calls, at_least=True)
    report.row("packets heard", len(among), "", yardstick=len(alone))
    report.row("beyond the beat, p50", at(among, 0.5), "ms", yardstick=at(alone, 0.5))
    report.row("beyond the beat, p99", at(among, 0.99), "ms", at(alone, 0.99) + kMoreMs, yardstick=at(alone, 0.99))
    report.row("beyond the beat, longest", at(among, 1), "ms", yardstick=at(alone, 1))
    return report.finish(chosen.json)


if __name__ == "__main__":
    sys.exit(main())
