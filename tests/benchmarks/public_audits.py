"""Audits of the public tables of :mod:`public_tables`: plain and soft leaks found, clean columns accused.

``python tests/benchmarks/public_audits.py FOLDER work|last|fresh [--beside CHECKOUT]``, FOLDER as ``public_tables.py`` (or, of
the fresh ones, ``public_tables_fresh.py``) wrote it.
A leak is asked about where its column is among the first three questions of the page: those of the columns that stand
first without being accused. Goals on the last: plain 95 %, soft 40 % found or asked, clean accused at most .5 %.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from public_tables import PUBLIC, Public, written
from public_tables_fresh import FRESH

AUDIT = """
import importlib, json, sys
from pathlib import Path
module, path, label, time, group = sys.argv[1:]
found = importlib.import_module(module).audit(
    Path(path), label=label, time=(time,) if time else (), group=group
)
asked = [f.column for f in found.findings if f.column not in found.accused]
said = {f.column: f"{f.grade.name}: {f.evidence}" for f in reversed(found.findings)}
print(json.dumps([list(found.accused), list(dict.fromkeys(asked))[:3], list(found.powers), said]))
"""
HALVES = {"work": PUBLIC[::2], "last": PUBLIC[1::2], "fresh": FRESH}


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


def audited(module: str, table: Public, folder: Path, root: Path) -> list[object] | None:
    """Accused columns, first questions, all columns and what was said; None where the table was refused."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            AUDIT,
            module,
            str(written(table, folder)),
            table.label,
            table.time,
            table.group,
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(root / "pipeline"), str(root)))},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(f"  {table.name}: {done.stderr.splitlines()[-1]}")  # a script's result
        return None
    found: list[object] = json.loads(done.stdout.splitlines()[-1])
    return found


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
        for table in HALVES[given.half]:
            if given.only and table.name not in given.only.split(","):
                continue
            found = audited(module, table, given.folder, root)
            accused, questions, columns, said = found or ([], [], [], {})
            wrong = count.add(table, accused, questions, columns)  # type: ignore[arg-type]
            print(f"{name}: {table.name}: {wrong}", flush=True)
            for column, words in said.items():  # type: ignore[attr-defined]
                print(f"    {column or 'the table'} {words}")
        print(f"{name}: {count.said()}", flush=True)


if __name__ == "__main__":
    main()
