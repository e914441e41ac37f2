"""The readiness of a line: collect what there is, let the rubric judge it, keep what people confirm.

``readiness/<line>.json`` in the stack's folder holds the confirmations: item → who, when, why; and
``readiness/<line>.champion.json`` what the champion's columns and groups of people are to it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from slipway import lines
from slipway.data import json_file
from slipway.data.drafts import newest
from slipway.data.frozen_tables import describe
from slipway.domain.champion_check import ChampionCheck
from slipway.domain.errors import BadInput
from slipway.kinds import kind_of
from slipway.lines import store
from slipway.lines.definition import compiled
from slipway.readiness.facts import ConsistencyFacts, ReadinessFacts, RerunFacts, ValidationFacts
from slipway.readiness.score import Confirmation, ReadinessScore, check_item, score
from slipway.settings import settings
from slipway.steps import context, drill, ledger_check, retrain_ask, watch_facts

FOLDER, VALIDATED = "readiness", ".validation.json"
T = TypeVar("T")


def of(line_name: str) -> ReadinessScore:
    """The score of a line now; raises UnknownReference for an unknown one, BadConfig for a broken one."""
    return score(collect(line_name), confirmed(line_name))


def confirm(line_name: str, item: str, *, by: str, reason: str) -> Confirmation:
    """Keep a person's word for an item; raises BadInput without a reason, or for no item."""
    lines.declaration_of(line_name)
    check_item(item)
    if not reason.strip():
        raise BadInput(
            "reason", found=reason, expected="a sentence", next_step="say what you looked at"
        )
    found = Confirmation(by, datetime.now(UTC), reason.strip())
    path = _confirmations(line_name)
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {name: each.to_dict() for name, each in confirmed(line_name).items()}
    json_file.write(path, {**kept, item: found.to_dict()})
    return found


def confirmed(line_name: str) -> dict[str, Confirmation]:
    """Item → the last confirmation; raises BadInput for a damaged file, which is no confirmation."""
    path = _confirmations(line_name)
    try:
        raw = json_file.read(path) if path.exists() else {}
        return {item: Confirmation.from_dict(each) for item, each in raw.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            f"{FOLDER}/{path.name}",
            found=str(error),
            expected="confirmations as slipway writes them",
            next_step="restore or remove the file",
        ) from error


def _confirmations(line_name: str) -> Path:
    return settings().home / FOLDER / f"{line_name}.json"


def _check_file(line_name: str) -> Path:
    return settings().home / FOLDER / f"{line_name}.champion.json"


def check_champion(line_name: str) -> ChampionCheck | None:
    """Check the champion on the newest validated table and keep it; None where there is nothing to check.

    What was checked already is not checked again. Raises SlipwayError where the registry or the table cannot
    be read, or nothing can be measured on it.
    """
    line, champion = context.declared(line_name), context.ledger().state(line_name).champion
    valid = [path for path, raw in _validated(line_name) if raw["success"]]
    if champion is None or not valid:
        return None
    snapshot = valid[-1].with_name(valid[-1].name.replace(VALIDATED, ".parquet"))
    known = _checked(line_name)
    if known and (known.version, known.snapshot) == (champion, describe(snapshot).digest):
        return known
    with context.versions(line_name) as fetch:
        found = kind_of(line).check_champion(line, snapshot, fetch(champion), champion)
    if found is not None:
        path = _check_file(line_name)
        path.parent.mkdir(parents=True, exist_ok=True)
        json_file.write(path, found.to_dict())
    return found


def _checked(line_name: str) -> ChampionCheck | None:
    path = _check_file(line_name)
    return ChampionCheck.from_dict(json_file.read(path)) if path.is_file() else None


def _validated(line_name: str) -> list[tuple[Path, dict[str, Any]]]:
    """What validation said of each snapshot, that of the newest interval at the end."""
    found = sorted((settings().home / "snapshots" / line_name).glob(f"*{VALIDATED}"))
    return [(path, json_file.read(path)) for path in found]


def collect(line_name: str) -> ReadinessFacts:
    """Everything the rubric asks for; what cannot be collected is missing with its reason."""
    line = context.declared(line_name)
    missing: dict[str, str] = {}

    def tried(name: str, collected: Callable[[], T | None]) -> T | None:
        try:
            return collected()
        except Exception as error:  # noqa: BLE001 - a check that cannot run says so and scores 0
            missing[name] = f"could not be collected: {context.in_one_line(error)}"
            return None

    runs = tried("runs", lambda: _runs(line_name)) or []
    state = tried("state", lambda: context.ledger().state(line_name))
    past = tried("past", lambda: context.ledger().transitions(line_name)) or ()
    faults = tried("ledger_faults", lambda: tuple(ledger_check.on_board(line_name)))
    return ReadinessFacts(
        line=line_name,
        now=context.now(),
        inputs=tuple(line.recipe.inputs),
        timeout_days=line.policy.timeout_days,
        state=state,
        past=tuple(past),
        validation=tried("validation", lambda: _validation(line_name)),
        audited=tried("audited", lambda: _audited(runs)),
        planned=tried("planned", lambda: _planned(line_name)),
        expired=tried("expired", lambda: _expired(line_name)),
        reruns=tried("reruns", lambda: _reruns(runs)),
        consistency=tried("consistency", lambda: _consistency(line_name)),
        drift_weeks=tried("drift_weeks", lambda: _drift_weeks(line_name)),
        stale=tried("stale", lambda: tuple(c.words for c in retrain_ask.facts(line_name).curve)),
        drill=tried("drill", lambda: drill.last(line_name)),
        checked=tried("checked", lambda: _checked(line_name)),
        ledger_faults=(missing["ledger_faults"],) if faults is None else faults,
        missing=missing,
    )


def _runs(line_name: str) -> list[Path]:
    """Working folders of runs, the one that changed last at the end."""
    folder = settings().home / "work" / line_name / "runs"
    return sorted(folder.glob("*"), key=newest)


def _validation(line_name: str) -> ValidationFacts | None:
    """Of the newest snapshot that was validated."""
    found = _validated(line_name)
    if not found:
        return None
    raw = found[-1][1]
    return ValidationFacts(str(raw["run"]), bool(raw["success"]), dict(raw["expectations"]))


def _audited(runs: list[Path]) -> tuple[str, ...] | None:
    """The columns that the audit of the newest registered run accuses; None where none was audited."""
    for run in reversed(runs):
        path = run / "evidence" / "audit.json"
        if path.exists():
            return tuple(json_file.read(path)["accused"])
    return None


def _planned(line_name: str) -> bool:
    used = store.in_use(settings().home, line_name)
    return used is not None and used.digest == compiled(lines.declared(line_name)).digest


def _expired(line_name: str) -> int:
    from slipway.steps import retention  # reads the log's folders

    return len(retention.plan(line_name))


def _reruns(runs: list[Path]) -> RerunFacts:
    """Groups of kept runs with equal causes, and whether they learned the same."""
    learned: dict[tuple[str, ...], list[str]] = {}
    environments: set[str] = set()
    for run in runs:
        path = run / "trained.json"
        if path.exists():
            digests: dict[str, Any] = json_file.read(path)["digests"]
            environments.add(digests["environment"])
            causes = tuple(v for name, v in sorted(digests.items()) if name != "learned")
            learned.setdefault(causes, []).append(digests["learned"])
    again = [group for group in learned.values() if len(group) > 1]
    same = sum(len(set(group)) == 1 for group in again)
    return RerunFacts(sum(map(len, learned.values())), same, len(again) - same, len(environments))


def _consistency(line_name: str) -> ConsistencyFacts | None:
    """The newest comparison that is kept."""
    found = sorted((settings().home / "work" / line_name / "consistency").glob("*.json"))
    if not found:
        return None
    raw = json_file.read(found[-1])
    wrong = tuple(
        str(each["column"])
        for each in raw["columns"]
        if each["mismatch"] or each["missing"] or each["extra"]
    )
    return ConsistencyFacts(found[-1].stem, int(raw["rows"]), wrong)


def _drift_weeks(line_name: str) -> int | None:
    drift = watch_facts.of(line_name).drift
    return len(drift.periods) if drift else None


def in_words(line_name: str) -> str:
    """The score in a sentence for a page that must not fail; "" where the line cannot be scored."""
    try:
        found = of(line_name)
    except Exception:  # noqa: BLE001 - whatever is damaged of the one line
        return ""
    return found.words


def final_or_none(line_name: str) -> float | None:
    """The final score for a page that must not fail; None where the line cannot be scored."""
    try:
        return of(line_name).final
    except Exception:  # noqa: BLE001 - whatever is damaged of the one line
        return None
