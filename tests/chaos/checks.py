"""What must hold after every fault. Each check runs in a process of its own and returns what is wrong."""

from collections import Counter
from pathlib import Path

import router_kit
from slipway.domain.release import fold
from slipway.domain.stage import Stage
from slipway.domain.verdict import Verdict
from slipway.gates import judge
from slipway.release import machine
from slipway.steps import context, look

from .steps import LINE, read_notes


def ledger() -> list[str]:
    """Every epoch once and in order, each step from where the last one ended, and no step twice."""
    past, wrong = context.ledger().transitions(LINE), []
    if [t.epoch for t in past] != list(range(1, len(past) + 1)):
        wrong.append(f"epochs {[t.epoch for t in past]}")
    where: dict[str, Stage | None] = {}
    seen = Counter()
    for t in past:
        who = t.candidate.version
        if t.from_stage != where.get(who) and t.from_stage is not None:
            wrong.append(
                f"epoch {t.epoch}: from {t.from_stage}, but {who} stood in {where.get(who)}"
            )
        where[who] = t.to_stage
        seen[who, t.to_stage] += 1
    wrong += [f"{who} entered {stage} {n} times" for (who, stage), n in seen.items() if n > 1]
    return wrong


def registry() -> list[str]:
    """After a look the registry shows what the ledger says."""
    past = context.ledger().transitions(LINE)
    if not past:
        return []
    state, shown = fold(LINE, past), context.registry().release_state(LINE)
    found = (shown.epoch, shown.champion)
    return [] if found == (state.epoch, state.champion) else [f"registry {found}, ledger {state}"]


def replay() -> list[str]:
    """The ledger's inputs give its decisions again."""
    policy, wrong = context.policy_of(LINE), []
    past = context.ledger().transitions(LINE)
    for k, t in enumerate(past):
        if t.look is None or t.actor != f"release_{LINE}":
            continue
        before = fold(LINE, past[:k])
        live = look.load(look.path_of(LINE, before.epoch, t.look))
        again = [judge(v.gate, live, policy) for v in t.verdicts]
        if [v.to_dict() for v in again] != [v.to_dict() for v in t.verdicts]:
            wrong.append(f"epoch {t.epoch}: other verdicts")
        if t.to_stage is Stage.CHAMPION:
            continue  # by a person's word
        decided = machine.decide(
            before, [Verdict.from_dict(v.to_dict()) for v in again], policy, t.at
        )
        if getattr(decided, "to_stage", None) is not t.to_stage:
            wrong.append(f"epoch {t.epoch}: {t.to_stage} was decided, now {decided}")
    return wrong


def log(home: str, notes: str, until: float) -> list[str]:
    """Every answer and outcome acknowledged before ``until`` is in the log, no exposure twice."""
    told = [n for n in read_notes(Path(notes)) if n["wall"] < until]
    shown, outcomes = router_kit.read_log(Path(home))
    wrong = []
    rows = Counter(zip(*(shown[c].to_pylist() for c in ("request_id", "item")), strict=True))
    doubled = [key for key, n in rows.items() if n > 1]
    if doubled:
        wrong.append(f"{len(doubled)} exposures doubled, the first {doubled[0]}")
    logged = {request for request, _ in rows}
    lost = [n["request"] for n in told if "request" in n and n["request"] not in logged]
    if lost:
        wrong.append(f"{len(lost)} acknowledged answers lost, the first {lost[0]}")
    columns = [outcomes[c].to_pylist() for c in ("request_id", "item")] if outcomes else [[], []]
    clicked = set(zip(*columns, strict=True))
    lost = [n for n in told if "outcome" in n and (n["outcome"], n["item"]) not in clicked]
    if lost:
        wrong.append(f"{len(lost)} acknowledged outcomes lost, the first {lost[0]}")
    return wrong


def answers(notes: str, down: list[tuple[float, float]], since: float) -> list[str]:
    """No request without an answer, and no 5xx, while the router's parent lived."""
    wrong = []
    for n in read_notes(Path(notes)):
        if n["wall"] < since or any(a <= n["wall"] <= b for a, b in down):
            continue
        if "unanswered" in n or n.get("refused", 0) >= 500:
            wrong.append(f"{n}"[:300])
    return wrong
