"""Names against names: are the inputs sent, logged and known when a list is ranked?"""

from collections.abc import Mapping, Sequence

from slipway.domain.leak import Leak, LeakKind
from slipway.domain.line import Availability
from slipway.validation.input_checks import not_available


def decisions_among(inputs: Sequence[str], availability: Mapping[str, str]) -> tuple[Leak, ...]:
    """Inputs that the ranking itself sets, or that only the outcome brings.

    ``availability`` says of each declared column when it becomes known; an input that is not
    declared is a leak too, because nobody says when it is known.

    >>> [str(leak) for leak in decisions_among(["place"], {"place": "decision"})]
    ['place is set by the ranking itself: set by the ranking itself (decision)']
    """
    wrong = not_available(tuple(inputs), availability, tuple(inputs))
    return tuple(
        Leak(
            LeakKind.LATER if availability.get(name) == Availability.AFTER else LeakKind.DECISION,
            name,
            why,
        )
        for name, why in wrong.items()
    )


def absent_at_serving(
    inputs: Sequence[str],
    served: Sequence[str],
    *,
    sent: Sequence[str] = (),
    accepted: Sequence[str] = (),
    missing: Mapping[str, tuple[int, int]] | None = None,
) -> tuple[Leak, ...]:
    """Inputs that no request brings to the model.

    ``served`` are the columns of logged exposures. ``sent`` are inputs that callers send with their
    requests, ``accepted`` what the router's request schema takes. ``missing`` gives of each column
    the exposures without a value, and all of them: one that is never there is as good as absent.

    >>> [leak.column for leak in absent_at_serving(["age", "mood"], ["age"])]
    ['mood']
    """
    found = []
    for name in inputs:
        without, rows = (missing or {}).get(name, (0, 0))
        if name not in served:
            found.append(Leak(LeakKind.ABSENT, name, "no exposure was logged with it"))
        elif name in sent and name not in accepted:
            found.append(Leak(LeakKind.ABSENT, name, "the router's request schema refuses it"))
        elif rows and without == rows:
            reason = "no exposure was served with a value"
            found.append(Leak(LeakKind.ABSENT, name, reason, without, rows))
    return tuple(found)
