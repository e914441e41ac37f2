"""One check of a table on its own, as a checkpoint makes it: the leak that it finds."""

from slipway.domain.leak import Leak
from slipway.validation.scan import Scan


def find(check, table, *, shown=()):
    """The leak that ``check`` finds in ``table`` (Ibis, pandas or Arrow), or None."""
    scan = Scan(table, [check])
    found = scan.found(check)
    if found.success:
        return None
    examples = tuple(scan.examples(check, shown))
    return Leak(check.leak, check.subject, found.said, found.wrong, found.of, examples)
