"""Rows of one person leave the files of a line; each file is replaced whole, or stays as it was.

Every function is repeatable and finds by itself what is left, so whoever is killed at any place
begins again. Totals stay: hourly sums of requests and clicks, and counts by item or category, hold no
person; only rows that name one go.
"""

import html
import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from threading import get_ident
from typing import NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from slipway.data.parts import read_file
from slipway.domain.errors import BadInput

USER, REQUEST = "user", "request_id"
ERASED = "[erased]"
LONG_ENOUGH = 6
"""Characters of an id that is looked for as a word of its own in pages; a shorter one may be any number."""

Report = Callable[[str], None]


class Holding(NamedTuple):
    """A Parquet file that holds rows to erase; ``rows`` of them, requested between two times."""

    path: Path
    rows: int
    first: datetime | None = None
    last: datetime | None = None


def log_files(home: Path, line: str, kind: str) -> Iterator[tuple[str, list[Path]]]:
    """Parts of the log by day, oldest first."""
    for day in sorted((home / "log" / kind / f"line={line}").glob("date=*")):
        yield day.name.removeprefix("date="), sorted(day.glob("hour=*/[!.]*.parquet"))


def holding(files: Sequence[Path], column: str, wanted: pa.Array) -> Iterator[Holding]:
    """Which of ``files`` have a value of ``wanted`` in ``column``; others are not read further.

    Raises BadInput for a file that cannot be read: who is in it cannot be known.
    """
    for path in files:
        try:
            with pa.OSFile(str(path)) as opened:
                there = _mask(pq.ParquetFile(opened), column, wanted)
            if there is None or not (rows := pc.sum(there).as_py() or 0):
                continue
            yield Holding(path, rows, *_span(path, there))
        except FileNotFoundError:
            continue  # retention took it meanwhile
        except (pa.ArrowException, OSError) as error:
            raise BadInput(
                f"file {path}",
                found=str(error).splitlines()[0],
                expected="a whole Parquet file",
                next_step="restore it or move it out of the home, then say the same command again",
            ) from error


def _mask(file: pq.ParquetFile, column: str, wanted: pa.Array) -> pa.ChunkedArray | None:
    if column not in file.schema_arrow.names:
        return None
    values = file.read(columns=[column])[column]
    return pc.is_in(values, value_set=wanted.cast(values.type))


def _span(path: Path, there: pa.ChunkedArray) -> tuple[datetime | None, datetime | None]:
    if "requested_at" not in pq.read_schema(path).names:
        return None, None
    times = read_file(path, ["requested_at"])["requested_at"].filter(there)
    found = pc.min_max(times).as_py()
    return found["min"], found["max"]


def requests_of(path: Path, user: pa.Array) -> list[str]:
    """Ids of a person's requests in one part."""
    rows = read_file(path, [USER, REQUEST])
    found: list[str] = pc.unique(rows[REQUEST].filter(pc.is_in(rows[USER], user))).to_pylist()
    return found


def without(path: Path, column: str, wanted: pa.Array) -> pa.Table:
    """The table of a file without the rows to erase."""
    table = read_file(path)
    return table.filter(
        pc.invert(pc.is_in(table[column], value_set=wanted.cast(table[column].type)))
    )


def replace(path: Path, table: pa.Table) -> None:
    """Write ``table`` in the place of a file, all or nothing, and on disk before this returns.

    A file without a row stays as one: a segment that is sealed again would else bring it back.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}.draft")
    strings = [item.name for item in table.schema if pa.types.is_string(item.type)]
    try:
        with draft.open("wb") as file:
            pq.write_table(table, file, compression="zstd", use_dictionary=strings)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def journal_without(text: bytes, user: str, requests: Collection[str]) -> tuple[bytes, int]:
    """The lines of a segment that was set aside without a person's, and how many rows went.

    A line that cannot be read goes where the person's id stands in it.
    """
    kept, gone = [], 0
    named = orjson.dumps(user)
    for line in text.split(b"\n"):
        try:
            body = orjson.loads(line)
            rows = body.get("rows") if isinstance(body, dict) else None
            whose = isinstance(body, dict) and body.get(USER) == user
        except orjson.JSONDecodeError:
            rows, whose = None, named in line
        if whose:
            gone += 1
            continue
        if isinstance(rows, list):
            others = [
                row
                for row in rows
                if not (isinstance(row, list) and row[:1] and row[0] in requests)
            ]
            gone += len(rows) - len(others)
            line = orjson.dumps(body | {"rows": others}) if len(others) < len(rows) else line  # noqa: PLW2901 - the same line with fewer rows
        kept.append(line)
    return b"\n".join(kept), gone


def pages(home: Path, line: str) -> Iterator[Path]:
    """Pages and findings of a line's runs, which may show rows of the log as examples."""
    work = home / "work" / line
    yield from sorted(
        {
            *work.rglob("validation/*.html"),
            *work.rglob("evidence/*.html"),
            *work.rglob("stopped.json"),
            *(home / "datadocs" / line).rglob("*.html"),
            *(home / "datadocs" / line).rglob("*.json"),
            *(home / "snapshots" / line).glob("[!.]*.validation.json"),
        }
    )


def words_without(path: Path, user: str) -> str | None:
    """The text of a page with the person's id blotted out; None where it does not stand there.

    A short id is only known where it stands as ``user=…``: alone it may be any number. In JSON, which
    programs read, that is so of every id.
    """
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    forms = {user, html.escape(user), html.escape(user, quote=False), json.dumps(user)[1:-1]}
    clean = text
    for form in sorted(forms, key=len, reverse=True):
        said = re.escape(form)
        clean = re.sub(rf"(?<=\buser=){said}(?![\w.@-])", ERASED, clean)
        if len(user) >= LONG_ENOUGH and path.suffix == ".html":
            clean = re.sub(rf"(?<![\w.@-]){said}(?![\w.@-])", ERASED, clean)
    return None if clean == text else clean


def replace_text(path: Path, text: str) -> None:
    """Write ``text`` in the place of a page, all or nothing."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}.draft")
    draft.write_text(text, encoding="utf-8", errors="surrogateescape")
    draft.replace(path)


__all__ = [
    "Holding",
    "holding",
    "journal_without",
    "log_files",
    "pages",
    "replace",
    "replace_text",
    "requests_of",
    "without",
    "words_without",
]
