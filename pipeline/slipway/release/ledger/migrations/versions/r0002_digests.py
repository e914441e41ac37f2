"""Chain the rows by digests, and keep what a repair replaces; going down keeps the repairs."""

import sqlalchemy as sa
from alembic import op

from slipway.release.ledger.rows import LedgerRow

revision = "0002"
down_revision = "0001"

_COLUMNS = [name for name in LedgerRow.__dataclass_fields__ if name != "digest"]


def upgrade() -> None:
    """Add the digests of all rows as they stand now, and the table of repairs."""
    op.add_column("slipway_transitions", sa.Column("digest", sa.String(64)))
    op.create_table(
        "slipway_ledger_repairs",
        sa.Column("line", sa.String(200), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        if_not_exists=True,
    )
    _fill(op.get_bind())


def downgrade() -> None:
    """Drop the digests; the next way up makes them again."""
    op.drop_column("slipway_transitions", "digest")


def _fill(connection: sa.Connection) -> None:
    table = sa.table("slipway_transitions", *(sa.column(name) for name in [*_COLUMNS, "digest"]))
    query = sa.select(*(table.c[name] for name in _COLUMNS)).order_by(table.c.line, table.c.epoch)
    line, previous = None, None
    for values in connection.execute(query).all():
        row = LedgerRow(**dict(zip(_COLUMNS, values, strict=True)))
        row = row.after(previous if row.line == line else None)
        line, previous = row.line, row.digest
        place = (table.c.line == row.line) & (table.c.epoch == row.epoch)
        connection.execute(sa.update(table).where(place).values(digest=row.digest))
