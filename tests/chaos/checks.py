"""What must hold after every fault. The checks run in a process of their own and return what is wrong."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import router_kit
from slipway.domain.release import fold
from slipway.domain.stage import Stage
from slipway.domain.verdict import Verdict
from slipway.gates import judge
from slipway.registry import projection
from slipway.release import machine
from slipway.release.ledger.check import Witness, ledger_faults
from slipway.steps import context, look

from .steps import LINE, read_notes


def everything(replayed: int, notes: str, after: int, down: list[tuple[float, float]]) -> dict:
    """``wrong`` of ledger, registry, decisions and answers; ``replayed`` is the last epoch decided again."""
    past = context.ledger().transitions(LINE)
    wrong = [*ledger(past), *registry(past), *replay(past, replayed), *answers(notes, after, down)]
    return {"wrong": wrong, "replayed": len(past), "epoch": past[-1].epoch if past else 0}


def ledger(past) -> list[str]:
    """Every epoch once and in order, each step from where the last one ended, and no step twice."""
    wrong = list(map(str, ledger_faults(LINE, context.ledger().rows(LINE), Witness())))
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


def registry(past) -> list[str]:
    """After a look the registry shows what the ledger says."""
    if not past:
        return []
    shown = context.registry().release_state(LINE)
    wanted = projection.project(fold(LINE, past), past, shown.rules).release
    return [] if shown == wanted else [f"registry {shown}, ledger {wanted}"]


def replay(past, replayed: int) -> list[str]:
    """The ledger's inputs give its decisions again."""
    policy, wrong = context.policy_of(LINE), []
    for k, t in enumerate(past):
        if k < replayed or t.look is None or t.actor != f"release_{LINE}":
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
    wrong, keys = [], ["request_id", "item"]
    counted = shown.select(keys).group_by(keys).aggregate([([], "count_all")])
    doubled = counted.filter(pa.compute.greater(counted["count_all"], 1))
    if doubled.num_rows:
        wrong.append(f"{doubled.num_rows} exposures doubled, the first {doubled.slice(0, 1)}")
    logged = set(shown["request_id"].to_pylist())
    lost = [n["request"] for n in told if "request" in n and n["request"] not in logged]
    if lost:
        wrong.append(f"{len(lost)} acknowledged answers lost, the first {lost[0]}")
    columns = [outcomes[c].to_pylist() for c in keys] if outcomes else [[], []]
    clicked = set(zip(*columns, strict=True))
    if told and not clicked:
        wrong.append("nobody could click")
    lost = [n for n in told if "outcome" in n and (n["outcome"], n["item"]) not in clicked]
    if lost:
        wrong.append(f"{len(lost)} acknowledged outcomes lost, the first {lost[0]}")
    return wrong


def answers(notes: str, after: int, down: list[tuple[float, float]]) -> list[str]:
    """No request unanswered or refused while the router's parent lived."""
    wrong = []
    for n in read_notes(Path(notes), after):
        if any(a <= n["wall"] <= b for a, b in down):
            continue
        if "unanswered" in n or ("refused" in n and not _rightly(n)):
            wrong.append(f"{n}"[:300])
    return wrong


def _rightly(note: dict) -> bool:
    """Whether something was refused that nobody could take: a click of a clock that has jumped, or that
    could not be written down. A request for an answer never is.
    """
    why = ("correct the caller's clock", "the router cannot write to its disk")
    return note["path"].endswith("outcomes") and any(text in note["body"] for text in why)
