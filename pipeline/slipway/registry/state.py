"""What a line serves now, as the registry shows it: one model tag, written and read in one piece.

The pipeline writes it, the guard in MLflow's server lets it pass, the router obeys it. All three read
it here, so that what one refuses the others refuse, too.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from slipway.domain.errors import BadInput
from slipway.domain.stage import MEETS_USERS, Stage
from slipway.registry.names import RELEASE, rules_model

MAX_SHARE = 0.5
"""A candidate is on trial: its control is never smaller than itself, and no policy may say more."""

MAX_EPOCH = 1_000_000
"""More steps than a line takes in nine years at one each five minutes: a larger one is a mistake."""

LARGEST_LEAP = 12
"""Epochs that one state may be ahead of the one shown before: a whole release that could not be shown is
nine steps, the one that waited behind it two, the return of its champion one. A larger leap would
make many later states too late; a ledger that is further ahead is shown in several."""

_VERSIONS = ("champion", "candidate", "rules", "previous_champion")

_LATER = ("previous_share",)
"""What a tag of an older writer does not have, and a router of that age leaves out."""


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """The release state of a line as of ``epoch``; raises BadInput for one that cannot be.

    ``champion``, ``candidate`` and ``previous_champion`` are versions of the registered model
    ``line``; ``rules`` is a version of ``line-rules``. Without a champion the rules stand in.
    ``share`` is the candidate's fraction of users, 0 outside live stages. ``previous_share`` is the
    fraction of all users whom the previous champion answers beside the champion, as hold-back of its
    watch: they are set apart before anybody meets a candidate.
    """

    line: str
    epoch: int = 0
    stage: str = ""
    share: float = 0.0
    champion: str | None = None
    candidate: str | None = None
    rules: str | None = None
    previous_champion: str | None = None
    previous_share: float = 0.0

    def __post_init__(self) -> None:
        whole = isinstance(self.epoch, int) and not isinstance(self.epoch, bool)
        if not whole or not 0 <= self.epoch <= MAX_EPOCH:
            raise _refuse(self.line, "epoch", self.epoch, f"a whole number from 0 to {MAX_EPOCH}")
        for name in _VERSIONS:
            version = getattr(self, name)
            if version is not None and not _is_version(version):
                raise _refuse(self.line, name, version, "a version's digits or null")
        self._check_stage()
        self._check_share()
        self._check_previous()

    def _check_stage(self) -> None:
        if self.stage not in ("", *Stage):
            raise _refuse(self.line, "stage", self.stage, "a stage or nothing")
        if self.stage and self.candidate is None:
            raise _refuse(self.line, "stage", self.stage, "nothing where there is no candidate")

    def _check_share(self) -> None:
        share = self.share
        if not _is_share(share):
            raise _refuse(self.line, "share", share, f"a number in [0, {MAX_SHARE}]")
        if share and self.stage not in MEETS_USERS:
            raise _refuse(
                self.line, "share", share, f"0 in stage {self.stage!r}, as it is not live"
            )

    def _check_previous(self) -> None:
        share = self.previous_share
        if not _is_share(share):
            raise _refuse(self.line, "previous_share", share, f"a number in [0, {MAX_SHARE}]")
        if share and not (self.champion and self.previous_champion):
            expected = "0 where no champion stands before another one"
            raise _refuse(self.line, "previous_share", share, expected)

    @property
    def in_shadow(self) -> bool:
        """Whether the candidate scores requests without answering them."""
        return self.stage == Stage.SHADOW

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        """All (registered model, version) that may be asked, without repetition."""
        versions = (self.champion, self.candidate, self.previous_champion)
        own = [(self.line, version) for version in versions if version]
        rules = [(rules_model(self.line), self.rules)] if self.rules else []
        return tuple(dict.fromkeys(own + rules))

    @property
    def versions(self) -> frozenset[str]:
        """The versions of the line's own model that may be asked."""
        named = (self.champion, self.candidate, self.previous_champion)
        return frozenset(version for version in named if version)

    def without(self, versions: Collection[str]) -> Self:
        """The same state with these versions taken off: who stood before them leads, at last the rules."""
        if not self.versions.intersection(versions):
            return self
        state = self
        if state.candidate in versions:
            state = replace(state, candidate=None, stage="", share=0.0)
        if state.previous_champion in versions:
            state = replace(state, previous_champion=None, previous_share=0.0)
        if state.champion in versions:
            state = replace(
                state, champion=state.previous_champion, previous_champion=None, previous_share=0.0
            )
        return state

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back. Without a hold-back it knows of none."""
        raw = asdict(self)
        return {name: raw[name] for name in raw if name not in _LATER or raw[name]}

    def to_text(self) -> str:
        """The tag's JSON; :meth:`from_text` reads it back."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_text(cls, text: str | bytes, line: str) -> Self:
        """Read the tag of ``line``; raises BadInput."""
        try:
            raw = json.loads(text)
        except ValueError:
            raw = text
        return cls.from_dict(raw, line)

    @classmethod
    def if_understood(cls, text: str | None, line: str) -> Self | None:
        """The state in the tag of ``line``; ``None`` for no tag, and for one that no router obeys."""
        try:
            return cls.from_text(text, line) if text else None
        except BadInput:
            return None

    @classmethod
    def from_dict(cls, raw: object, line: str) -> Self:
        """Read a JSON object of ``line``, ignoring keys of newer writers; raises BadInput."""
        names = {item.name for item in fields(cls)}
        needed = [item.name for item in fields(cls) if item.name not in _LATER]
        if not isinstance(raw, Mapping) or not raw.keys() >= set(needed):
            found = (raw if isinstance(raw, str) else json.dumps(raw, default=str))[:200]
            raise _refuse(line, "tag", found, f"a JSON object with {', '.join(needed)}")
        if raw["line"] != line:
            raise _refuse(line, "line", raw["line"], repr(line))
        return cls(**{name: value for name, value in raw.items() if name in names})


def _is_share(value: object) -> bool:
    """Whether nobody, or at most half of the users, can be meant; NaN is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= MAX_SHARE


def _is_version(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit()


def _refuse(line: str, name: str, found: object, expected: str) -> BadInput:
    return BadInput(
        f"{RELEASE} of {line}: {name}",
        found=found,
        expected=expected,
        next_step="write it through slipway.registry.client; the last state understood stays",
    )
