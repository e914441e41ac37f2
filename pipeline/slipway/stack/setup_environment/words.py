"""What pip says, said to a person: one line of progress, or one line of what to do next."""

import re
import shutil
import time
from pathlib import Path
from typing import TextIO

from slipway.domain.errors import SlipwayError
from slipway.stack.setup_environment.packages import canonical

LINE_EVERY_S = 10.0
"""Seconds between two lines where none can be rewritten."""

SHOWN = {
    "environment": "making the environment",
    "fetching": "reading the lock",
    "finding": "looking for {}",
    "downloading": "downloading {}",
    "reading": "reading {}",
    "silent": "no byte of {}: still waiting; stop with Ctrl-C",
    "waiting": "the package index does not answer; tries left: {}",
    "installing": "installing {}",
    "compiling": "compiling",
    "project": "installing slipway itself",
}

URGENT = {"silent", "waiting"}
"""Kinds of work that take long and look like a fault to who does not know."""

DULL = {"fetching", "compiling"}
"""Kinds of work that name no package: others are shown before them."""

PIP_SAYS = re.compile(
    r"""^Collecting\ (?P<finding>[\w.-]+)
    |^Processing\ \S*/(?P<reading>[^-\s]+)
    |^\s+Downloading\ (?:\S*/)?(?P<downloading>\S+\ \(.*\))
    |^Installing\ collected\ packages:\ (?P<installing>.+)
    |^.*Retrying\ \(Retry\(total=(?P<waiting>\d+)""",
    re.MULTILINE | re.VERBOSE,
)

AGAIN = "then run the same command again, it goes on from here"
OTHER = "use another Python: make PYTHON=/path/to/python3.11"
NO_SPACE = ("about 3 GB free for a new environment", f"free some, {AGAIN}")
NETWORK = ("reachable", f"check network, proxy and pip's configuration, {AGAIN}")

INNERMOST = r""".*?[:('"] ?([^:()'"]+)(?: \([^)]*\))?['")]*"""
"""What errors within errors come down to: the last words, without what stands in brackets."""

REASONS = (
    (r"(No space left on device|Disk quota exceeded)", "disk", "{0}", *NO_SPACE),
    (
        r"DO NOT MATCH THE HASHES(?s:.*?)^ {4}(\S+).*:\n(?s:.*?)Got +(\w+)",
        "hash of {0}",
        "{1}",
        "one of those in requirements.lock",
        "the file was changed or cut on its way; try again, and if it stays ask who serves it",
    ),
    (
        r"Permission denied: '([^']+)'",
        "{0}",
        "not writable",
        "yours",
        "delete the environment's folder as its owner",
    ),
    (rf"Retrying \(.* connection broken by {INNERMOST}: /", "package index", "{0}", *NETWORK),
    (rf"Could not fetch URL .*\(Caused by {INNERMOST} - skip", "package index", "{0}", *NETWORK),
    (r"Could not fetch URL \S+ (.*?) for url", "package index", "{0}", *NETWORK),
    (r"^\S*(?:Timeout|Protocol|IncompleteRead)\w*: (.*)", "package index", "{0}", *NETWORK),
    (r"HTTP error (\d+) while getting", "package index", "HTTP error {0}", *NETWORK),
    (
        r"No matching distribution found for (\S+)",
        "wheel of {0}",
        "none for this Python and system",
        "one that is ready, as source is not built here",
        f"check pip's configuration, or {OTHER}",
    ),
)
"""Patterns in the words of a child that failed, and the four parts of the line they become."""


class Failed(SlipwayError):
    """A part of the set-up ended with an error."""


class Display:
    """One line that is rewritten on a terminal, and a new one now and then in a file."""

    def __init__(self, out: TextIO) -> None:
        self.out, self.last, self.width = out, 0.0, 0

    def show(self, text: str, *, now: bool = False) -> None:
        """Say where the set-up is; ``now`` is for what nobody should miss."""
        if self.out.isatty():
            text = text[: shutil.get_terminal_size().columns - 1]
            self.out.write(f"\r{text:<{self.width}}")
            self.width = len(text)
        elif now or time.monotonic() - self.last >= LINE_EVERY_S:
            self.out.write(f"{text}\n")
            self.last = time.monotonic()
        self.out.flush()

    def say(self, text: str) -> None:
        """A line that stays."""
        self.end_line()
        self.out.write(f"{text}\n")
        self.out.flush()

    def end_line(self) -> None:
        """Leave the line that was rewritten."""
        self.out.write(f"\r{'':<{self.width}}\r" if self.width else "")
        self.out.flush()
        self.width = 0


def doing(text: str, there: set[str]) -> tuple[str, str]:
    r"""The kind of work that pip's words end with, and the package.

    >>> doing("Collecting a==1\n  Downloading a-1.0-py3-none-any.whl (2 kB)\n", set())
    ('downloading', 'a 1.0 (2 kB)')
    >>> doing("Installing collected packages: a, b_c, d\n", {"a"})
    ('installing', 'b-c')
    """
    kind, what = "fetching", ""
    for match in PIP_SAYS.finditer(text):
        kind = match.lastgroup or kind
        what = match[kind]
    if kind == "downloading":
        what = re.sub(r"-(\d[^-\s]*?)(-\S*|\.tar\S*|\.zip)? ", r" \1 ", what, count=1)
    elif kind == "installing":
        names = [canonical(name) for name in what.split(", ")]
        what = next((name for name in names if name not in there), names[-1])
    return kind, what


def why(log: Path, code: int, *, full: bool = False) -> Failed:
    """The one line that a child's words come down to; a ``full`` disk may have cut them."""
    text = "No space left on device" if full else log.read_text(errors="replace")
    for pattern, what, found, expected, next_step in REASONS:
        if match := re.search(pattern, text, re.MULTILINE):
            return Failed(
                what.format(*match.groups()),
                found=found.format(*match.groups()),
                expected=expected,
                next_step=f"{next_step}; see {log}",
            )
    said = [line for line in text.splitlines() if line.strip()] or [f"ended with code {code}"]
    last = [line for line in said if line.startswith("ERROR: ")] or said
    return Failed(
        "set-up",
        found=last[-1][:200],
        expected="without error",
        next_step=f"read {log}, {AGAIN}",
    )
