"""How the guard says no: one sentence and a 4xx status."""

from slipway.domain.errors import SlipwayError

BAD, FORBIDDEN, CONFLICT = 400, 403, 409


class Refused(SlipwayError):
    """A write that the guard did not let through; ``status`` is the HTTP status of the answer."""

    def __init__(
        self, status: int, what: str, *, found: object, expected: str, next_step: str
    ) -> None:
        super().__init__(what, found=found, expected=expected, next_step=next_step)
        self.status = status


def forbidden(what: str, *, found: object, expected: str, next_step: str) -> Refused:
    """The caller may not do this at all."""
    return Refused(FORBIDDEN, what, found=found, expected=expected, next_step=next_step)


def malformed(what: str, *, found: object, expected: str, next_step: str) -> Refused:
    """The request cannot be understood or names other evidence than there is."""
    return Refused(BAD, what, found=found, expected=expected, next_step=next_step)


def too_late(what: str, *, found: object, expected: str, next_step: str) -> Refused:
    """The registry is already in another state."""
    return Refused(CONFLICT, what, found=found, expected=expected, next_step=next_step)
