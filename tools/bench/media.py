"""What a bridged call costs without and with recording, beside a bare relay of the same packets in the same run (tests/bench/media.cpp)."""
import json
import subprocess
import sys
import tempfile

from bench.report import Report, options
from rig.site import kRoot

kProgram = kRoot / "build" / "release" / "tests" / "bench_media"
kRatios = {"bridge": ("bridged", 1.5), "record": ("bridged and recorded", 2.0)}
kAddedDelayMs = 2.0


def main():
    chosen = options(__doc__.splitlines()[0], calls=(200, "calls at a time"), seconds=(10, "of each way, each round"), rounds=(3, "rounds; medians are told"))
    report = Report("media", f"{chosen.calls} calls of G.711 between two phones each; yardstick: epoll, recvmmsg and sendmmsg over as many sockets")
    found = measure(chosen)
    bare = found["relay"]
    for mode, (name, ratio) in kRatios.items():
        one = found[mode]
        report.row(f"{name}: CPU a call and second", one["ms_per_call_second"], "ms", yardstick=bare["ms_per_call_second"])
        report.row(f"{name}: CPU a packet, times the yardstick's", one["ratio"], "", ratio)
        report.row(f"{name}: packets lost", one["lost"], "", 0, yardstick=bare["lost"])
        report.row(f"{name}: delay, p99", one["p99_us"] / 1e3, "ms", kAddedDelayMs + bare["p99_us"] / 1e3, yardstick=bare["p99_us"] / 1e3)
        report.row(f"{name}: delay, p50", one["p50_us"] / 1e3, "ms", yardstick=bare["p50_us"] / 1e3)
        report.row(f"{name}: memory a call", one["kb_per_call"], "kB")
    report.row("opening, recording and closing a call", found["churn_ms_per_call"], "ms")
    return report.finish(chosen.json)


def measure(chosen):
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        subprocess.run([str(kProgram), "--calls", str(chosen.calls), "--seconds", str(chosen.seconds), "--rounds", str(chosen.rounds), "--json",
                        file.name], check=True, timeout=600, stdout=subprocess.DEVNULL)
        return json.load(file)


if __name__ == "__main__":
    sys.exit(main())
