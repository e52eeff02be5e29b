"""./dev call: one real call from a headless phone (baresip), with what was heard kept as a WAV file.

Keys: 0-9 * # A-D are pressed one after the other once the call is up, 0.4 s apart; w waits one second.  --keys w3ww0

Exit code: 0 answered, and ended by us as told · 1 refused, or nobody answered · 2 wrong usage · 3 nothing runs there ·
4 the far side ended the call before we did · 5 the phone did not start · 130 interrupted.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from rig.phone import Phone
from rig.process import interrupt_on_sigterm
from rig.site import kReady, kRoot, split_address
from rig.wait import Late

kAnswerSeconds = 60
kKeyGap = 0.4


class Ended(Exception):
    """The call took another course than told. arguments: exit code, words."""


def parse():
    parser = argparse.ArgumentParser(prog="./dev call", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", help="whom to call: 95000")
    parser.add_argument("--from", dest="caller", default="13800000001", metavar="N", help="our number; an agent's own (8001) is challenged")
    parser.add_argument("--password", help="for an agent's number (default: the sample site's demo-N)")
    parser.add_argument("--keys", default="", metavar="K")
    parser.add_argument("--talk", type=float, default=5, metavar="S", help="seconds to stay after the last key (default 5)")
    parser.add_argument("--play", metavar="WAV", help="what we say")
    parser.add_argument("--out", metavar="WAV", help="where what we heard goes")
    parser.add_argument("--data", default=str(kRoot / "var"), metavar="DIR", help="the running site's data folder (default var/)")
    parser.add_argument("--to", metavar="HOST:PORT", help="another SIP server than the one that runs in DIR")
    arguments = parser.parse_args()
    if bad := set(arguments.keys.upper()) - set("0123456789*#ABCDW"):
        parser.error(f"--keys: {''.join(sorted(bad))} is no key")
    if arguments.play and not pathlib.Path(arguments.play).is_file():
        parser.error(f"--play: there is no file {arguments.play}")
    return arguments


def server_of(arguments):
    if arguments.to:
        return split_address(arguments.to)
    try:
        return split_address(kReady.match((pathlib.Path(arguments.data) / "ready").read_text().strip())[1])
    except (OSError, TypeError):
        raise Ended(3, f"nothing runs in {arguments.data}: ./dev up --data {arguments.data}, or say --to HOST:PORT") from None


def speakable(play, folder):
    """Any WAV that sox reads, as the phone wants it."""
    if not play:
        return None
    target = folder / "play.wav"
    done = subprocess.run(["sox", play, "-r", "8000", "-c", "1", "-b", "16", str(target)], capture_output=True, text=True)
    if done.returncode:
        raise Ended(2, f"--play: {done.stderr.strip()}")
    return target


def wait_or_closed(phone, seconds, since):
    """Stays for so long; Ended when the far side hangs up meanwhile."""
    try:
        closed = phone.wait("CALL_CLOSED", seconds, since)
    except Late:
        return
    raise Ended(4, f"the far side ended the call early ({closed.get('param') or 'BYE'})")


def place(phone, arguments):
    since = phone.mark()
    phone.dial(arguments.number)
    deadline = time.monotonic() + kAnswerSeconds
    while not any(e["type"] == "CALL_ESTABLISHED" for e in phone.events[since:]):
        closed = next((e for e in phone.events[since:] if e["type"] == "CALL_CLOSED"), None)
        if closed:
            raise Ended(1, f"not answered: {closed.get('param')}")
        if time.monotonic() > deadline:
            phone.hangup()
            raise Ended(1, f"nobody answered within {kAnswerSeconds} s")
        time.sleep(0.02)
    print(f"answered by {arguments.number}", flush=True)
    wait_or_closed(phone, kKeyGap, since)
    for key in arguments.keys.upper():
        if key == "W":
            wait_or_closed(phone, 1, since)
        else:
            phone.key(key)
            wait_or_closed(phone, kKeyGap, since)
    wait_or_closed(phone, arguments.talk, since)
    phone.hangup()
    phone.wait("CALL_CLOSED", 5, since)


def keep(phone, out):
    heard = phone.heard()
    if not out:
        return
    if not heard:
        raise Ended(4, "nothing was heard")
    shutil.copyfile(heard[-1], out)
    print(f"heard: {out}")


def main():
    arguments = parse()
    interrupt_on_sigterm()
    password = arguments.password or f"demo-{arguments.caller}"
    with tempfile.TemporaryDirectory(prefix="hotline-call-") as folder:
        folder = pathlib.Path(folder)
        try:
            server = server_of(arguments)
            play = speakable(arguments.play, folder)
            try:
                phone = Phone(arguments.caller, server, folder / "phone", play=play, login=password)
            except (OSError, Late) as error:
                raise Ended(5, f"the phone did not start: {error}") from None
            with phone:
                try:
                    place(phone, arguments)
                finally:
                    if phone.count("CALL_ESTABLISHED"):
                        keep(phone, arguments.out)
        except Ended as ended:
            print(f"dev: {ended.args[1]}", file=sys.stderr)
            return ended.args[0]
    print("ended as told")
    return 0


try:
    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)
