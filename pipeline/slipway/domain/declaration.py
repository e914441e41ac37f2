"""What a line declares, checked whole: names, entities, origins, outcomes; and what follows from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from slipway.domain.answer_shapes import Listed, Single
from slipway.domain.as_of import AsOf
from slipway.domain.column_owners import bad, one_of, owners_of
from slipway.domain.columns import Availability, Column
from slipway.domain.entities import Entity
from slipway.domain.errors import BadConfig
from slipway.domain.origins import ITEM, Derived, Supplied, ValueOrigin
from slipway.domain.outcomes import Outcome

RESERVED = frozenset(
    [
        "request_id",
        "user",
        "requested_at",
        "arrived_at",
        "arm",
        "version",
        "stage",
        "epoch",
        "latency_ms",
        "fallback",
        "shadow_version",
        "shadow_latency_ms",
        "shadow_ok",
        "shadow_score",
        "features_as_of",
        "items",
        "positions",
        "propensities",
        "scores",
        "model_positions",
        "shadow_positions",
        "items_offered",
        "drafted",
        "features",
        "item",
        "position",
        "propensity",
        "score",
        "model_position",
        "shadow_position",
        "kind",
        "value",
        "happened_at",
        "delivery_id",
        "values",
        "request",
        "split",
        "context",
        "as_of",
        "valid_from",
        "exposures",
        "latest",
    ]
)
"""Names of the log (a test holds them to :mod:`slipway.domain.events`, which is heavier) and of tables
made of it.
"""

MOST_COLUMNS = 2_000
"""Columns of a line: each is logged with every row, and a request must stay quick."""


def settled(
    columns: Sequence[Column], entities: Sequence[Entity], outcomes: Sequence[Outcome], where: str
) -> tuple[Column, ...]:
    """The columns with whose value each is and when it is known; raises BadConfig for what is wrong."""
    check_names(columns, outcomes, where)
    known: dict[str, Column] = {}
    tables = {entity.name: entity for entity in entities}
    if len(tables) != len(entities):
        raise bad(f"{where}.entities", [e.name for e in entities], "different names", "rename one")
    place = {column.name: at for at, column in enumerate(columns)}
    for column in sorted(columns, key=lambda c: isinstance(c.origin, AsOf | Derived)):
        if isinstance(column.origin, Derived):
            _check_inputs(column, [c.name for c in columns[: place[column.name]]])
        owners, lags = owners_of(column, known, tables, outcomes), _lags(column, known)
        late = Availability.AS_OF if lags else column.available
        lag = min(lags, default=column.lag)
        known[column.name] = replace(column, entity=owners, available=late, lag=lag)
    for entity in entities:
        if not entity.has_own_key:
            key = known.get(entity.key)
            if key is None or not (key.is_sent and key.dtype.is_category):
                raise bad(
                    f"entity {entity.name}.key",
                    entity.key,
                    "user, item, or a category that is sent",
                    "declare the key",
                )
    return tuple(known[column.name] for column in columns)


def _check_inputs(column: Column, before: Sequence[str]) -> None:
    """Raise BadConfig where a derived column reads one that is not declared before it."""
    missing = [name for name in getattr(column.origin, "inputs", ()) if name not in before]
    if missing:
        raise bad(
            f"column {column.name}.origin",
            missing[0],
            one_of(before),
            "declare it before this one",
        )


def check_names(columns: Sequence[Column], outcomes: Sequence[Outcome], where: str) -> None:
    """Raise BadConfig for a name that the log has, or that stands twice."""
    if not 1 <= len(columns) <= MOST_COLUMNS:
        raise bad(
            f"{where}.columns",
            len(columns),
            f"1 to {MOST_COLUMNS} columns",
            "declare what the model reads",
        )
    seen: set[str] = set()
    supplied = [f"{c.name}_as_of" for c in columns if isinstance(c.origin, Supplied)]
    for name in (*(c.name for c in columns), *supplied, *(o.name for o in outcomes)):
        if name in RESERVED:
            raise bad(
                f"{where}.columns",
                name,
                "a name that the log does not use itself",
                "rename the column",
            )
        if name in seen:
            raise bad(f"{where}.columns", name, "declared once", "rename one of the two")
        seen.add(name)


def check_outcomes(outcomes: Sequence[Outcome], where: str) -> None:
    """Raise BadConfig for events of one name, and unless one outcome is the primary one."""
    events = [outcome.event for outcome in outcomes]
    if len(set(events)) != len(events):
        raise bad(f"{where}.outcomes", events, "events of different names", "rename one")
    primary = outcomes if len(outcomes) == 1 else [o for o in outcomes if o.primary]
    if len(primary) != 1:
        raise bad(
            f"{where}.outcomes",
            [o.name for o in outcomes],
            "one that is primary",
            "say which outcome decides: primary=True",
        )


def check_exposure(exposure: Listed | Single, columns: Mapping[str, Column], where: str) -> None:
    """Raise BadConfig where the category of items or the group of users is no such column."""
    if isinstance(exposure, Listed):
        expected = "a category of the item, declared in the line"
        found = columns.get(exposure.category_of)
        if found is None or not found.dtype.is_category or ITEM not in found.entity:
            raise bad(
                f"{where}.exposure.category_of",
                exposure.category_of or None,
                expected,
                "name the column that says what sort of thing an item is",
            )
    if exposure.group_of:
        found = columns.get(exposure.group_of)
        if found is None or not found.dtype.is_category or ITEM in found.entity:
            raise bad(
                f"{where}.exposure.group_of",
                exposure.group_of,
                "a category of the request or user, declared in the line",
                "correct it",
            )


def check_items(
    exposure: Listed | Single, columns: Sequence[Column], entities: Sequence[Entity], where: str
) -> None:
    """Raise BadConfig where a line that gives one answer a request speaks of items."""
    if isinstance(exposure, Listed):
        return
    of_items = [f"entity {entity.name}" for entity in entities if entity.key == ITEM]
    of_items += [f"column {column.name}" for column in columns if ITEM in column.entity]
    if of_items:
        raise bad(
            where,
            of_items[0],
            "of the request, the user or a column that is sent, as a single answer has no items",
            "send its key with the request, and declare it as a column",
        )


def _lags(column: Column, known: Mapping[str, Column]) -> list:  # type: ignore[type-arg]  # durations
    """The lags of a column that is as of an earlier time: its own, or those of its inputs."""
    if isinstance(column.origin, Derived):
        inputs = [known[name] for name in column.origin.inputs]
        return [c.lag for c in inputs if c.available is Availability.AS_OF]
    return [column.lag] if column.available is Availability.AS_OF else []


def as_ofs(origin: ValueOrigin | None) -> Iterator[AsOf]:
    """The statistic of a column, and those that it falls back on."""
    if isinstance(origin, AsOf):
        yield origin
        for other in (origin.prior, origin.missing):
            yield from as_ofs(other if isinstance(other, AsOf) else None)


def column_named(columns: Sequence[Column], name: str, line: str) -> Column:
    """The column of ``line`` that is called ``name``; raises BadConfig where none is declared."""
    for column in columns:
        if column.name == name:
            return column
    raise BadConfig(
        f"{line}.columns",
        found=name,
        expected=f"one of {', '.join(c.name for c in columns)}",
        next_step="declare the column in the line",
    )
