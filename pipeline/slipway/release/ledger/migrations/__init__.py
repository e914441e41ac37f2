"""The ledger's tables, version by version, for Alembic.

Each version holds a frozen copy of the tables as they were then, alike as they look to
:mod:`slipway.release.ledger.tables`: what a later version changes must not change what an earlier one made.
"""
