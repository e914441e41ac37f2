"""A copy of the verified rows outside of the ledger's database: what an edit or a restore is found by."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from filelock import FileLock

from slipway.release.ledger.check import Head
from slipway.release.ledger.rows import LedgerRow, RepairRecord, chained

_TAIL = 65_536


@dataclass(frozen=True, slots=True)
class CopiedLedger:
    """What a copy holds, as far as its own chain is whole; ``damage`` says where it is not."""

    rows: tuple[LedgerRow, ...] = ()
    repairs: tuple[RepairRecord, ...] = ()
    damage: str = ""


class VerifiedCopy:
    """The copy of one line's rows in ``folder``: one JSON object a line, only ever appended to.

    After each repair a new edition begins; earlier ones stay. A half-written last line is none.
    """

    def __init__(self, folder: Path, line: str) -> None:
        self._folder, self._name = folder, quote(line, safe="")

    @property
    def edition(self) -> int:
        """The number of repairs that the newest edition was made after."""
        pattern = re.compile(re.escape(self._name) + r"\.(\d+)\.jsonl")
        there = self._folder.iterdir() if self._folder.is_dir() else ()
        found = (pattern.fullmatch(path.name) for path in there)
        return max((int(match[1]) for match in found if match), default=0)

    def path(self, edition: int) -> Path:
        """Where an edition lies."""
        return self._folder / f"{self._name}.{edition}.jsonl"

    def head(self) -> Head | None:
        """The last row of the newest edition, and nothing before it: that is cheap."""
        path = self.path(self.edition)
        last = _last_line(path) if path.exists() else b""
        try:
            row = json.loads(last)["row"]
            return Head(int(row["epoch"]), str(row["digest"]))
        except (ValueError, TypeError, KeyError):
            return Head(0, "damaged") if last else None

    def load(self) -> CopiedLedger:
        """The newest edition, each row checked against its chain."""
        path = self.path(self.edition)
        rows: list[LedgerRow] = []
        repairs: list[RepairRecord] = []
        for number, text in enumerate(_whole_lines(path) if path.exists() else (), start=1):
            try:
                _take(json.loads(text), rows, repairs)
            except (ValueError, TypeError, KeyError) as error:
                damage = f"{path} line {number}: {error}"
                return CopiedLedger(tuple(rows), tuple(repairs), damage)
        return CopiedLedger(tuple(rows), tuple(repairs))

    def extend(self, rows: Sequence[LedgerRow], repairs: Sequence[RepairRecord]) -> None:
        """Append the rows after the head; ``rows`` were verified, with this head. Raises OSError.

        The first look after a repair begins its edition.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(self._folder / f"{self._name}.lock"):
            edition = self.edition
            if edition < len(repairs) or not self.path(edition).is_file():
                self._begin(len(repairs), rows, repairs)
                return
            seen = self.head()
            after = seen.epoch if seen else 0
            self._append(edition, [row for row in rows if row.epoch > after])

    def _begin(
        self, edition: int, rows: Iterable[LedgerRow], repairs: Iterable[RepairRecord]
    ) -> None:
        part = self.path(edition).with_suffix(".part")
        records = [json.dumps({"repair": record.to_dict()}, sort_keys=True) for record in repairs]
        _write(part, "".join(f"{record}\n" for record in records) + _lines(rows), os.O_TRUNC)
        part.replace(self.path(edition))

    def _append(self, edition: int, rows: Iterable[LedgerRow]) -> None:
        if text := _lines(rows):
            _write(self.path(edition), text, os.O_APPEND)


def _lines(rows: Iterable[LedgerRow]) -> str:
    return "".join(json.dumps({"row": row.to_dict()}, sort_keys=True) + "\n" for row in rows)


def _write(path: Path, text: str, how: int) -> None:
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | how, 0o600), "r+b") as file:
        file.truncate(_whole_length(file))  # half a line of a writer that was killed
        file.seek(0, os.SEEK_END)
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def _whole_length(file: BinaryIO) -> int:
    """Bytes up to the end of the last whole line."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _TAIL)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _last_line(path: Path) -> bytes:
    with path.open("rb") as file:
        end = start = _whole_length(file)
        text = b""
        while start > 0 and b"\n" not in text[:-1]:
            start = max(0, start - _TAIL)
            file.seek(start)
            text = file.read(end - start)
        return text[:-1].rpartition(b"\n")[2]


def _whole_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from (line for line in file if line.endswith(b"\n"))


def _take(item: dict[str, Any], rows: list[LedgerRow], repairs: list[RepairRecord]) -> None:
    """Add one line of a copy; raises ValueError where it is not what its digest was made of."""
    if "repair" in item:
        record = RepairRecord(**item["repair"])
        if record != record.after(repairs[-1].digest if repairs else None):
            raise ValueError(f"repair {record.number} is not what its digest was made of")
        repairs.append(record)
        return
    row = LedgerRow(**item["row"])
    if row.digest != chained(rows[-1].digest if rows else None, row):
        raise ValueError(f"epoch {row.epoch} is not what its digest was made of")
    rows.append(row)
