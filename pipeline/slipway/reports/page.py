"""One self-contained page for a person who has to decide: words, numbers and pictures."""

import base64
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from slipway.domain.verdict import Evidence, Verdict, panel_conclusion
from slipway.registry.page import TEMPLATES as REGISTRY_TEMPLATES

LONGEST = 4_500
"""Characters below which a description fits every database that the registry runs on."""

NO_LINKS: Mapping[str, str] = MappingProxyType({})

TEMPLATES = (Path(__file__).parent / "templates", REGISTRY_TEMPLATES)
"""Of pages; the style is that of the registry's own pages."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with what it shows; ``name`` is its file name without suffix.

    ``svg`` is the same for pages of our own: sharp, and readable on dark pages.
    """

    name: str
    caption: str
    png: bytes
    svg: str = ""

    @property
    def address(self) -> str:
        """The picture as text, so that the page needs no second file."""
        kind, body = ("svg+xml", self.svg.encode()) if self.svg else ("png", self.png)
        return f"data:image/{kind};base64,{base64.b64encode(body).decode()}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: a conclusion's word with its reason and numbers."""

    name: str
    word: str
    reason: str
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table of conclusions; ``head`` and ``last`` name its first and last column.

    ``empty`` is said where there are no rows.
    """

    title: str
    head: str
    rows: tuple[Row, ...]
    last: str = "why"
    empty: str = "Nothing to show."


def render(
    *,
    title: str,
    lead: str,
    conclusion: Enum,
    facts: Mapping[str, str],
    tables: Sequence[Table],
    figures: Sequence[Figure] = (),
    links: Mapping[str, str] = NO_LINKS,
) -> str:
    """The page as HTML; it loads nothing from elsewhere. ``conclusion`` is one word with a colour.

    ``links`` (addresses by their words) are those of a page that is served: they stand above it, with a search over
    its rows.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True
    )
    return environment.get_template("page.html.j2").render(
        title=title,
        lead=lead,
        conclusion=conclusion.name,
        facts=facts,
        tables=tables,
        figures=figures,
        links=links,
    )


def verdict_table(title: str, verdicts: Sequence[Verdict]) -> Table:
    """Verdicts from worst to best, so that what matters stands first."""
    ranked = sorted(verdicts, key=lambda v: (-v.conclusion, v.gate))
    rows = (
        Row(v.gate, v.conclusion.name, v.reason, tuple(numbers(e) for e in v.evidence))
        for v in ranked
    )
    return Table(title, "gate", tuple(rows))


def numbers(evidence: Evidence) -> str:
    """One number with its bounds and its threshold.

    >>> numbers(Evidence("clicks", -0.1, "relative effect", -0.12, -0.08, None))
    'clicks: -0.1 (-0.12 to -0.08) relative effect'
    """
    bounds = ""
    if evidence.lower is not None and evidence.upper is not None:
        bounds = f" ({evidence.lower:.4g} to {evidence.upper:.4g})"
    limit = f", threshold {evidence.threshold:.4g}" if evidence.threshold is not None else ""
    return f"{evidence.name}: {evidence.estimate:.4g}{bounds} {evidence.unit}{limit}"


def description(
    *,
    lead: str,
    facts: Mapping[str, str],
    verdicts: Sequence[Verdict],
    points: Mapping[str, str] | None = None,
    images: Sequence[str] = (),
    links: Mapping[str, str] | None = None,
) -> str:
    """The registry's short version in markdown.

    ``points`` are what a reviewer reads first, by what each answers. ``images`` are addresses of
    pictures, ``links`` those of pages by what they show.

    Reasons are cut as far as it takes to stay below :data:`LONGEST`; the page has them whole.
    """
    pictures = [f"![figure]({address})" for address in images]
    texts = (
        _description(
            [
                f"**{panel_conclusion(verdicts).name}** — {markdown(lead)}",
                "",
                *_points(points or {}, reason),
            ],
            facts,
            verdicts,
            [*_links(links or {}), *pictures],
            reason,
        )
        for reason in (180, 120, 80, 40, 20)
    )
    return next(
        (text for text in texts if len(text) < LONGEST), f"{markdown(lead[: LONGEST // 4])}\n"
    )


def _description(
    first: Sequence[str],
    facts: Mapping[str, str],
    verdicts: Sequence[Verdict],
    rest: Sequence[str],
    reason: int,
) -> str:
    rows = sorted(verdicts, key=lambda v: (-v.conclusion, v.gate))
    lines = [
        *first,
        "| gate | | why |",
        "|---|---|---|",
        *(f"| {v.gate} | {v.conclusion.name} | {_cell(v.reason, reason)} |" for v in rows),
        "",
        *(f"- {name}: `{_quoted(value)}`" for name, value in facts.items()),
        "",
        *rest,
    ]
    return "\n".join(lines)


def _points(points: Mapping[str, str], reason: int) -> list[str]:
    """What is read first, cut as reasons are, though later."""
    cut = {what: _cell(text, 2 * reason) for what, text in points.items()}
    return [f"- {what}: {text}" for what, text in cut.items()] + [""] * bool(points)


def _links(pages: Mapping[str, str]) -> list[str]:
    return [f"- [{what}]({address})" for what, address in pages.items()] + [""] * bool(pages)


def _cell(text: str, longest: int) -> str:
    flat = _one_line(text.replace("|", "/"))
    return markdown(flat if len(flat) <= longest else flat[: longest - 1] + "…")


def _one_line(text: str) -> str:
    return " ".join(str(text).split())


def _quoted(text: str) -> str:
    """A text that stands between backticks."""
    return _one_line(text).replace("`", "'")


def markdown(text: str) -> str:
    """A text as markdown shows it and does not obey it: a run's name may hold anything.

    Signs of HTML are entities: MLflow's renderer shows the backslash before one.
    """
    return re.sub(r"([\\`*_\[\]|~])", r"\\\1", html.escape(_one_line(text), quote=False))
