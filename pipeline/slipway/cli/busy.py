"""A sign of life on the terminal for every command that takes longer than two seconds."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

AFTER_S = 2.0
"""Wall seconds after which a command says that it is still at work."""

OWN_DISPLAY = frozenset(("airflow", "audit", "demo", "import-posts", "up"))
"""Commands that show by themselves what they do."""
ASKS = frozenset(("reopen", "withdraw"))
"""Commands that may ask for a password, beside which nothing may move."""


@contextmanager
def sign_of_life(command: str | None, *, after_s: float = AFTER_S) -> Iterator[None]:
    """Show on stderr, where that is a terminal, what is at work and for how long; gone at the end.

    What the command prints meanwhile stands above it; what it writes into a pipe is left alone.
    """
    console = Console(stderr=True)
    if command is None or command in OWN_DISPLAY | ASKS or not console.is_terminal:
        yield
        return
    ended = threading.Event()
    watcher = threading.Thread(target=_tell, args=(console, command, after_s, ended), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _tell(console: Console, command: str, after_s: float, ended: threading.Event) -> None:
    began = time.monotonic()
    if ended.wait(after_s):
        return
    from rich.live import Live
    from rich.spinner import Spinner

    spinner = Spinner("dots")
    with Live(spinner, console=console, transient=True, redirect_stdout=sys.stdout.isatty()):
        while not ended.wait(0.5):
            spent = time.monotonic() - began
            spinner.update(text=f"slipway {escape(command)} is at work for {spent:.0f} s")
