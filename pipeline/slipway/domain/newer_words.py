"""What an older Slipway makes of a newer writer's words: they are named, and harm only ever shrinks."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from slipway.domain.errors import BadInput
from slipway.domain.stage import CANARY_STAGES, LIVE_STAGES, Stage
from slipway.domain.verdict import Verdict


def known_fields(
    kind: Any, raw: Mapping[str, Any], newer: list[str]
) -> dict[str, Any]:  # a dataclass
    """The items of ``raw`` that ``kind`` has fields for; the names of the others go to ``newer``."""
    names = _names(kind)
    newer += [f"{kind.__name__}.{name}" for name in sorted(raw.keys() - names)]
    return {name: value for name, value in raw.items() if name in names}


@cache
def _names(kind: Any) -> frozenset[str]:  # a dataclass
    return frozenset(item.name for item in fields(kind))


def known_word(kind: Any, word: str, otherwise: Any, newer: list[str]) -> Any:  # an enumeration
    """The member of ``kind`` called ``word``; of a word that is not known, ``otherwise``."""
    try:
        return kind(word)
    except ValueError:
        newer.append(f"{kind.__name__} {word!r}")
        return otherwise


def known_stage(word: str, share: float, before: str | None, newer: list[str]) -> Stage:
    """The stage called ``word``.

    Of one that is not known it is asked what it means for users: with a ``share`` the candidate
    stays where it was ``before`` (the first canary stage at least), so that it can be returned;
    without one nobody is answered by it, and its release is over.
    """
    stayed = before if before in LIVE_STAGES else CANARY_STAGES[0]
    stage: Stage = known_word(Stage, word, Stage(stayed) if share > 0 else Stage.RETURNED, newer)
    return stage


def known_verdicts(raw: Collection[Mapping[str, Any]], newer: list[str]) -> tuple[Verdict, ...]:
    """The verdicts that can be read; a missing one never promotes."""
    found = []
    for each in raw:
        try:
            found.append(Verdict.from_dict(each))
        except (KeyError, TypeError, ValueError, AttributeError, BadInput):
            newer.append(f"verdict {dict(each).get('gate')!r}")
    return tuple(found)
