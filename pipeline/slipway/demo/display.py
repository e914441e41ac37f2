"""The demo while it runs: what happened as lines that stay, how it stands in a few that move.

On a terminal the candidates stand in a small table below the lines, at whatever width there is. Where
nobody can rewrite a line (a pipe, a file, a CI log) the same facts are a line of their own each time
they change, and now and then while they do not.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

STILL_S = 20.0
"""Wall seconds after which a line says that it goes on, where no line can be rewritten."""

NARROW = 72
"""Columns below which the table leaves out what candidates wait for."""


class CandidateRow(NamedTuple):
    """One candidate: its name, version or "", where it stands, and what it waits for."""

    title: str
    version: str = ""
    stage: str = ""
    waits_for: str = ""


class Step(NamedTuple):
    """A part of the demo, and its usual share of the whole: wall seconds of an idle machine."""

    title: str
    usual_s: float


@dataclass
class Plan:
    """How far the demo is, from what its steps usually take; ``began`` is a monotonic second."""

    steps: Sequence[Step]
    began: float
    place: int = 0
    entered: float = 0.0

    def enter(self, title: str, now: float) -> None:
        """The step called ``title`` begins."""
        self.place = [step.title for step in self.steps].index(title)
        self.entered = now

    def left_s(self, now: float) -> float:
        """Wall seconds that are left if this machine goes on as it did so far."""
        done = sum(step.usual_s for step in self.steps[: self.place])
        here = self.steps[self.place].usual_s
        slower = max(1.0, (now - self.began) / (done + here))
        if done:
            slower = max(slower, (self.entered - self.began) / done)
        inside = min(0.9 * here, (now - self.entered) / slower)
        return slower * (sum(step.usual_s for step in self.steps[self.place :]) - inside)


def words(seconds: float) -> str:
    """A length of time for people.

    >>> words(200), words(20)
    ('3:20', '0:20')
    """
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02d}"


@dataclass
class DemoDisplay:
    """Shows a demo on ``console``; use it as a context manager around everything that prints."""

    console: Console
    plan: Plan
    head: str = ""
    rows: Sequence[CandidateRow] = ()
    _live: Live | None = field(default=None, repr=False)
    _last: tuple[object, ...] = ()
    _said: float = 0.0

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live = Live(
                self,
                console=self.console,
                refresh_per_second=2,
                transient=True,
                redirect_stdout=False,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()

    def say(self, text: RenderableType) -> None:
        """A line (or a table) that stays."""
        at = words(time.monotonic() - self.plan.began)
        if isinstance(text, str):
            self.console.print(f"[dim]{at:>5}[/] {text}", soft_wrap=True)
        else:
            self.console.print(text)
        self._said = time.monotonic()

    def show(self, head: str, rows: Sequence[CandidateRow]) -> None:
        """How it stands now."""
        self.head, self.rows = head, rows
        if self._live:
            return
        now = time.monotonic()
        facts = tuple((row.title, row.version, row.stage) for row in rows)
        if facts != self._last or now - self._said > STILL_S:
            self._last = facts
            self.say(f"[dim]{escape(self._status())}[/]")

    def _status(self) -> str:
        """The same facts in one line."""
        moving = "; ".join(
            f"{row.title}: {row.stage}{f', {row.waits_for}' if row.waits_for else ''}"
            for row in self.rows
            if row.waits_for
        )
        return " · ".join(part for part in (self._progress(), self.head, moving) if part)

    def _progress(self) -> str:
        left = self.plan.left_s(time.monotonic())
        return f"{self.plan.steps[self.plan.place].title}, about {words(left)} left"

    def __rich__(self) -> RenderableType:
        """The moving part."""
        spent = words(time.monotonic() - self.plan.began)
        table = Table.grid(padding=(0, 2), expand=True)
        wide = self.console.width >= NARROW
        for ratio in (3, 2, 4) if wide else (3, 2):
            table.add_column(ratio=ratio, no_wrap=True, overflow="ellipsis")
        for row in self.rows:
            version = f"version {row.version} " if row.version and wide else ""
            cells = (row.title, f"{version}{row.stage}", row.waits_for)
            table.add_row(*(escape(cell) for cell in (cells if wide else cells[:2])))
        lines = [Text(f"{spent} · {self._progress()}", no_wrap=True, overflow="ellipsis")]
        if self.head:
            lines.append(Text(self.head, style="dim", no_wrap=True, overflow="ellipsis"))
        return Group("", *lines, table)
