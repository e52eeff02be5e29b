"""What a decision who takes whom costs, with 10,000 callers waiting (tests/bench/acd.cpp)."""
import json
import subprocess
import sys
import tempfile

from bench import cores
from bench.report import Report, options
from rig.site import kRoot

kProgram = kRoot / "build" / "release" / "tests" / "bench_acd"
kBytes = 1024
kDaySeconds = 5


def main():
    chosen = options(__doc__.splitlines()[0])
    report = Report("acd", "a decision with 10,000 callers waiting and 2,000 agents in 50 skill groups")
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        subprocess.run([str(kProgram), "--json", file.name], check=True, timeout=300, stdout=subprocess.DEVNULL,
                       preexec_fn=lambda: cores.pin_self(cores.kDaemonCore))
        found = json.load(file)
    plain, *rows = found["rows"]
    report.note(f"{plain['name']}: every caller looked at, as a queue without an index does")
    for row in rows:
        report.row(f"{row['name']}, p50", row["p50_us"], "µs", yardstick=plain["p50_us"])
        report.row(f"{row['name']}, p99", row["p99_us"], "µs", row["target_p99_us"], yardstick=plain["p99_us"])
    report.row("memory of a waiting caller with three who know him", found["bytes_per_waiting_caller"], "bytes", kBytes)
    report.row("a simulated day of 20,000 calls, 200 agents", found["simulated_day_s"], "s", kDaySeconds)
    return report.finish(chosen.json)


if __name__ == "__main__":
    sys.exit(main())
