"""The rows of one person in everything that is kept of one line."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa

from slipway.data import erasing, erasures, parts, set_aside, snapshot_erasing
from slipway.data.erasing import REQUEST, USER
from slipway.data.erasures import Erasure
from slipway.domain.in_words import counted
from slipway.domain.json_value import Json
from slipway.domain.line import Line
from slipway.steps import evidence_store, rollup_arrays, watch_sums_store

COUNTED = ("features", "rollups")
"""Folders of what was counted of the log, with a row for each user."""
Report = Callable[[str], None]


def tables(home: Path, line: str, kind: str) -> list[Path]:
    """Parquet files of a line, without those that are being written."""
    if kind in {parts.EXPOSURES_KIND, parts.OUTCOMES_KIND}:
        return [path for _, day in erasing.log_files(home, line, kind) for path in day]
    root = home / kind / line
    found = sorted(root.rglob("[!.]*.parquet"))
    return [path for path in found if not _hidden(path.relative_to(root))]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


class LineErasure:
    """The erasure of one person from one line."""

    def __init__(self, home: Path, line: Line, user: str, erasure: Erasure, report: Report) -> None:
        self.home, self.line, self.user, self.erasure = home, line, user, erasure
        self.wanted = pa.array([user], pa.string())
        self.rows: Counter[str] = Counter()
        self._report = report

    def run(self) -> Counter[str]:
        """Erase; returns the rows that were erased, by what they were of."""
        shown, requests = self._shown()
        if requests:
            self._outcomes(requests)
        self._set_aside(requests)
        self._counted()
        for each in shown:
            self.rows["exposures"] += each.rows
            erasing.replace(each.path, erasing.without(each.path, USER, self.wanted))
        self._counted()
        return self.rows

    def since(self, started: datetime) -> int:
        """Rows of the person that arrived while this ran; the next erasure takes them."""
        recent = parts.paths(
            self.home,
            self.line,
            parts.EXPOSURES_KIND,
            started,
            datetime.max.replace(tzinfo=UTC),
        )
        files = [Path(path) for path in recent]
        return sum(each.rows for each in erasing.holding(files, USER, self.wanted))

    def _say(self, what: str, done: int, of: int) -> None:
        self._report(f"{self.line.name}: {what}, {done} of {of}")

    def _changed(self, kind: str, path: Path, rows: int, **facts: Json) -> None:
        what = str(path.relative_to(self.home))
        said = {"line": self.line.name, "kind": kind, "what": what, "rows": rows, **facts}
        erasures.changed(self.erasure, **said)

    def _shown(self) -> tuple[list[erasing.Holding], list[str]]:
        """Parts with the person's exposures, written down before anything changes, and the requests."""
        days = list(erasing.log_files(self.home, self.line.name, parts.EXPOSURES_KIND))
        found: list[erasing.Holding] = []
        requests: list[str] = []
        for place, (_, files) in enumerate(days, start=1):
            self._say("days of the log looked through", place, len(days))
            for each in erasing.holding(files, USER, self.wanted):
                assert each.first is not None
                assert each.last is not None
                times = {"first": each.first.isoformat(), "last": each.last.isoformat()}
                self._changed("exposures", each.path, each.rows, **times)
                requests += erasing.requests_of(each.path, self.wanted)
                found.append(each)
        return found, requests

    def _outcomes(self, requests: list[str]) -> None:
        wanted = pa.array(requests, pa.string())
        days = list(erasing.log_files(self.home, self.line.name, parts.OUTCOMES_KIND))
        for place, (_, files) in enumerate(days, start=1):
            self._say("days of outcomes looked through", place, len(days))
            for each in erasing.holding(files, REQUEST, wanted):
                self._changed("outcomes", each.path, each.rows)
                self.rows["outcomes"] += each.rows
                erasing.replace(each.path, erasing.without(each.path, REQUEST, wanted))

    def _set_aside(self, requests: list[str]) -> None:
        """Segments that could not be read wait for a person, and somebody may stand in them."""
        for path in sorted(set_aside.folder(self.home, self.line).glob("*.jsonl")):
            text, rows = erasing.journal_without(path.read_bytes(), self.user, set(requests))
            if rows:
                self._changed("journal", path, rows)
                self.rows["journal"] += rows
                erasing.replace_text(path, text.decode(errors="surrogateescape"))

    def _counted(self) -> None:
        """Feature tables, users' sums, training tables, evidence and pages."""
        for kind in COUNTED:
            files = tables(self.home, self.line.name, kind)
            self._report(f"{self.line.name}: {counted(len(files), 'file')} of {kind}")
            for each in erasing.holding(files, USER, self.wanted):
                self._changed(kind, each.path, each.rows)
                self.rows[kind] += each.rows
                erasing.replace(each.path, erasing.without(each.path, USER, self.wanted))
        self._snapshots()
        key = rollup_arrays.keys_of(pd.DataFrame({"user": [self.user]}))[0]
        for path in evidence_store.forget(self.line, key):
            self._changed("evidence", path, 1)
            self.rows["evidence"] += 1
        for path in watch_sums_store.forget(self.line):
            self._changed("evidence", path, 1)
        for path in erasing.pages(self.home, self.line.name):
            if (text := erasing.words_without(path, self.user)) is not None:
                self._changed("pages", path, 1)
                self.rows["pages"] += 1
                erasing.replace_text(path, text)

    def _snapshots(self) -> None:
        files = tables(self.home, self.line.name, "snapshots")
        self._report(f"{self.line.name}: {counted(len(files), 'file')} of snapshots")
        for each in erasing.holding(files, USER, self.wanted):
            if not each.path.with_suffix(".json").exists():  # killed while it was frozen
                erasing.replace(each.path, erasing.without(each.path, USER, self.wanted))
                continue
            was, now, table = snapshot_erasing.without_rows(each.path, USER, self.wanted)
            self._changed("snapshots", each.path, each.rows, was=was.digest, **{"is": now.digest})
            self.rows["snapshots"] += each.rows
            snapshot_erasing.rewrite(now, table)
