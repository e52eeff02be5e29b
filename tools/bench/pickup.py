"""An agent becomes free with hundreds of callers waiting: how long until the INVITE of the next one is at his phone, and is it the right one?

Yardstick: the daemon's answer to an OPTIONS of the same phone, between the same calls, by the same clock. The agent hangs up; the clock runs from his BYE's leaving to the INVITE's arrival by the kernel's stamp. As many callers as he serves join behind, so
that the number of those who wait stays.
"""
import sys
import time

from bench import cores
from bench.centre import Centre, kScenarios, number, password
from bench.raw_phone import RawPhone
from bench.report import Report, options
from rig.wait import until

kP99Ms = 10.0
kJoinRate = 100  # callers a second, so that each joins the queue in a tick of his own; as many may be in the menu
kTalkSeconds = 0.01


def main():
    chosen = options(__doc__.splitlines()[0], waiting=(500, "callers who wait"), rounds=(2000, "times that the agent becomes free"))
    report = Report("pickup", f"an agent becomes free {chosen.rounds} times with {chosen.waiting} callers waiting → INVITE at his phone; daemon on core "
                    f"{cores.kDaemonCore}, everything else on core {cores.kLoadCore}")
    with Centre(1, phones=False) as centre:
        callers = centre.sipp(kScenarios / "uac-waits.xml", keys={"prefix": "140", "key": "0"}, calls=10 ** 9, rate=kJoinRate,
                              limit=chosen.waiting + kJoinRate, seconds=3600)
        until(f"{chosen.waiting} callers waiting", lambda: waiting(centre) >= chosen.waiting, chosen.waiting / kJoinRate + 30)
        phone = RawPhone(number(0), password(0), centre.site.sip)
        cores.pin_self(cores.kLoadCore)
        before = centre.cpu()
        phone.register()
        times, echoes, served = serve(phone, chosen.rounds)
        after = centre.cpu()
        report_times(report, times, echoes)
        report.row("waiting when it was over", waiting(centre))
        report.row("daemon's core in use (music for all included)", 100 * (after["daemon"] - before["daemon"]) / (after["at"] - before["at"]), "%")
        callers.stop()
        phone.close()
        report.row("calls out of order", out_of_order(centre, served), "", 0)
    return report.finish(chosen.json)


def waiting(centre):
    return int(centre.site.metric('queue_waiting{queue="service"}'))


def serve(phone, rounds):
    """→ (ms from each BYE to the next INVITE, ms from each OPTIONS to its answer, the callers' numbers in the order in which they came)."""
    times, echoes, served, left = [], [], [], None
    while len(times) < rounds:
        invite = phone.next_call()
        if invite.caller() in served[-1:]:
            continue  # repeated: its 200 was late
        served.append(invite.caller())
        if left:
            times.append((invite.at - left) / 1e6)
        phone.answer(invite)
        time.sleep(kTalkSeconds)
        echoes.append(phone.echo_ms())
        left = phone.hang_up(invite)
    return sorted(times), sorted(echoes), served


def report_times(report, times, echoes):
    at = lambda values, share: values[min(int(share * len(values)), len(values) - 1)]
    report.row("free → INVITE, p50", at(times, 0.5), "ms", yardstick=at(echoes, 0.5))
    report.row("free → INVITE, p99", at(times, 0.99), "ms", kP99Ms, yardstick=at(echoes, 0.99))
    report.row("free → INVITE, longest", times[-1], "ms", yardstick=echoes[-1])


def out_of_order(centre, served):
    """Callers who were called up before one who had pressed his key earlier."""
    centre.stored()
    joined = {row["caller"]: place for place, row in enumerate(centre.site.db.rows(
        "select caller from report.menu_choice where key = '0' and caller like '140%' order by at"))}
    places = [joined[caller] for caller in served]
    return sum(1 for earlier, later in zip(places, places[1:]) if later < earlier)


if __name__ == "__main__":
    sys.exit(main())
