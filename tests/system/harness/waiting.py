# SPDX-License-Identifier: Apache-2.0
"""A test waits for a condition, never for a time."""
import time


def wait_until(condition, what, timeout=60, every=0.05):
    """Returns the condition's first true value; after `timeout` seconds fails and names what was waited for.

    `what` may be a function, asked at the end for what was seen last.
    """
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {timeout} s still not: {what() if callable(what) else what}")
        time.sleep(every)


def holds_for(seconds, condition, what, every=0.1):
    """The condition is true now and at each look for so long: for what must not happen."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition(), f"no longer: {what}"
        time.sleep(every)
