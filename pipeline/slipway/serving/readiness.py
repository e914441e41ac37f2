"""Whether a worker can answer: for each of its lines, and as a whole."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slipway.serving.alarms import Alarm

READY = "ready"

_FOLDERS = re.compile(r"(?<![\w~])/(?:[^/\s'\"]+/)+")


def public(reason: str) -> str:
    """The reason without the folders in it: a caller need not know where files are, the log says it.

    >>> public("ImportError: no x (/srv/teams/news/line.py, line 3)")
    'ImportError: no x (line.py, line 3)'
    """
    return _FOLDERS.sub("", reason)


@dataclass(frozen=True, slots=True)
class Readiness:
    """``reasons`` say for each line what keeps it from answering, None where nothing does.

    Pages say them as :func:`public`. ``strangers`` are tables of the policy file that are of no
    line here, each with what is wrong: they keep no line from answering.

    The whole is ready while any line can answer: a line that cannot is no reason to take the traffic
    of the others away.
    """

    reasons: Mapping[str, str | None]
    draining: bool = False
    alarms: Mapping[str, Sequence[Alarm]] = field(default_factory=dict)
    strangers: Mapping[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str | None:
        """What keeps the worker from answering anything."""
        if self.draining:
            return "shutting down"
        if not self.reasons:
            return "no line with requests is declared"
        if None in self.reasons.values():
            return None
        return "; ".join(public(str(reason)) for reason in self.reasons.values())

    def of(self, line: str) -> str | None:
        """What keeps ``line`` from answering; raises KeyError for one that is not served."""
        reason = self.reasons[line]
        if self.draining:
            return "shutting down"
        return None if reason is None else public(reason)

    def to_dict(self) -> dict[str, object]:
        """The page of a worker that is ready: red lines with their reason, blind ones with their alarms."""
        return {
            "status": READY,
            "lines": {
                **{name: public(fault) for name, fault in self.strangers.items()},
                **{name: self.of(name) or READY for name in self.reasons},
            },
            "alarms": {name: [each.text for each in found] for name, found in self.alarms.items()},
        }
