"""What the loop lets processes do: look, offer, review, take back. Each is a fork of its own."""

import json
from pathlib import Path
from typing import Any

import httpx
import router_kit
from slipway.artifact.folder import write_rules
from slipway.domain.release import Candidate, Origin
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates import OFFLINE
from slipway.release import transitions
from slipway.settings import settings
from slipway.steps import context, publish, release, rollback

LINE = "feed"


def look() -> dict[str, Any]:
    """One run of the reconciler: observe, compare, decide, apply."""
    seen = release.observe(LINE)
    verdicts = [release.compare(seen, gate) for gate in seen["gates"]]
    found = release.apply(LINE, release.decide(seen, verdicts))
    return {"epoch": found["epoch"], "moved": found["moved"], "reason": found["reason"]}


def show() -> list[str]:
    """What every look ends with: bring the registry in step with the ledger."""
    return list(publish.show(LINE))


def register_rules() -> str:
    """The hand-written rules, as the weekly run registers them."""
    folder = settings().home / "made" / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    write_rules(folder, context.line_of(LINE), theta=[1.0, 0.6])
    registry = context.registry()
    found = registry.register_rules(LINE, folder, author="slipway")
    ledger = context.ledger()
    registry.project(ledger.state(LINE), ledger.transitions(LINE))
    return found


def offer(number: int) -> str:
    """Register the ``number``-th model and offer it; repeating it changes nothing."""
    home = settings().home
    folder = home / "made" / f"model-{number}"
    if not (folder / "ranker.json").exists():
        router_kit.ranker(folder, seed=number, max_iter=5)
    evidence = home / "made" / f"evidence-{number}"
    evidence.mkdir(parents=True, exist_ok=True)
    (evidence / "page.html").write_text(f"<h1>Model {number}</h1>")
    fingerprint = f"{number:064x}"
    version = context.registry().register(
        LINE,
        folder,
        evidence,
        key=f"chaos:{number}",
        tags={"author": "adam", "origin": "manual", "fingerprint": fingerprint},
        description=f"# Model {number}",
        metrics={"log_loss": 0.5},
    )
    ledger, now = context.ledger(), context.now()
    if any(t.candidate.version == version for t in ledger.transitions(LINE)):
        return version
    candidate = Candidate(
        version, fingerprint, "adam", Origin.MANUAL, now, Stage.OFFERED, stage_since=now
    )
    verdicts = [Verdict(gate, Conclusion.PASS, "so it is here") for gate in OFFLINE]
    state = ledger.state(LINE)
    for step in transitions.offer(state, candidate, now=now, actor="chaos", verdicts=verdicts):
        ledger.append(step)
    return version


def take_back(reason: str) -> str:
    """A person takes the candidate back."""
    rollback.roll_back(LINE, reason, actor="rita")
    return "taken back"


def review(url: str, word: str) -> str:
    """Rita approves the version that waits, in the registry."""
    state = context.ledger().state(LINE)
    candidate = state.candidate
    if candidate is None or candidate.stage is not Stage.APPROVAL:
        return "nothing waits"
    if context.registry().reviews(LINE, candidate.version) is not None:
        return "reviewed"
    text = f"approve {candidate.evidence_digest[:12]} it lost nothing under chaos"
    answer = httpx.post(
        f"{url}/api/2.0/mlflow/model-versions/set-tag",
        auth=("rita", word),
        timeout=60,
        json={"name": LINE, "version": candidate.version, "key": "review", "value": text},
    )
    return "said" if answer.is_success else f"refused: {answer.status_code} {answer.text[:300]}"


def stage() -> dict[str, Any]:
    """Where the line stands."""
    state = context.ledger().state(LINE)
    who = state.candidate
    return {
        "epoch": state.epoch,
        "champion": state.champion,
        "candidate": who.version if who else None,
        "stage": who.stage.value if who else None,
    }


def read_notes(path: Path, after: int = 0) -> list[dict[str, Any]]:
    """What the visitors wrote after so many bytes, but for a line that is being written."""
    with path.open("rb") as file:
        file.seek(after)
        return [json.loads(line) for line in file if line.endswith(b"\n")]
