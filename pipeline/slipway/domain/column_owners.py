"""Whose value a declared column is: of the request, the user, the item, or several of them."""

from collections.abc import Mapping, Sequence

from slipway.domain.as_of import AsOf, Statistic
from slipway.domain.columns import Availability, Column, DType
from slipway.domain.entities import Entity
from slipway.domain.errors import BadConfig
from slipway.domain.origins import ITEM, REQUEST, USER, Age, Derived, Field, Sent, Supplied
from slipway.domain.outcomes import Outcome, OutcomeKind


def owners_of(
    column: Column,
    known: Mapping[str, Column],
    tables: Mapping[str, Entity],
    outcomes: Sequence[Outcome],
) -> tuple[str, ...]:
    """Whose value it is: of the request, the user, the item, or several of them."""
    origin, where = column.origin, f"column {column.name}"
    match origin:
        case Sent(of=of) | Supplied(of=of):
            owners = _check_sender(of, where)
        case Field():
            owners = _of_field(origin, column.dtype, known, tables, where)
        case Age():
            owners = {REQUEST, *_of_field(origin.source, DType.TIME, known, tables, where)}
        case Derived():
            owners = {owner for name in origin.inputs for owner in known[name].entity}
        case AsOf():
            _check_as_of(origin, known, outcomes, where)
            owners = {owner for key in origin.keys for owner in _of_key(key, known)} or {REQUEST}
        case _:
            owners = {REQUEST}
    return tuple(sorted(owners))


def _check_sender(of: str, where: str) -> set[str]:
    if of not in (REQUEST, USER):
        raise bad(f"{where}.origin.of", of, "request or user", "say whose value is sent")
    return {of}


def _of_field(
    origin: Field,
    dtype: DType,
    known: Mapping[str, Column],
    tables: Mapping[str, Entity],
    where: str,
) -> set[str]:
    entity = tables.get(origin.entity)
    found = entity.fields.get(origin.field) if entity else None
    if entity is None or found is None:
        fields_ = [f"{e.name}.{f}" for e in tables.values() for f in e.fields]
        raise bad(
            f"{where}.origin",
            f"{origin.entity}.{origin.field}",
            one_of(fields_),
            "declare the entity with its field",
        )
    loose = {found, dtype} == {DType.NUMBER, DType.CODE}
    if found != dtype and not loose:
        raise bad(
            f"{where}.dtype",
            str(dtype),
            f"{found}, as {origin.entity}.{origin.field} is",
            "declare both alike",
        )
    return {entity.key} if entity.has_own_key else set(_of_key(entity.key, known))


def _of_key(key: str, known: Mapping[str, Column]) -> tuple[str, ...]:
    return (key,) if key in (USER, ITEM) or key not in known else known[key].entity


def _check_as_of(
    origin: AsOf, known: Mapping[str, Column], outcomes: Sequence[Outcome], where: str
) -> None:
    for key in origin.keys:
        if key not in (USER, ITEM) and (key not in known or not known[key].dtype.is_category):
            keys = [USER, ITEM, *(n for n, c in known.items() if c.dtype.is_category)]
            raise bad(f"{where}.origin.keys", key, one_of(keys), "declare the key as a category")
        if key in known and known[key].available is not Availability.REQUEST:
            raise bad(
                f"{where}.origin.keys", key, "known with the request", "group by another column"
            )
    binary = [o.name for o in outcomes if o.kind is OutcomeKind.BINARY]
    numbers = [n for n, c in known.items() if c.dtype.is_numeric]
    valued = [*(o.name for o in outcomes), *numbers]
    allowed = {
        Statistic.RATE: binary,
        Statistic.COUNT: binary,
        Statistic.TIME_SINCE: binary,
        Statistic.SUM: valued,
        Statistic.MEAN: valued,
        Statistic.DISTINCT: [USER, ITEM, *known],
        Statistic.LAST: numbers,
    }[origin.statistic]
    if origin.of is not None and origin.of not in allowed:
        raise bad(
            f"{where}.origin.of",
            origin.of,
            one_of(allowed),
            f"a {origin.statistic} is of one of these",
        )
    for other in (origin.prior, origin.missing):
        if isinstance(other, AsOf):
            _check_as_of(other, known, outcomes, where)


def one_of(names: object) -> str:
    """The names that may be given, for a message."""
    listed = list(names)  # type: ignore[call-overload]  # any names
    return f"one of {', '.join(listed)}" if listed else "declared first (nothing is yet)"


def bad(what: str, found: object, expected: str, next_step: str) -> BadConfig:
    """The error of a declaration, in its fixed order."""
    return BadConfig(what, found=found, expected=expected, next_step=next_step)
