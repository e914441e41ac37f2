"""Typed settings: every knob has a unit and a range, and an unknown word is refused."""

import dataclasses
import math
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from slipway.domain.declared_types import fits, said
from slipway.domain.errors import BadConfig

T = TypeVar("T")

FORMERLY = "formerly"
"""Metadata of a field that was renamed: the word by which files written before still call it."""

DECLARED = "declared"
"""Metadata of a field that stands in the line's code alone: no run overrides it, no file holds it."""


def knob(
    default: Any,  # a knob may hold any declared type
    *,
    unit: str,
    about: str,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
    different: int = 0,
    formerly: str | None = None,
) -> Any:  # like dataclasses.field
    """A dataclass field whose unit, meaning and range :func:`check_knobs` enforces.

    ``different`` is how many different ones a list of them has at least, each once; ``formerly`` is a name
    that files written before may still use.
    """
    bounds = {"above": above, "at_least": at_least, "below": below, "at_most": at_most}
    bounds |= {"different": different} if different else {}
    named = {} if formerly is None else {FORMERLY: formerly}
    return dataclasses.field(
        default=default, metadata={"unit": unit, "about": about, **bounds, **named}
    )


def reviewers_knob() -> Any:
    """How many persons approve a promotion; of every kind of line."""
    return knob(
        1,
        unit="persons",
        about="who approve a promotion, none of them its author",
        at_least=1,
        at_most=2,
    )


def range_text(meta: Mapping[str, Any]) -> str:
    """The range of a knob in words; "" where it has none."""
    low = f"> {meta['above']}" if meta["above"] is not None else None
    low = low or (f">= {meta['at_least']}" if meta["at_least"] is not None else None)
    high = f"< {meta['below']}" if meta["below"] is not None else None
    high = high or (f"<= {meta['at_most']}" if meta["at_most"] is not None else None)
    return " and ".join(part for part in (low, high) if part)


def _inside(value: float, meta: Mapping[str, Any]) -> bool:
    return (
        abs(value) < math.inf  # as no NaN is, and whole numbers of any length are
        and (meta["above"] is None or value > meta["above"])
        and (meta["at_least"] is None or value >= meta["at_least"])
        and (meta["below"] is None or value < meta["below"])
        and (meta["at_most"] is None or value <= meta["at_most"])
    )


LONGEST_NAME = 100
"""Characters of a recipe's name: it stands in tags, pages and notes."""


def check_recipe_words(name: str, inputs: Sequence[str]) -> None:
    """Raise BadConfig for a recipe without a name of one line, or with inputs that are named twice."""
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()):
        raise BadConfig(
            "recipe.name",
            found=name if len(name) <= LONGEST_NAME else f"{len(name)} characters",
            expected=f"1 to {LONGEST_NAME} printable characters on one line",
            next_step="choose a short name; nothing was started",
        )
    if len(set(inputs)) != len(inputs):
        raise BadConfig(
            "recipe.inputs",
            found=list(inputs),
            expected="a list of different columns",
            next_step="name each input once; nothing was started",
        )


def check_has_inputs(inputs: Sequence[str], where: str) -> None:
    """Raise BadConfig for a run that would learn from nothing."""
    if not inputs:
        raise BadConfig(
            f"{where}.inputs",
            found=[],
            expected="a list of different columns",
            next_step="name an input, or leave the word out; nothing was started",
        )


def check_knobs(values: Any, where: str) -> None:  # any dataclass of knobs
    """Raise BadConfig for the first knob of dataclass ``values`` outside its declared range."""
    for item in dataclasses.fields(values):
        if "unit" not in item.metadata:
            continue
        found = getattr(values, item.name)
        if found == ():
            raise BadConfig(
                f"{where}.{item.name}",
                found=[],
                expected=f"at least one number ({item.metadata['unit']})",
                next_step=item.metadata["about"],
            )
        least = item.metadata.get("different", 0)
        if least and (len(set(found)) < least or len(set(found)) != len(found)):
            raise BadConfig(
                f"{where}.{item.name}",
                found=list(found),
                expected=f"at least {least} different {item.metadata['unit']}s",
                next_step=item.metadata["about"],
            )
        for number in found if isinstance(found, tuple) else (found,):
            if isinstance(number, int | float) and not _inside(number, item.metadata):
                raise BadConfig(
                    f"{where}.{item.name}",
                    found=found,
                    expected=f"{range_text(item.metadata)} ({item.metadata['unit']})",
                    next_step=item.metadata["about"],
                )


def written(values: Any) -> tuple[str, ...]:
    """Names of the fields that files hold: all but those that are declared in code alone."""
    return tuple(i.name for i in dataclasses.fields(values) if not i.metadata.get(DECLARED))


def by_first_names(values: Any) -> dict[str, Any]:  # any dataclass
    """The dataclass as a dict under the names its fields had first: a renaming changes no digest."""
    first = {i.name: i.metadata.get(FORMERLY, i.name) for i in dataclasses.fields(values)}
    every = dataclasses.asdict(values)
    return {first[name]: every[name] for name in written(values)}


def typed_replace(base: T, overrides: Mapping[str, Any], *, where: str) -> T:
    """A copy of dataclass ``base`` with ``overrides`` (JSON values: lists become tuples).

    Names that fields had formerly are read, too. Raises BadConfig for an unknown word, a field that
    is given twice, or a value of another type than the field's.
    """
    fields = dataclasses.fields(base)  # type: ignore[arg-type]
    names = list(written(base))
    now = {item.metadata.get(FORMERLY, item.name): item.name for item in fields}
    hints = typing.get_type_hints(type(base))
    clean: dict[str, Any] = {}
    for word, raw in overrides.items():
        name = now.get(word, word)
        if name not in names or name in clean:
            raise BadConfig(
                f"{where}",
                found=word,
                expected=f"one of {', '.join(names)}, each once",
                next_step="correct the word; nothing was started",
            )
        value = tuple(raw) if isinstance(raw, list) else raw
        if not fits(value, hints[name]):
            raise BadConfig(
                f"{where}.{word}",
                found=raw,
                expected=said(hints[name]),
                next_step="correct the value; nothing was started",
            )
        clean[name] = value
    return dataclasses.replace(base, **clean)  # type: ignore[type-var]
