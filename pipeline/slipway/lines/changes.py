"""What differs between two definitions of a line, and what each difference does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from slipway.domain.in_words import counted
from slipway.domain.json_value import Json
from slipway.lines.definition import Definition


class ChangeEffect(StrEnum):
    """What a change of a definition does, the least first; the value is the sentence for people."""

    WORDS = "pages say it in other words; no number changes"
    CHECKS = "validation asks for something else from the next run on"
    RETENTION = (
        "what is older goes at the next cleaning; it is not brought back by keeping it longer"
    )
    SCHEDULE = "the next run is started, and its data interval cut, by it"
    TRAFFIC = (
        "the next look shows the release state there, and no more where it was shown until now"
    )
    POLICY = "the next look judges by it, also a candidate that is on its way"
    RULES = (
        "the rules get a new version at the next run; until then the built-in ones are the new ones"
    )
    VERSION = "the next run fits another model: a new version, judged as any other recipe"
    ANSWERS = "requests are answered by it as soon as the router is started again"
    CATALOG = "tables of entities need these fields from the next time that they are written"
    REBUILT = (
        "features are filled by other code: validation counts logged rows again with it, and stops the "
        "next run where a value differs"
    )
    SNAPSHOT = "training tables differ from the next run on, and past ones differ when made again"
    FEATURES = (
        "feature tables are counted again, and those of the past set aside; what was logged until now "
        "holds the old values, so a week that has both does not pass validation"
    )
    BREAKING = (
        "earlier versions answer another question, or are not served any more: what was measured of "
        "them says nothing about later ones"
    )


ABSENT, DEFAULT = "absent", "the default"

_CHANGED: tuple[tuple[str, ChangeEffect], ...] = (
    ("*about", ChangeEffect.WORDS),
    ("outcomes.*.unit", ChangeEffect.WORDS),
    ("card*", ChangeEffect.WORDS),
    ("*.known", ChangeEffect.CHECKS),
    ("*.tolerance", ChangeEffect.CHECKS),
    ("suspicion", ChangeEffect.CHECKS),
    ("source.without_arrival", ChangeEffect.CHECKS),
    ("retention*", ChangeEffect.RETENTION),
    ("cron", ChangeEffect.SCHEDULE),
    ("schedule.cron", ChangeEffect.SCHEDULE),
    ("schedule.zone", ChangeEffect.SCHEDULE),
    ("traffic*", ChangeEffect.TRAFFIC),
    ("policy*", ChangeEffect.POLICY),
    ("*segments*", ChangeEffect.POLICY),
    ("exposure.category_of", ChangeEffect.POLICY),
    ("exposure.group_of", ChangeEffect.POLICY),
    ("code.rules", ChangeEffect.RULES),
    ("rules", ChangeEffect.RULES),
    ("recipe*", ChangeEffect.VERSION),
    ("model*", ChangeEffect.VERSION),
    ("code.functions.*", ChangeEffect.VERSION),
    ("columns.*.lower", ChangeEffect.ANSWERS),
    ("columns.*.upper", ChangeEffect.ANSWERS),
    ("columns.*.default", ChangeEffect.ANSWERS),
    ("columns.*.unfit", ChangeEffect.ANSWERS),
    ("columns.*.dtype", ChangeEffect.BREAKING),
    ("columns.*.origin*", ChangeEffect.FEATURES),
    ("columns.*.available", ChangeEffect.FEATURES),
    ("columns.*.entity", ChangeEffect.FEATURES),
    ("columns.*.lag", ChangeEffect.FEATURES),
    ("columns.*.words*", ChangeEffect.BREAKING),
    ("entities.*.key", ChangeEffect.FEATURES),
    ("entities.*.history", ChangeEffect.FEATURES),
    ("entities*", ChangeEffect.CATALOG),
    ("kind", ChangeEffect.BREAKING),
    ("maturity*", ChangeEffect.BREAKING),
    ("outcomes.*", ChangeEffect.BREAKING),
    ("exposure*", ChangeEffect.BREAKING),
)
"""What a changed value does, by its place; the first pattern that fits decides, else SNAPSHOT."""

_ADDED: tuple[tuple[str, ChangeEffect], ...] = (
    ("columns.*", ChangeEffect.FEATURES),
    ("outcomes.*", ChangeEffect.SNAPSHOT),
    ("traffic*", ChangeEffect.TRAFFIC),
    ("policy*", ChangeEffect.POLICY),
)
_REMOVED: tuple[tuple[str, ChangeEffect], ...] = (
    ("columns.*", ChangeEffect.BREAKING),
    ("outcomes.*", ChangeEffect.BREAKING),
    ("traffic*", ChangeEffect.TRAFFIC),
    ("policy*", ChangeEffect.POLICY),
)


@dataclass(frozen=True, slots=True)
class LineChange:
    """One difference: its place as dotted words, the values in words, and what it does."""

    place: str
    before: str
    after: str
    effect: ChangeEffect


def changes(before: Definition, after: Definition) -> tuple[LineChange, ...]:
    """Every difference, the weightiest first."""
    order = list(ChangeEffect)
    found = sorted(_changes(before, after), key=lambda c: (-order.index(c.effect), c.place))
    return tuple(found)


def _changes(before: Definition, after: Definition) -> Iterator[LineChange]:
    old, new = _whole(before), _whole(after)
    for place, (was, now) in _differences("", old, new):
        missing = ABSENT if _is_one_of_many(place) else DEFAULT
        yield LineChange(place, _said(was, missing), _said(now, missing), _effect(place, was, now))


def _whole(definition: Definition) -> dict[str, Any]:
    """The content with the code by the part that it has in the line."""
    content, code = definition.content, dict(definition.code)
    parts = {name: code.pop(content[name]) for name in ("rules",) if content.get(name) in code}
    return {**content, "kind": definition.kind, "code": {**parts, "functions": code}}


def _differences(place: str, was: Json, now: Json) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Places of the smallest parts that differ; None where a side has none."""
    was, now = _by_name(was), _by_name(now)
    same = isinstance(was, Mapping) and isinstance(now, Mapping) and was.get("is") == now.get("is")
    if same and "seconds" not in was:
        for key in sorted({*was, *now}):
            inner = f"{place}.{key}" if place else key
            yield from _differences(inner, was.get(key), now.get(key))
    elif was != now:
        yield place, (was, now)


def _by_name(value: Json) -> Json:
    """A list of named things as a table by their names: their order says nothing here."""
    if (
        isinstance(value, list)
        and value
        and all(isinstance(v, dict) and "name" in v for v in value)
    ):
        return {each["name"]: each for each in value}
    return value


def _effect(place: str, was: Json, now: Json) -> ChangeEffect:
    table = _CHANGED
    if _is_one_of_many(place) and (was is None or now is None):
        table = (*(_ADDED if was is None else _REMOVED), *_CHANGED)
    return next(
        (effect for pattern, effect in table if fnmatchcase(place, pattern)), ChangeEffect.SNAPSHOT
    )


def _is_one_of_many(place: str) -> bool:
    """Whether it is a whole column, outcome or entity."""
    first, _, rest = place.partition(".")
    return first in {"columns", "outcomes", "entities"} and bool(rest) and "." not in rest


def _said(value: Json, missing: str = "none") -> str:
    """A value in few words."""
    if value is None:
        return missing
    if isinstance(value, dict) and set(value) == {"seconds"}:
        return _span(value["seconds"])
    if isinstance(value, dict):
        inner = ", ".join(
            f"{k} {_said(v)}" for k, v in value.items() if k not in {"is", "name", "about"}
        )
        return f"{value.get('is', '')}({inner})"
    if isinstance(value, list):
        return f"[{', '.join(_said(each) for each in value)}]"
    text = str(value)
    return text[:12] if len(text) == 64 and set(text) <= set("0123456789abcdef") else text  # noqa: PLR2004 - a digest


def _span(seconds: float) -> str:
    for size, unit in ((604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            return counted(seconds / size, unit)
    return counted(seconds, "second")
