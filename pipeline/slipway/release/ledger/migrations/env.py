"""What Alembic runs: the revisions, on the connection and in the transaction it was given."""

from alembic import context

from slipway.release.ledger.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
context.run_migrations()
