"""The form in which a run is asked for: one field for each number of the line's recipe. Pure.

A field that is left empty is what the line declares, so that an untouched form changes nothing.
"""

import dataclasses
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from slipway.domain.clusters import ClusterRecipe
from slipway.domain.config import range_text
from slipway.domain.errors import BadConfig
from slipway.domain.model import Fit
from slipway.domain.recipe import Recipe
from slipway.lines.definition import Definition

RECIPE = "recipe"
"""The word of a run's conf that holds any other field of the recipe."""
_KINDS: Mapping[str, type] = MappingProxyType(
    {kind.__name__: kind for kind in (Recipe, Fit, ClusterRecipe)}
)
"""Recipes with numbers, by the name under which a definition holds them; an adopted model has none."""
_TYPES: Mapping[type, str] = MappingProxyType({int: "integer", float: "number"})
_BOUNDS: Mapping[str, str] = MappingProxyType(
    {
        "above": "exclusiveMinimum",
        "at_least": "minimum",
        "below": "exclusiveMaximum",
        "at_most": "maximum",
    }
)
"""A knob's bound → its word in a JSON schema."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field: its name, title, what it means in words, and the JSON schema of what it takes."""

    name: str
    title: str
    about: str
    schema: Mapping[str, Any]


def form_of(line: Definition) -> tuple[FormField, ...]:
    """The fields of a line's form; none of a model that is adopted as it is."""
    own = line.content.get(RECIPE, {})
    kind = _KINDS.get(own.get("is", ""))
    return () if kind is None else (_inputs(own), *_numbers(kind, own))


def _inputs(own: Mapping[str, Any]) -> FormField:
    known = list(own.get("inputs", ("text",)))
    schema = {"type": ["null", "array"], "items": {"type": "string", "enum": known}}
    about = (
        "Columns to learn from; empty: all of them. Others of the line go into the field recipe."
    )
    return FormField("inputs", "inputs", about, schema | {"examples": known})


def _numbers(kind: type, own: Mapping[str, Any]) -> Iterator[FormField]:
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if "unit" not in field.metadata:
            continue
        meta, hint = field.metadata, hints[field.name]
        values = typing.get_args(hint)
        bounds = {word: meta[ours] for ours, word in _BOUNDS.items() if meta[ours] is not None}
        if values:  # a list of numbers
            items = {"type": _TYPES[values[0]], **bounds}
            schema: dict[str, Any] = {"type": ["null", "array"], "items": items}
            if least := meta.get("different"):
                schema |= {"minItems": least, "uniqueItems": True}
        else:
            schema = {"type": ["null", _TYPES[hint]], **bounds}
        declared = _in_words(own.get(field.name, field.default))
        about = f"{meta['about']}; {range_text(meta)}. Empty: {declared}, as the line declares."
        yield FormField(field.name, f"{field.name} ({meta['unit']})", about, schema)


def _in_words(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(_in_words, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def recipe_from(
    conf: Mapping[str, Any], params: Mapping[str, Any], fields: typing.Collection[str]
) -> dict[str, Any]:
    """What a run overrides of the recipe: its filled fields, and the words of the field ``recipe``.

    ``params`` are the form's values, ``conf`` what the run was started with. Raises BadConfig for a word of
    the conf that is no field (a misspelt one would else be passed over, and the run would train the line's own
    recipe), and for one that is said twice.
    """
    if unknown := sorted(set(conf) - {RECIPE, *fields}):
        raise _refused(
            "conf of the run", ", ".join(unknown), f"only {', '.join((RECIPE, *fields))}"
        )
    filled = {name: params[name] for name in fields if params.get(name) not in (None, [])}
    other = params.get(RECIPE) or {}
    if twice := sorted(filled.keys() & other.keys()):
        raise _refused("conf of the run", f"{', '.join(twice)} twice", "each word once")
    return {**other, **filled}


def _refused(what: str, found: str, expected: str) -> BadConfig:
    return BadConfig(
        what,
        found=found,
        expected=expected,
        next_step='trigger it again, for example with {"recipe": {"max_iter": 200}}',
    )
