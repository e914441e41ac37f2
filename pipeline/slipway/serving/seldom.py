"""A log that callers cannot fill: what they can cause at will is said seldom."""

import logging
import time

EVERY_S = 60.0
"""Wall seconds in which one message about a caller is said once; how often it came is said with the next."""
_OF_CALLERS = frozenset(
    ("Invalid HTTP request received.", "Unsupported upgrade request.", "a request failed")
)


class Seldom(logging.Filter):
    """Lets one message about callers through a minute, and all others."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is to be said."""
        text = str(record.msg)
        if text not in _OF_CALLERS:
            return True
        at, times = self._said.get(text, (0.0, 0))
        now = time.monotonic()
        if at and now - at < EVERY_S:
            self._said[text] = (at, times + 1)
            return False
        if times:
            record.msg = f"{text} (and {times} times since the last)"
        self._said[text] = (now, 0)
        return True
