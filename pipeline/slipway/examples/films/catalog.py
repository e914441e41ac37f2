"""What is known of a film before anybody is shown it: the columns of the catalogue."""

import pyarrow as pa

from slipway.data.schema import TIME

CATALOG = pa.schema(
    [
        pa.field("item", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("genre", pa.int16(), nullable=False),  # a code of the line's genres
        pa.field("released_at", TIME, nullable=False),
        pa.field("editors_pick", pa.bool_(), nullable=False),
    ]
)
