"""A line's numbers and codes in its own words: no reader knows what ``device=1`` is."""

import re
from collections.abc import Callable
from functools import partial
from importlib import import_module

from slipway.domain.columns import Column
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.errors import BadConfig
from slipway.domain.verdict import Evidence

_CLICKS = re.compile(r"\bclicks\b")
_FRACTIONS = ("fraction", "fraction of requests", "of rows", "of their own spread")
_HUGE = 1e6
_HUGE_NUMBER = re.compile(r"\b\d(?:\.\d+)?e\+(?!0[0-5])\d+")
_FEW = 100


def label(name: str) -> str:
    """A column's name as people say it.

    >>> label("day_of_week")
    'day of week'
    """
    return name.replace("_", " ").strip()


def segment(line: DeclaredLine, name: str) -> tuple[str, str]:
    """Column and value of a segment in words: ``("device", "phone")`` of ``device=1``."""
    column, _, value = name.partition("=")
    if not value:
        return "", label(name)
    try:
        words = line.column(column).words
    except BadConfig:
        words = ()
    if value.isdecimal() and int(value) < len(words):
        value = words[int(value)]
    return label(column), value


def plainly(line: DeclaredLine) -> Callable[[str], str]:
    """A function that puts a gate's sentence into the line's words: codes of columns, and its outcome."""
    coded = {c.name: c for c in line.columns if c.dtype.is_category}
    names = "|".join(map(re.escape, coded)) or r"(?!)"
    pattern = re.compile(rf"\b({names})=(\d+(?![\w.]))?")
    return partial(_plain, pattern, coded, outcome(line))


def _plain(pattern: re.Pattern[str], coded: dict[str, Column], of: str, text: str) -> str:
    def worded(found: re.Match[str]) -> str:
        words, code = coded[found[1]].words, found[2]
        value = words[int(code)] if code and int(code) < len(words) else code or ""
        return f"{label(found[1])} {value}"

    said = _HUGE_NUMBER.sub("over a million", pattern.sub(worded, text))
    return said if of == "clicks" else _CLICKS.sub(of, said)


def outcome(line: DeclaredLine) -> str:
    """What the line is about, as a sentence names it: ``clicks``, or the primary outcome's name."""
    primary = getattr(line, "primary", None)
    if primary is None:
        return "posts"
    return "clicks" if primary.event in ("click", "clicks") else label(primary.name)


def question(gate: str) -> str:
    """What a gate asks: the first line of its module; its name where there is no such gate (any more).

    >>> question("ndcg"), question("no_such_gate")
    ('Does the candidate rank no worse than the champion?', 'no such gate')
    """
    try:
        text = import_module(f"slipway.gates.{gate}").__doc__ or ""
    except ImportError:
        text = ""
    return text.strip().partition("\n")[0] or label(gate)


def percent(share: float, digits: int = 1) -> str:
    """A relative change with its direction.

    >>> percent(-0.012), percent(0.0204, 2), percent(-0.0001)
    ('1.2 % worse', '2.04 % better', 'the same')
    """
    text = f"{100 * abs(share):.{digits}f}"
    if not float(text):
        return "the same"
    return f"{text} % {'better' if share > 0 else 'worse'}"


def numbers(evidence: Evidence, say: Callable[[str], str]) -> str:
    """One number with its bounds and its limit, in words and percent.

    >>> numbers(Evidence("log-loss, device 1", 0.01, "relative difference", -0.02, 0.04, 0.03), str)
    'log-loss, device 1: +1.00 % (-2.00 to +4.00 %), limit +3.00 %'
    """
    show = _shown(evidence.unit)
    bounds = limit = ""
    if evidence.lower is not None and evidence.upper is not None:
        bounds = f" ({show(evidence.lower).removesuffix(' %')} to {show(evidence.upper)})"
    if evidence.threshold is not None:
        limit = f", limit {show(evidence.threshold)}"
    relative = evidence.unit.startswith("relative") or evidence.unit in _FRACTIONS
    unit = "" if relative or evidence.unit == "e-value" else f" {evidence.unit}"
    return f"{say(evidence.name)}: {show(evidence.estimate)}{bounds}{unit}{limit}"


def _shown(unit: str) -> Callable[[float], str]:
    if unit.startswith("relative"):
        return _signed
    if unit in _FRACTIONS:
        return _share
    return _odds if unit == "e-value" else _plain_number


def _signed(value: float) -> str:
    return f"{100 * value:+.2f} %"


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _odds(value: float) -> str:
    if value > _HUGE:
        return "over a million to 1"
    return f"{value:,.0f} to 1" if value >= _FEW else f"{value:.3g} to 1"


def _plain_number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"  # noqa: PLR2004 - for the eye
