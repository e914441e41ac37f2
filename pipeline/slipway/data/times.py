"""Times as the log counts them, for whoever needs no table: microseconds since 1970, hours of UTC."""

from datetime import UTC, datetime, timedelta

from slipway.domain.errors import BadInput

GRACE = timedelta(minutes=10)
"""How long after its hour a request may reach the log and still count as arrived."""
HOUR = timedelta(hours=1)
HOUR_US = 3_600_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Microseconds since 1970 of an aware datetime, exact; raises BadInput for a naive one."""
    if at.tzinfo is None:
        raise BadInput(
            "time",
            found=at.isoformat(),
            expected="a time with its zone",
            next_step="pass UTC datetimes",
        )
    return (at - EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """The UTC datetime of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=value)


def floor_hour(at: datetime) -> datetime:
    """The start of the UTC hour of ``at``."""
    return from_micros(micros(at) // HOUR_US * HOUR_US)
