"""Writers that race for one line's ledger: every append once, in order, acknowledged or refused.

``python tests/benchmarks/ledger.py`` makes 10,000 appends with four writers on a PostgreSQL server of its
own, with psycopg; ``--driver psycopg2`` and ``--driver sqlite`` do it elsewhere. It ends with exit code 0
where there was no error, no gap, no double and a sound chain.
"""

import argparse
import json
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ledger_kit
import postgres_kit
from rich.console import Console
from rich.table import Table
from slipway.domain.errors import LedgerConflict
from slipway.release.ledger import Ledger
from slipway.release.ledger.check import Witness, ledger_faults

ACTOR = "writer {writer} step {number}"


@contextmanager
def database(driver: str) -> Iterator[str]:
    """The URL of an empty database."""
    if driver == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/ledger.db"
        return
    if why_not := postgres_kit.why_not():
        sys.exit(why_not)
    word = secrets.token_hex(16)
    with postgres_kit.empty_server(word) as port:
        yield f"postgresql+{driver}://postgres:{word}@127.0.0.1:{port}/postgres"


def write(url: str, writer: int, appends: int) -> None:
    """Append so many rows to one line, looking again after each that another writer took."""
    ledger, told = Ledger(url), ledger_kit.steps()[0]
    found = Counter[str]()
    for number in range(appends):
        while True:
            step = replace(
                told,
                epoch=ledger.last_epoch("feed") + 1,
                actor=ACTOR.format(writer=writer, number=number),
            )
            try:
                ledger.append(step)
            except LedgerConflict:
                found["conflicts"] += 1
                continue
            except Exception as error:  # noqa: BLE001 - counted: there must be none
                found["errors"] += 1
                print(f"writer {writer}: {error}", file=sys.stderr)  # a program
            else:
                found["acknowledged"] += 1
            break
    json.dump(found, sys.stdout)


def race(url: str, writers: int, appends: int) -> Counter[str]:
    """Let the writers run at once; what happened to them together."""
    each = [appends // writers + (place < appends % writers) for place in range(writers)]
    started = [
        subprocess.Popen(
            [sys.executable, __file__, "--write", url, str(place), str(number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for place, number in enumerate(each)
    ]
    found = Counter[str]()
    for process in started:
        out, _ = process.communicate()
        found += Counter(json.loads(out)) if process.returncode == 0 else Counter(errors=1)
    return found


def judge(url: str, writers: int, appends: int) -> Counter[str]:
    """What is wrong with the rows that stand there."""
    rows = Ledger(url).rows("feed")
    actors = Counter(row.actor for row in rows)
    return Counter(
        rows=len(rows),
        gaps=sum(row.epoch != place for place, row in enumerate(rows, start=1)),
        doubles=sum(times - 1 for times in actors.values()),
        lost=appends - len(actors),
        faults=len(ledger_faults("feed", rows, Witness())),
    )


def main() -> int:
    """Race, judge, and say it in one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driver", choices=("psycopg", "psycopg2", "sqlite"), default="psycopg")
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--appends", type=int, default=10_000)
    parser.add_argument("--write", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        url, writer, appends = options.write
        write(url, int(writer), int(appends))
        return 0
    with database(options.driver) as url:
        began = time.monotonic()
        found = race(url, options.writers, options.appends)
        took = time.monotonic() - began
        found += judge(url, options.writers, options.appends)
    names = ("acknowledged", "conflicts", "errors", "rows", "gaps", "doubles", "lost", "faults")
    table = Table("", *names, "wall s", title="appends to one line")
    said = [str(found[name]) for name in names]
    table.add_row(f"{options.driver}, {options.writers} writers", *said, f"{took:.0f}")
    Console(width=120).print(table)
    bad = sum(found[name] for name in ("errors", "gaps", "doubles", "lost", "faults"))
    return int(bad > 0 or found["acknowledged"] != options.appends)


if __name__ == "__main__":
    sys.exit(main())
