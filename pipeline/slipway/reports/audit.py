"""An audit as a page and as JSON: what is suspicious, why, and what to ask."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.audit.finding import WHOLE_TABLE, Audit, Finding, Grade
from slipway.domain.errors import BadInput
from slipway.reports.figures import drawn
from slipway.reports.page import Figure, Row, Table, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = {
    Grade.LEAK: "#b3261e",
    Grade.SUSPECT: "#a66300",
    Grade.NOTE: "#5b6b7b",
    Grade.CLEAR: "#1a7f4b",
}
SHOWN_COLUMNS = 30
CHANCE = 0.5
LOWEST = 0.4
"""Where the figure begins at the latest: pages of several tables are compared by eye."""


def write(audit: Audit, name: str, folder: Path) -> tuple[Path, Path]:
    """Write ``audit.html`` and ``audit.json`` into ``folder``; returns both paths.

    Raises BadInput where the folder cannot be written.
    """
    page, data = folder / "audit.html", folder / "audit.json"
    said = {
        page: html(audit, name),
        data: json.dumps(to_dict(audit, name), indent=1, default=float) + "\n",
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in said.items():
            path.write_text(text)
    except OSError as error:
        raise BadInput(
            f"folder {folder} of the report",
            found=error.strerror,
            expected="a folder that can be made and written",
            next_step="name another with --out",
        ) from None
    return page, data


def to_dict(audit: Audit, name: str) -> dict[str, object]:
    """A JSON-ready form: columns from most to least suspicious, each with its evidence."""
    return {
        "table": name,
        "facts": dict(audit.facts),
        "remarks": list(audit.remarks),
        "reservations": list(audit.reservations),
        "accused": list(audit.accused),
        "columns": [
            {
                "column": column,
                "read_as": audit.readings.get(column, ""),
                "grade": audit.grade(column).name,
                "auc": audit.powers[column].auc,
                "auc_within_time": audit.powers[column].within,
                "findings": [finding.to_dict() for finding in audit.of(column)],
            }
            for column in audit.ranking
        ],
        "whole_table": [finding.to_dict() for finding in audit.of(WHOLE_TABLE)],
    }


def html(audit: Audit, name: str) -> str:
    """The page; it loads nothing from elsewhere."""
    worst = max((finding.grade for finding in audit.findings), default=Grade.CLEAR)
    return render(
        title=f"{name}: columns that may know the outcome",
        lead=lead(audit),
        conclusion=worst,
        facts=dict(audit.facts)
        | {f"not covered {k + 1}": said for k, said in enumerate(audit.reservations)}
        | {f"remark {k + 1}": said for k, said in enumerate(audit.remarks)},
        tables=[table(audit), readings_table(audit)],
        figures=[figure(audit)] if audit.powers else [],
    )


def table(audit: Audit) -> Table:
    """Every finding, the most suspicious first."""
    title = "Columns that may know the outcome, most suspicious first"
    rows = tuple(map(_row, audit.findings))
    return Table(title, "column", rows, empty="No column is suspicious.")


def readings_table(audit: Audit) -> Table:
    """How each column was read; say otherwise with ``--read COL=KIND``."""
    rows = tuple(
        Row(name, audit.grade(name).name if name in audit.powers else "", said)
        for name, said in audit.readings.items()
    )
    title = "How each column was read (say otherwise with --read COL=KIND)"
    return Table(title, "column", rows, last="read as")


def lead(audit: Audit) -> str:
    """One sentence: how many columns somebody has to answer for."""
    columns = [name for name in audit.accused if name != WHOLE_TABLE]
    table = " and the table as a whole" if WHOLE_TABLE in audit.accused else ""
    if not audit.accused:
        if audit.reservations:
            more = len(audit.reservations) - 1
            return (
                "nothing that was looked at knows the outcome better than it could; but"
                f" {audit.reservations[0]}{f' (and {more} more)' if more else ''}"
            )
        return "nothing here knows the outcome better than it could"
    return f"ask before training: {', '.join(columns) or 'no column'}{table}"


def _row(finding: Finding) -> Row:
    said = (finding.kind, f"Ask: {finding.question}")
    return Row(finding.column or "the table", finding.grade.name, finding.evidence, said)


def figure(audit: Audit) -> Figure:
    """Power of each column alone: over all rows, and among rows of like time."""
    names = audit.ranking[:SHOWN_COLUMNS]

    def draw(axes: "Axes") -> None:
        for place, name in enumerate(names):
            power, color = audit.powers[name], COLORS[audit.grade(name)]
            axes.plot([power.auc, power.within], [place, place], color="#dde4ea", lw=2, zorder=1)
            axes.plot(power.auc, place, "o", mfc="white", mec=color, zorder=2)
            spread = 2 * power.within_se if power.within_se < CHANCE else 0.0
            axes.errorbar(power.within, place, xerr=spread, fmt="o", color=color, zorder=3)
        axes.axvline(CHANCE, color="#8aa0b4", lw=1)
        axes.set_yticks(range(len(names)), [_fit(name) for name in names])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(min(LOWEST, axes.get_xlim()[0]), 1.02)
        axes.set_xlabel("AUC of the column alone (.5: it knows nothing, 1: it knows all)")

    caption = (
        "Filled: among rows of like time, with 95 % intervals; hollow: over all rows. A wide gap is a"
        " proxy of time. Red: leak, amber: ask, grey: a note, green: clear."
    )
    return drawn("power", caption, draw, (7, 1.2 + 0.26 * len(names)))


def _fit(name: str, longest: int = 32) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"
