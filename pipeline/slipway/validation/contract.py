"""Names against names: are the inputs sent and logged when a list is ranked?"""

from collections.abc import Mapping, Sequence

from slipway.domain.leak import Leak, LeakKind


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
