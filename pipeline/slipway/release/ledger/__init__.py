"""The ledger: rows in a chain, the tables they stand in, what can be wrong with them and its repair."""

from slipway.release.ledger.ledger import Ledger
from slipway.release.ledger.rows import takes_away

__all__ = ["Ledger", "takes_away"]
