"""Waiting for something that will happen, never longer than a stated time."""
import time


class Late(AssertionError):
    """It did not happen in time."""


def until(what, condition, seconds=10.0, every=0.05):
    """Returns the first truthy result of `condition()`; raises Late after `seconds`. `what` completes "waited for …"."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise Late(f"waited {seconds:g} s for {what}; last seen: {result!r}")
        time.sleep(every)
