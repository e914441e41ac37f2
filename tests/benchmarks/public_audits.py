"""Audits of the public tables of :mod:`public_tables`: plain and soft leaks found, clean columns accused.

``python tests/benchmarks/public_audits.py FOLDER work|last|fresh|third [--beside CHECKOUT]``, FOLDER as ``public_tables.py`` (or, of
the fresh ones, ``public_tables_fresh.py``) wrote it.
A leak is asked about where its column is among the first three questions of the page: those of the columns that stand
first without being accused. Goals on the last: plain 95 %, soft 40 % found or asked, clean accused at most .5 %.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from public_tables import PUBLIC, Public, written
from public_tables_fresh import FRESH
from public_tables_third import THIRD

AUDITS = """
import importlib, json, sys
from pathlib import Path
audit = importlib.import_module(sys.argv[1]).audit
for name, path, label, time, group in json.loads(sys.stdin.read()):
    try:
        found = audit(Path(path), label=label, time=(time,) if time else (), group=group)
    except Exception as error:
        print(json.dumps([name, [], [], [], {}, str(error)]), flush=True)
        continue
    asked = [f.column for f in found.findings if f.column and f.column not in found.accused]
    said = {f.column: f"{f.grade.name}: {f.evidence}" for f in reversed(found.findings)}
    asked = list(dict.fromkeys(asked))[:3]
    print(json.dumps([name, list(found.accused), asked, list(found.powers), said, ""]), flush=True)
"""
HALVES = {"work": PUBLIC[::2], "last": PUBLIC[1::2], "fresh": FRESH, "third": THIRD}


class Count:
    """Plain, soft and clean columns, and how many of them were found, asked about or accused."""

    def __init__(self) -> None:
        self.plain = self.soft = self.asked = self.false = self.plains = self.softs = (
            self.cleans
        ) = 0

    def add(self, table: Public, accused: list[str], asked: list[str], columns: list[str]) -> str:
        """Count one table; what went wrong, in words."""
        known = {*table.plain, *table.soft, *table.unsure}
        clean = [c for c in (*columns, "") if c not in known]
        self.plains += len(table.plain)
        self.softs += len(table.soft)
        self.cleans += len(clean)
        self.plain += sum(c in accused for c in table.plain)
        self.soft += sum(c in accused for c in table.soft)
        self.asked += sum(c in asked for c in table.soft)
        false = [c or "the table" for c in clean if c in accused]
        self.false += len(false)
        missed = [c for c in (*table.plain, *table.soft) if c not in {*accused, *asked}]
        return f"missed {', '.join(missed) or '-'}; falsely {', '.join(false) or '-'}"

    def said(self) -> str:
        """The figures in one line."""
        return (
            f"plain {self.plain}/{self.plains}, soft {self.soft} found and {self.asked} asked of {self.softs},"
            f" clean accused {self.false}/{self.cleans} ({self.false / max(self.cleans, 1):.1%})"
        )


class AuditAnswer(NamedTuple):
    """Accused columns, first questions, all columns and what was said of a table; why it was refused."""

    name: str
    accused: list[str]
    asked: list[str]
    columns: list[str]
    said: dict[str, str]
    refused: str


def audited(
    module: str, tables: Sequence[Public], folder: Path, root: Path
) -> Iterator[AuditAnswer]:
    """The tables one by one, in a process of their own with ``root`` on its path."""
    todo = [(t.name, str(written(t, folder)), t.label, t.time, t.group) for t in tables]
    with subprocess.Popen(
        [sys.executable, "-c", AUDITS, module],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(root / "pipeline"), str(root)))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(json.dumps(todo))
        running.stdin.close()
        yield from (AuditAnswer(*json.loads(line)) for line in running.stdout)


def main() -> None:
    """Audit one half of the tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("half", choices=HALVES)
    asked.add_argument("--beside", type=Path, help="an older checkout")
    asked.add_argument("--only", default="", help="tables, with commas between them")
    asked.add_argument("--alone", action="store_true", help="the older checkout alone")
    given = asked.parse_args()
    runs = {} if given.alone else {"audit": ("slipway.audit.run", Path(__file__).parents[2])}
    if given.beside:
        runs[f"audit of {given.beside.name}"] = ("pipeline.audit.run", given.beside)
    for name, (module, root) in runs.items():
        count = Count()
        asked_of = given.only.split(",") if given.only else [t.name for t in HALVES[given.half]]
        tables = {t.name: t for t in HALVES[given.half] if t.name in asked_of}
        for told in audited(module, list(tables.values()), given.folder, root):
            wrong = count.add(tables[told.name], told.accused, told.asked, told.columns)
            print(f"{name}: {told.name}: {told.refused or wrong}", flush=True)
            for column, words in told.said.items():
                print(f"    {column or 'the table'} {words}")
        print(f"{name}: {count.said()}", flush=True)


if __name__ == "__main__":
    main()
