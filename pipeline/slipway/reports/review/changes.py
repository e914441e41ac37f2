"""What changed against the champion: data, columns, declaration, recipe, code; a diff in words."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from slipway.domain.errors import BadInput
from slipway.lines.changes import changes as definition_changes
from slipway.lines.definition import Definition
from slipway.reports.review.brief import Brief
from slipway.reports.review.words import label

SAME, CHANGED, UNKNOWN = "same", "changed", "not known"

_PARTS = {
    "code": "Slipway's code",
    "line": "the line's own code",
    "environment": "installed packages",
    "adopted": "files of the adopted model",
    "snapshot": "content of the training table",
    "learned": "what was learned",
}


class ReviewedChange(NamedTuple):
    """One part, whether it changed (:data:`SAME`, :data:`CHANGED`, :data:`UNKNOWN`), before and after."""

    part: str
    word: str
    before: str
    after: str


def changes(brief: Brief) -> tuple[ReviewedChange, ...]:
    """Every part, the changed ones first; without a champion's record nothing is guessed."""
    after, before = brief.run, brief.champion_run
    if not after:
        return (
            ReviewedChange(
                "everything", UNKNOWN, "", "its training run left no record that can be read"
            ),
        )
    if brief.champion is None:
        return (
            ReviewedChange(
                "everything", CHANGED, "no champion: the hand-written rules", _window(after)
            ),
        )
    if not before:
        why = f"version {brief.champion} was registered before such records were kept"
        return (ReviewedChange("everything", UNKNOWN, why, _window(after)),)
    found = [*_plain(before, after), *_columns(before, after), *_declared(before, after)]
    return tuple(sorted(found, key=lambda one: (CHANGED, UNKNOWN, SAME).index(one.word)))


def _plain(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ReviewedChange]:
    yield _change("data interval", _window(before), _window(after))
    yield _change("rows of the training table", _rows(before), _rows(after))
    old, new = before.get("recipe", {}), after.get("recipe", {})
    differ = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    shown = [name for name in differ if name != "inputs"]
    for name in shown:
        yield _change(
            f"recipe: {label(name)}",
            str(old.get(name, "the default")),
            str(new.get(name, "the default")),
        )
    if not shown:
        yield ReviewedChange("recipe", SAME, str(old.get("name", "")), str(new.get("name", "")))
    for part, words in _PARTS.items():
        digests = [side.get("parts", {}).get(part) for side in (before, after)]
        if any(digests):
            yield _change(words, *(str(digest or "none")[:12] for digest in digests))


def _columns(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ReviewedChange]:
    old, new = (side.get("recipe", {}).get("inputs", ()) for side in (before, after))
    gone, come = [c for c in old if c not in new], [c for c in new if c not in old]
    if not gone and not come:
        yield ReviewedChange("columns read", SAME, f"{len(old)}", f"{len(new)}")
    if gone or come:
        lost = f"no more: {', '.join(gone)}" if gone else f"{len(old)}"
        yield ReviewedChange(
            "columns read", CHANGED, lost, f"new: {', '.join(come)}" if come else f"{len(new)}"
        )


def _declared(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ReviewedChange]:
    try:
        old, new = (
            Definition.from_text(str(side.get("definition", "")), "of a version")
            for side in (before, after)
        )
    except BadInput:
        yield ReviewedChange("declaration of the line", UNKNOWN, "", "")
        return
    found = definition_changes(old, new)
    for one in found:
        yield ReviewedChange(
            f"declaration: {one.place}", CHANGED, one.before, f"{one.after} ({one.effect.value})"
        )
    if not found:
        yield ReviewedChange("declaration of the line", SAME, old.short, new.short)


def _change(part: str, before: str, after: str) -> ReviewedChange:
    return ReviewedChange(part, SAME if before == after else CHANGED, before, after)


def _window(record: Mapping[str, Any]) -> str:
    start, end = record.get("interval", ("?", "?"))
    return f"{str(start)[:10]} to {str(end)[:10]}"


def _rows(record: Mapping[str, Any]) -> str:
    rows = record.get("rows")
    return f"{rows:,}" if isinstance(rows, int) else "not known"
