"""Errors that say what was wrong, what was found, what was expected and what to do next."""

from typing import ClassVar


class SlipwayError(Exception):
    """One clear line for a person: what, found, expected, next step.

    >>> print(SlipwayError("canary.margin", found=2.0, expected="in (0, 1)",
    ...                    next_step="write 0.02 for 2 %"))
    canary.margin == 2.0, must be in (0, 1): write 0.02 for 2 %
    """

    retryable: ClassVar[bool] = False
    """Whether the same try may succeed a little later, with nothing changed by hand."""

    def __init__(self, what: str, *, found: object, expected: str, next_step: str) -> None:
        super().__init__(f"{what} == {found!r}, must be {expected}: {next_step}")
        self.what = what
        self.found = found
        self.expected = expected
        self.next_step = next_step


class BadConfig(SlipwayError):
    """A knob, recipe or line was declared wrongly."""


class BadInput(SlipwayError):
    """A request, row or file does not fit its declared schema."""


class UnknownReference(SlipwayError):
    """A well-formed request names a line, request, item or version that is not known."""


class LogIncomplete(SlipwayError):
    """Rows that arrived before the cut are not yet readable; try again later."""

    retryable = True


class NotEligible(SlipwayError):
    """The run may not touch live traffic (backfill, cleared, or an old interval)."""


class LedgerConflict(SlipwayError):
    """Another writer already took this step of the release."""

    retryable = True


class LedgerUnavailable(SlipwayError):
    """The ledger's database did not answer; try again later."""

    retryable = True


class LedgerNewer(SlipwayError):
    """A newer Slipway wrote the ledger: it is read, returned from, and not promoted on."""


class LedgerDamaged(SlipwayError):
    """The ledger is not what it was: it is read, returned from, and not promoted on."""

    retryable = True  # a candidate waits for the repair rather than miss its week


class ApprovalRefused(SlipwayError):
    """A review was forged, stale, repeated, self-made or malformed."""


class NotComputable(SlipwayError):
    """A measurement is undefined on these numbers; never a verdict."""


class ValidationFailed(SlipwayError):
    """Data did not meet its expectations; nothing downstream may run.

    What was found and expected are sentences here, of the expectation that was not met.

    >>> print(ValidationFailed("column position", found="set by the ranking itself",
    ...                        expected="every input is known at inference",
    ...                        next_step="leave it out"))
    column position: set by the ranking itself; expected: every input is known at inference; leave it out
    """

    def __str__(self) -> str:
        return f"{self.what}: {self.found}; expected: {self.expected}; {self.next_step}"


class NotReproducible(SlipwayError):
    """What must be a function of rows, code, lock and recipe was not; nothing was kept."""


class PartUnseen(SlipwayError):
    """A part of a release is silent, and its silence says nothing: an alarm, not a verdict."""
