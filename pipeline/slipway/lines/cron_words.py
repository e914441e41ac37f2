"""When a line is retrained, in words: nobody has to read a cron expression."""

from cron_descriptor import Options, get_description


def when(cron: str, zone: str) -> str:
    """The times that a cron expression names.

    >>> when("0 6 * * 1", "UTC")
    'at 06:00, only on Monday (UTC)'
    """
    found = str(get_description(cron, Options(locale_code="en_US", use_24hour_time_format=True)))
    return f"{found[:1].lower()}{found[1:]} ({zone})"
