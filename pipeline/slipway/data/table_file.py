"""A team's table in a file, CSV or Parquet, read with the types that are declared; nothing is guessed."""

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from slipway.domain.errors import BadInput, UnknownReference

SUFFIXES = (".csv", ".csv.gz", ".parquet")


def read(path: Path, schema: pa.Schema, *, optional: Collection[str] = ()) -> pa.Table:
    """The columns of ``schema`` (those in ``optional`` where they are there); others are left out.

    In a CSV file a word stays a word (``007``), an empty field is missing, and a time has its zone. Raises
    UnknownReference for no such file, BadInput for one that is no such table.
    """
    if not path.is_file():
        raise UnknownReference("table", found=str(path), expected="an existing file",
                               next_step="name the file itself")  # fmt: skip
    if not path.name.endswith(SUFFIXES):
        raise _bad(path, path.name, f"a file that ends with {', '.join(SUFFIXES)}")
    try:
        table = _parquet(path) if path.suffix == ".parquet" else _csv(path, schema)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _bad(path, str(error).splitlines()[0], "a table of the declared types") from error
    lacking = [n for n in schema.names if n not in table.column_names and n not in optional]
    if lacking:
        raise _bad(path, f"no column {', '.join(lacking)}", f"columns {', '.join(schema.names)}")
    if not table.num_rows:
        raise _bad(path, "no row", "one or more")
    wanted = [field for field in schema if field.name in table.column_names]
    columns = [_typed(path, field, table[field.name]) for field in wanted]
    return pa.table(columns, schema=pa.schema(wanted))


def _csv(path: Path, schema: pa.Schema) -> pa.Table:
    types = {field.name: field.type for field in schema}
    return pc.read_csv(
        path,
        parse_options=pc.ParseOptions(newlines_in_values=True),
        convert_options=pc.ConvertOptions(column_types=types, strings_can_be_null=True),
    )


def _parquet(path: Path) -> pa.Table:
    return pq.read_table(path)


def _typed(path: Path, field: pa.Field, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The values as declared; raises BadInput where they would have to be read into another meaning."""
    given, types = values.type, pa.types
    if types.is_dictionary(given):
        given = given.value_type
    if types.is_timestamp(field.type):
        fits, expected = types.is_timestamp(given) and given.tz is not None, "times with their zone"
    elif types.is_string(field.type):
        words = types.is_string(given) or types.is_large_string(given)
        fits, expected = words or types.is_integer(given), "words"
    else:
        fits = types.is_integer(given) or types.is_floating(given) or types.is_decimal(given)
        expected = "whole numbers" if types.is_integer(field.type) else "numbers"
    try:
        if fits or types.is_null(given):
            return values.cast(field.type)
    except pa.ArrowException as error:
        raise _bad(path, f"{field.name}: {str(error).splitlines()[0]}", expected) from error
    raise _bad(path, f"{field.name} of type {given}", expected)


def _bad(path: Path, found: str, expected: str) -> BadInput:
    return BadInput(f"table {path}", found=found, expected=expected,
                    next_step="correct the table; nothing was written")  # fmt: skip
