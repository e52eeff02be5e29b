"""Queue calls a second on one core, and what a call costs, beside a bare nta back-to-back program under the same SIPp load.

A call: one second in the menu with its prompt, key 0, an agent who answers at once, one second of talk without sound from either side, BYE, its
record in PostgreSQL. The daemon has one core; SIPp and PostgreSQL share the other.
"""
import subprocess
import sys
import time

from bench import cores
from bench.centre import Centre
from bench.report import Report, options
from rig.site import kRoot

kCallsASecond = 300
kFailed = 0.001
kRate = 306          # a little more than must come through: SIPp starts slowly
kCpuMs = 2.5
kNtaMs = 0.64        # the bare program's on the machine for which the bars were set …
kTimesNta = kCpuMs / kNtaMs             # … so that both can be held against this machine, whatever it is
kCoresOfNta = kCallsASecond * kNtaMs / 1e3  # the core's part that the bare program would need for as many calls
kPromptPackets = 45  # of 50 in a second: fewer, and the bench would measure a menu that says nothing
kStep = 100          # of the search for the highest rate, upwards
kStepDown = 0.93     # … and downwards, where calls fail at the first rate
kLowest = 100
kStepSeconds = 10
kCallSeconds = 2  # one in the menu, one of talk
kNta = kRoot / "build" / "release" / "tests" / "bench_nta_b2b"


def main():
    chosen = options(__doc__.splitlines()[0], rate=(kRate, "calls a second"), seconds=(40, "of that rate"),
                     agents=(1200, "registered agents"), limit=(220, "seconds, after which no higher rate is tried"))
    report = Report("calls", f"{chosen.rate} queue calls a second for {chosen.seconds} s; daemon on core {cores.kDaemonCore}, "
                    f"SIPp and PostgreSQL on core {cores.kLoadCore}")
    end = time.monotonic() + chosen.limit
    with Centre(chosen.agents) as centre:
        base = Step(centre, "130", chosen.rate, chosen.seconds)
        report_base(report, base)
        report_records(report, base)
        nta = yardstick(centre, chosen.rate, chosen.seconds // 2)
        base.count_cpu(centre)  # again: meanwhile the SIP stack has let go of its transactions
        report_cpu(report, base, nta)
        report_highest(report, centre, base, nta, end)
    return report.finish(chosen.json)


# ── One rate ──

class Step:
    """A rate for some seconds, until the last call's record is in the store."""

    def __init__(self, centre, prefix, rate, seconds):
        self.prefix, self.rate, self.calls = prefix, rate, int(rate * seconds)
        self.before = before = centre.cpu()
        packets = centre.site.metric("rtp_packets_out_total")
        run = centre.callers(prefix, rate, self.calls)
        began = time.monotonic()
        self.caller_cores = follow(run.process)
        self.placing_s = time.monotonic() - began - kCallSeconds  # the last call is placed so long before the end
        ended = centre.cpu()
        self.daemon_cores, self.phone_cores, self.database_cores = (
            (ended[who] - before[who]) / (ended["at"] - before["at"]) for who in ("daemon", "phones", "database"))
        centre.at_rest()
        self.tally, self.words = run.tally(), run.words()
        self.records = records_of(centre, self)
        self.packets = (centre.site.metric("rtp_packets_out_total") - packets) / max(self.tally.ok, 1)
        self.count_cpu(centre)

    def count_cpu(self, centre):
        """The daemon's since the step began, a call's part of it, and of its threads."""
        now, done = centre.cpu(), max(self.tally.ok, 1)
        self.cpu_ms = 1e3 * (now["daemon"] - self.before["daemon"]) / done
        self.shares = {name: 1e3 * (used - self.before["threads"].get(name, 0)) / done for name, used in now["threads"].items()}

    @property
    def failed(self):
        """Of all calls, those that SIPp did not see through to the end, or that no agent answered before the caller had talked."""
        return (self.calls - min(self.tally.ok, self.records["answered"])) / self.calls

    def missing_or_twice(self):
        """Each call that SIPp saw through stands in report.call once."""
        return max(0, self.tally.ok - self.records["calls"]) + self.records["records"] - self.records["calls"]

    def load_cores(self):
        return self.caller_cores + self.phone_cores + self.database_cores


def follow(process):
    """Until it has ended. → the cores that it kept busy, on average."""
    began, used = time.monotonic(), 0.0
    while process.poll() is None:
        try:
            used = cores.cpu_of_process(process.pid)
        except OSError:
            break
        time.sleep(0.2)
    process.wait()
    return used / (time.monotonic() - began)


def yardstick(centre, rate, seconds):
    """→ CPU ms a call of the bare program: the same callers, the same phones, nothing between."""
    if not kNta.exists():
        return None
    with subprocess.Popen([str(kNta), "127.0.0.1", str(centre.phones.port)], stdout=subprocess.PIPE, text=True) as program:
        try:
            port = int(program.stdout.readline().split()[1])
            cores.pin(program.pid, cores.kDaemonCore)
            before = cores.cpu_of_process(program.pid)
            run = centre.callers("131", rate, int(rate * seconds), target=("127.0.0.1", port))
            run.process.wait(seconds + 70)
            used, done = cores.cpu_of_process(program.pid) - before, run.tally().ok
            if not done:
                raise AssertionError(f"bench_nta_b2b served no call: {run.words()}")
            return 1e3 * used / done
        finally:
            program.terminate()


# ── What it says ──

def report_base(report, base):
    achieved = base.tally.ok / base.placing_s
    report.row("calls a second, one core", achieved, "calls/s", kCallsASecond, at_least=True)
    report.row("failed", 100 * base.failed, "%", 100 * kFailed)
    report.row("messages that SIPp sent again", base.tally.repeats)
    report.row("RTP packets of the prompt a call", base.packets, "", kPromptPackets, at_least=True)
    report.row("daemon's core in use", 100 * base.daemon_cores, "%")
    report.row("load's core in use: SIPp callers", 100 * base.caller_cores, "%")
    report.row("… SIPp phones", 100 * base.phone_cores, "%")
    report.row("… PostgreSQL", 100 * base.database_cores, "%")
    if base.failed:
        report.note(f"SIPp: {base.words[-400:]}")


def report_cpu(report, base, nta):
    if nta is None:
        raise AssertionError("bench_nta_b2b is not built: there is no yardstick (./dev build release bench_nta_b2b)")
    report.row("CPU of the daemon a call", base.cpu_ms, "ms", kCpuMs, yardstick=nta)
    report.row("… times the bare program's", base.cpu_ms / nta, "", kTimesNta)
    names = {"control": "control (SIP, calls, queues)", "business": "business (store)", "hl-journal": "journal's sync"}
    media = sum(ms for name, ms in base.shares.items() if name.startswith("media-") and name != "media-disk")
    report.row("  its share: media", media, "ms")
    report.row("  its share: recordings' disk", base.shares.get("media-disk", 0), "ms")
    for name, ms in sorted(base.shares.items(), key=lambda item: -item[1]):
        if not name.startswith("media-") and ms >= 0.005:
            report.row(f"  its share: {names.get(name, name)}", ms, "ms")


def records_of(centre, step):
    return centre.site.db.row(f"""
        select count(*) as records, count(distinct call_id) as calls, count(*) filter (where outcome = 'answered') as answered,
               avg(ivr_ms)::float as ivr, avg(talk_ms)::float as talk, count(recording) as recorded,
               percentile_cont(0.5) within group (order by wait_ms) as wait50, percentile_cont(0.99) within group (order by wait_ms) as wait99
        from report.call where caller like '{step.prefix}%'""")


def report_records(report, base):
    row = base.records
    report.row("records of calls, missing or twice", base.missing_or_twice(), "", 0)
    report.row("calls without a recording", base.tally.ok - row["recorded"], "", 0)
    report.row("in the menu, mean", row["ivr"], "ms")
    report.row("key to answer, p50", row["wait50"], "ms")
    report.row("key to answer, p99", row["wait99"], "ms")
    report.row("talk, mean", row["talk"], "ms")


def report_highest(report, centre, base, nta, end):
    """Steps upwards, until calls fail, a core is full, or the time is over; downwards until none fails, where the first rate was too high."""
    upwards = base.failed <= kFailed
    best, why, rate, prefix, amiss = base.rate if upwards else 0, "", base.rate, 132, 0
    while not why:
        rate = rate + kStep if upwards else round(rate * kStepDown)
        if time.monotonic() + kStepSeconds + 10 > end or rate < kLowest:
            why = "the bench's time was over"
            break
        step = Step(centre, str(prefix), rate, kStepSeconds)
        prefix += 1
        amiss += step.missing_or_twice()
        fine = step.failed <= kFailed
        best = rate if fine else best
        if fine == upwards:
            continue
        why = (f"at {rate}/s {100 * step.failed:.2f} % fail; cores in use: daemon {100 * step.daemon_cores:.0f} %, "
               f"load {100 * step.load_cores():.0f} %")
    report.row("highest rate without failures", best, "calls/s")
    report.row("… in cores of the bare program at that rate", best * nta / 1e3, "", kCoresOfNta, at_least=True)
    report.row("records missing or twice at all rates above the first", amiss, "", 0)
    report.note(f"highest rate: {why}")


if __name__ == "__main__":
    sys.exit(main())
