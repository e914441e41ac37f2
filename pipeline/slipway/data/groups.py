"""Which tables of counts a line's as-of columns need: one for each set of keys and window."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from slipway.data.statistics import is_mergeable
from slipway.domain.declaration import as_ofs
from slipway.domain.line import AsOf, Line, Refresh
from slipway.domain.origins import USER

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Group:
    """Statistics of the same ``keys`` over the same ``window``; ``origin`` is a finer group that
    holds them already, which is then merged instead of counting the log again.
    """

    keys: tuple[str, ...]
    window: timedelta
    refresh: Refresh
    wanted: tuple[AsOf, ...]
    origin: str | None = None

    @property
    def name(self) -> str:
        """Its name in files."""
        return f"{'+'.join(self.keys) or 'all'}-{self.window / _HOUR:g}h-{self.refresh}"

    def time_of(self, as_of: datetime, line: Line) -> datetime:
        """The time at which it was counted for a table of ``as_of``: the last midnight (UTC), where
        other groups of the line are counted every hour.
        """
        if self.refresh is Refresh.HOUR or refresh_of(line) is Refresh.DAY:
            return as_of
        return as_of.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def wanted_of(line: Line) -> tuple[AsOf, ...]:
    """Each statistic that the line's columns need, those that they fall back on included, once."""
    found = [one for column in line.columns for one in as_ofs(column.origin)]
    return tuple(dict.fromkeys(found))


def groups_of(line: Line) -> tuple[Group, ...]:
    """All groups of the line: the counted ones first, then those that are merged of them."""
    together: dict[tuple[tuple[str, ...], timedelta, Refresh], list[AsOf]] = {}
    for one in wanted_of(line):
        together.setdefault((one.by, one.window, one.refresh), []).append(one)
    groups = [Group(*key, tuple(wanted)) for key, wanted in together.items()]
    return tuple(_placed(groups))


def counted_of(line: Line) -> tuple[Group, ...]:
    """The groups that are counted from the log and kept in files."""
    return tuple(group for group in groups_of(line) if group.origin is None)


def refresh_of(line: Line) -> Refresh:
    """How often the line's tables are computed: as often as its most eager column asks."""
    asked = {one.refresh for one in wanted_of(line)}
    return Refresh.HOUR if Refresh.HOUR in asked else Refresh.DAY


def _placed(groups: Sequence[Group]) -> Iterator[Group]:
    """Coarse groups are made of the smallest finer one that can be merged into them."""
    counted: list[Group] = []
    coarse: list[tuple[Group, Group]] = []
    for group in sorted(groups, key=lambda g: -len(g.keys)):
        finer = [other for other in counted if _holds(other, group)]
        if finer:
            coarse.append((group, min(finer, key=lambda g: (len(g.keys), g.name))))
        else:
            counted.append(group)
    extra: dict[str, list[AsOf]] = {}
    for group, finer_group in coarse:
        extra.setdefault(finer_group.name, []).extend(group.wanted)
    order = {id(group): place for place, group in enumerate(groups)}
    for group in sorted(counted, key=lambda g: order[id(g)]):
        wanted = dict.fromkeys((*group.wanted, *extra.get(group.name, ())))
        yield Group(group.keys, group.window, group.refresh, tuple(wanted))
    for group, finer_group in coarse:
        yield Group(group.keys, group.window, group.refresh, group.wanted, finer_group.name)


def has_tables(line: Line) -> bool:
    """Whether a request cannot be answered without a catalogue or a table of counts."""
    return bool(line.entities or counted_of(line))


def longest_window(line: Line) -> timedelta:
    """How far back the line's statistics look at most, from a table's own time."""
    longest = max((group.window for group in counted_of(line)), default=timedelta(0))
    # some are counted at the midnight before, where others are counted every hour
    return longest + (timedelta(days=1) if refresh_of(line) is Refresh.HOUR else timedelta(0))


def _holds(finer: Group, group: Group) -> bool:
    """Whether ``finer`` can be merged into ``group``; who is erased may not change what is no user's."""
    return (
        (finer.window, finer.refresh) == (group.window, group.refresh)
        and set(group.keys) < set(finer.keys)
        and (USER not in finer.keys or USER in group.keys)
        and all(is_mergeable(one) for one in group.wanted)
    )
