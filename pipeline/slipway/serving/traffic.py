"""Adapters that show a release state to a team's own flags and servers.

Each has ``show``, which may be called again with the same state, and ``shown``, the epoch that it holds.
flagd's flags are those of its schema (https://flagd.dev/schema/v0/flags.json).
"""

import json
import os
import re
from pathlib import Path
from typing import Any, Protocol

import httpx

from slipway.domain.errors import NotComputable
from slipway.domain.policy import Policy
from slipway.domain.release import Arm
from slipway.domain.traffic import FlagFile, FlagFormat, Traffic, Webhook
from slipway.registry.state import ReleaseState
from slipway.threads import within

WEIGHTS = 10_000
"""Parts of the users that flags divide them into."""

_ACCEPTED = range(200, 300)


class ShownTraffic(Protocol):
    """Somebody who is shown the state of a line."""

    def show(self, state: ReleaseState) -> None:
        """Let users be answered by ``state``; raises NotComputable where that could not be said."""

    def shown(self) -> int | None:
        """Epoch of the state that holds there; None: none, or nobody knows."""


def adapter(of: Traffic, policy: Policy, memory: Path) -> ShownTraffic:
    """The adapter of a declaration; ``memory`` is where a webhook's last answer is kept."""
    return FlagWriter(of, policy) if isinstance(of, FlagFile) else WebhookCaller(of, policy, memory)


def shares(state: ReleaseState, policy: Policy) -> dict[str, float]:
    """The fraction of all users that each arm has, as the router assigns them."""
    rest = 1 - policy.rules_share - policy.explore_share - state.previous_share
    share = state.share if state.candidate else 0.0
    return {
        Arm.CHAMPION.value: rest * (1 - share),
        Arm.CANDIDATE.value: rest * share,
        Arm.PREVIOUS.value: state.previous_share,
        Arm.RULES.value: policy.rules_share,
        Arm.EXPLORE.value: policy.explore_share,
    }


def payload(state: ReleaseState, policy: Policy) -> dict[str, Any]:
    """The state as others read it; ``epoch`` is to be logged with each answer that it decided."""
    return state.to_dict() | {"shares": shares(state, policy)}


class FlagWriter:
    """Writes a flag file."""

    def __init__(self, of: FlagFile, policy: Policy) -> None:
        self._of, self._policy = of, policy

    def show(self, state: ReleaseState) -> None:
        """Replace the file as a whole; one of a later epoch stays, and that is an error."""
        held = self.shown()
        if held is not None and held > state.epoch:
            raise _untold(self._of.name, f"epoch {held} there, and {state.epoch} is to be shown")
        flagd = self._of.format is FlagFormat.FLAGD
        body = flags(state, self._policy) if flagd else payload(state, self._policy)
        text = json.dumps(body, indent=1, sort_keys=True) + "\n"
        try:
            path = self._path()
            draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
            draft.write_text(text)
            draft.replace(path)
        except OSError as error:
            raise _untold(self._of.name, str(error)) from error

    def shown(self) -> int | None:
        """What the file says."""
        try:
            raw = json.loads(self._path().read_text())
            found = raw.get("metadata", raw)["epoch"]
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return None
        return found if isinstance(found, int) else None

    def _path(self) -> Path:
        return Path(_plain(self._of.path, self._of.name))


class WebhookCaller:
    """Calls a webhook."""

    def __init__(self, of: Webhook, policy: Policy, memory: Path) -> None:
        self._of, self._policy, self._memory = of, policy, memory

    def show(self, state: ReleaseState) -> None:
        """POST the state; what it answers is not read, but for the status."""
        headers = {}
        if self._of.token:
            headers["authorization"] = f"Bearer {_token(self._of)}"
        url, body = _plain(self._of.url, self._of.name), payload(state, self._policy)

        def call() -> int:
            with httpx.stream(
                "POST", url, json=body, headers=headers, timeout=self._of.timeout_s
            ) as answer:
                return answer.status_code

        try:
            status = within(self._of.timeout_s, call)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            why = str(error) or type(error).__name__
            raise _untold(
                self._of.name, f"no answer in {self._of.timeout_s:g} s ({why})"
            ) from error
        if status not in _ACCEPTED:
            raise _untold(self._of.name, f"status {status}")
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        draft = self._memory.with_suffix(".draft")
        draft.write_text(json.dumps({"epoch": state.epoch}))
        draft.replace(self._memory)

    def shown(self) -> int | None:
        """The last state that it took."""
        try:
            return int(json.loads(self._memory.read_text())["epoch"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


def flags(state: ReleaseState, policy: Policy) -> dict[str, Any]:
    """The state as a flag of flagd, whose variants are the arms with who answers in each.

    Hold-outs are drawn by the line alone, so that they stay; a hold-back has those whom the champion's
    version would have reached last; the rest is drawn by the candidate's version, its first users being the
    candidate's: a share that grows only adds users.
    """
    parts = {arm: round(share * WEIGHTS) for arm, share in shares(state, policy).items()}
    held = [[arm.value, parts[arm]] for arm in (Arm.RULES, Arm.EXPLORE) if parts[arm]]
    mine = round((state.share if state.candidate else 0.0) * WEIGHTS)
    split: list[list[Any]] = [[Arm.CANDIDATE.value, mine], [Arm.CHAMPION.value, WEIGHTS - mine]]
    user = {"var": "targetingKey"}
    rest = {
        "fractional": [
            {"cat": [state.line, "|", state.candidate or "", "|", user]},
            *[each for each in split if each[1]],
        ]
    }
    drawn = {
        "fractional": [
            {"cat": [state.line, "|hold-out|", user]},
            *held,
            ["rest", WEIGHTS - parts[Arm.RULES] - parts[Arm.EXPLORE]],
        ]
    }
    if state.previous_share:
        rest = _first(_held_back(state, policy), [Arm.PREVIOUS.value], rest)
    targeting = _first(drawn, [str(name) for name, _ in held], rest) if held else rest
    told = {"stage": state.stage, "epoch": state.epoch}
    versions = {
        Arm.CHAMPION: state.champion,
        Arm.CANDIDATE: state.candidate or state.champion,
        Arm.RULES: state.rules,
        Arm.EXPLORE: state.champion,
    }
    if state.previous_share:
        versions[Arm.PREVIOUS] = state.previous_champion
    flag = {
        "state": "ENABLED",
        "variants": {a.value: {"arm": a.value, "version": v, **told} for a, v in versions.items()},
        "defaultVariant": Arm.CHAMPION.value,
        "targeting": targeting,
    }
    return {
        "$schema": "https://flagd.dev/schema/v0/flags.json",
        "flags": {state.line: flag},
        "metadata": {"epoch": state.epoch, "line": state.line},
    }


def _held_back(state: ReleaseState, policy: Policy) -> dict[str, Any]:
    """Who is held back beside a new champion, of the users outside the hold-outs."""
    outside = 1 - policy.rules_share - policy.explore_share
    back = round(state.previous_share / outside * WEIGHTS)
    key = {"cat": [state.line, "|", state.champion or "", "|", {"var": "targetingKey"}]}
    return {"fractional": [key, ["rest", WEIGHTS - back], [Arm.PREVIOUS.value, back]]}


def _first(drawn: dict[str, Any], arms: list[str], otherwise: dict[str, Any]) -> dict[str, Any]:
    """The arm that was drawn where it is one of these, else another rule."""
    return {"if": [{"in": [drawn, arms]}, drawn, otherwise]}


def _token(of: Webhook) -> str:
    """Its word, which no error may say: a client names a header that it cannot send."""
    found = _plain(of.token, of.name).strip()
    if not re.fullmatch("[!-~]+", found):
        raise _untold(of.name, f"{of.token} holds what no header can carry")
    return found


def _plain(text: str, name: str) -> str:
    """The text itself, or what the variable that it names holds."""
    if not text.startswith("$"):
        return text
    found = os.environ.get(text[1:], "")
    if not found:
        raise _untold(name, f"{text} is not set")
    return found


def _untold(name: str, found: str) -> NotComputable:
    return NotComputable(
        name,
        found=found,
        expected="the release state shown there",
        next_step="mend it; the next look shows it again",
    )
