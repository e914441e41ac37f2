"""What can be wrong with a table's file and columns, each in one clear line."""

import re
from collections.abc import Mapping, Sequence

from slipway.domain.errors import BadInput

SHOWN = 12


def require(table: str, types: Mapping[str, str], wanted: Sequence[str]) -> None:
    """Raises BadInput where a wanted column is not there, or where rows have a field too many."""
    if len(types) == 1 and re.search(r"[,;\t|]", next(iter(types))):
        raise BadInput(
            f"table {table}",
            found=f"one column, {next(iter(types))!r}",
            expected="as many fields in every row as the header has",
            next_step="look for rows with a field too many, for example an unquoted comma",
        )
    there = f"{', '.join(list(types)[:SHOWN])}{', …' if len(types) > SHOWN else ''}"
    for name in wanted:
        if name not in types:
            raise BadInput(
                f"columns of {table}",
                found=there,
                expected=f"a table that has {name!r}",
                next_step="name label, time and group as the table does",
            )


def distinct(label: str, others: Mapping[str, Sequence[str]]) -> None:
    """Raises BadInput where the label has another role, too."""
    for role, names in others.items():
        if label in names:
            raise BadInput(
                f"label {label!r}",
                found=f"named as {role}, too",
                expected="a column of its own",
                next_step=f"name the outcome as label, and as {role} what is known before it",
            )


def unreadable(name: str, error: Exception) -> BadInput:
    """What DuckDB could not read, in one line."""
    said = str(error)
    if "unicode" in said.lower() or "utf-8" in said.lower():
        line = re.search(r"Line: (\d+)", said)
        return BadInput(
            f"table {name}",
            found=f"bytes that are not UTF-8{f' at line {line[1]}' if line else ''}",
            expected="UTF-8",
            next_step="convert it, for example with `iconv -f latin1 -t utf-8` (or -f utf-16)",
        )
    return BadInput(
        f"table {name}",
        found=" ".join(said.split("\n", maxsplit=1)[0].split())[:200],
        expected="a CSV (with header) or Parquet file that DuckDB reads",
        next_step="export the table again",
    )
