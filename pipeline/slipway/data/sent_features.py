"""Features of a line that counts nothing and has no tables: what the caller sends, and what follows of it."""

from datetime import UTC, datetime
from pathlib import Path

from slipway.data import catalog
from slipway.data.feature_table import FeatureTable
from slipway.data.groups import has_tables
from slipway.domain.errors import BadConfig
from slipway.domain.line import Line

NOTHING_COUNTED = datetime(1970, 1, 1, tzinfo=UTC)


class SentFeatures(FeatureTable):
    """A feature table without a table; raises BadConfig for a line with columns that need one."""

    def __init__(self, line: Line) -> None:
        if has_tables(line):
            raise BadConfig(
                f"{line.name}.columns",
                found="columns of entities, or of a time before",
                expected="what is sent, the clock, or a function of them",
                next_step="compute the line's feature table",
            )
        super().__init__(NOTHING_COUNTED, line, catalog.load_items(Path(), line), {})
