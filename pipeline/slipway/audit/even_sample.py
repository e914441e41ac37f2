"""Which rows of a long table are looked at, as a condition in SQL."""

from typing import Any


def even_sample(
    con: Any,  # DuckDB is untyped
    table: str,
    group: str,
    rows: int,
    most_rows: int,
) -> str:
    """An even share of the ``rows`` of ``table``, about ``most_rows``, by their number ``__row``.

    With ``group``, a column in SQL: the groups of lowest hash that hold so many rows, whole, and at least one.
    """
    if rows <= most_rows:
        return "true"
    if not group:
        return f"__row % {-(-rows // most_rows)} = 0"
    key = f"hash({group})"
    per_group = f"SELECT {key} AS h, count(*) AS n FROM {table} GROUP BY h"
    running = f"SELECT h, sum(n) OVER (ORDER BY h) AS so_far FROM ({per_group})"
    highest = f"SELECT coalesce(max(h) FILTER (so_far <= {most_rows}), min(h)) FROM ({running})"
    return f"{key} <= {con.execute(highest).fetchall()[0][0]}"
