"""``healthy.py URL [PART]``: exit 0 when the URL answers 200 and, if asked, the part is healthy.

The standard library alone: a container asks this every few seconds, so it must start fast.
"""

import json
import sys
import urllib.request

TIMEOUT_S = 10


def healthy(url: str, part: str | None = None) -> bool:
    """Whether ``url`` answers and calls ``part`` (a key of Airflow's health report) healthy."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - our own URL
            body = answer.read()
    except OSError:  # refused, reset, timed out, or an error status
        return False
    if part is None:
        return True
    found = json.loads(body).get(part, {})
    return found.get("status") == "healthy"


if __name__ == "__main__":
    sys.exit(0 if healthy(*sys.argv[1:]) else 1)
