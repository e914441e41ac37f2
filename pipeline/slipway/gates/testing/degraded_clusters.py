"""Weeks of clusters made worse or empty, and their shadows: what checks of cluster gates are fed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from slipway.domain.cluster_measurements import ClusterMeasurements, SortedUnseen

Sorted = ClusterMeasurements | SortedUnseen
NEW_ID = 1_000


def nothing(good: Sorted) -> Sorted:
    """The same candidate, and no post seen."""
    if isinstance(good, SortedUnseen):
        return replace(good, posts=0, alike=None if good.alike is None else 0)
    return replace(good, posts=0, sizes={}, common=0, kept=0, living_twice=0, rematched=0, flows=())


def steps(good: Sorted, losses: Sequence[float]) -> Iterator[tuple[str, Sequence[Sorted]]]:
    """Names of ways to become worse, and for each of them the way by growing ``losses``."""
    if isinstance(good, SortedUnseen):
        yield "alike", [replace(good, alike=round((good.alike or 0) * (1 - x))) for x in losses]
        return
    yield "kept", [replace(good, kept=round(good.kept * (1 - x))) for x in losses]
    yield "inertia", [replace(good, inertia=good.inertia * (1 + x)) for x in losses]
    yield "sizes", [replace(good, sizes=_uneven(good.sizes, x)) for x in losses]
    for name in ("born", "split_off", "merged", "retired"):
        known = getattr(good, name)
        ids = tuple(range(NEW_ID, NEW_ID + len(good.sizes)))
        yield name, [replace(good, **{name: known + ids[: place + 1]}) for place in range(len(ids))]


def _uneven(sizes: Mapping[str, int], share: float) -> dict[str, int]:
    """A share of every cluster's posts moved to the largest one."""
    largest = max(sizes, key=lambda name: sizes[name])
    left = {name: round(posts * (1 - share)) for name, posts in sizes.items()}
    left[largest] += sum(sizes.values()) - sum(left.values())
    return left
