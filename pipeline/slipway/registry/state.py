"""What the registry says a line serves now: one tag, written in one piece by the release."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import orjson

from slipway.domain.errors import BadInput
from slipway.domain.stage import LIVE_STAGES, Stage

TAG = "slipway.release"
RULES_SUFFIX = "-rules"


@dataclass(frozen=True, slots=True)
class Release:
    """The release state of a line as of ``epoch``.

    ``champion``, ``candidate`` and ``previous_champion`` are versions of the registered model
    ``line``; ``rules`` is a version of ``line-rules``. Without a champion the rules stand in.
    ``share`` is the candidate's fraction of users, 0 outside live stages.
    """

    line: str
    epoch: int = 0
    stage: str = ""
    share: float = 0.0
    champion: str | None = None
    candidate: str | None = None
    rules: str | None = None
    previous_champion: str | None = None

    @property
    def in_shadow(self) -> bool:
        """Whether the candidate scores requests without answering them."""
        return self.candidate is not None and self.stage == Stage.SHADOW

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        """All (registered model, version) that may be asked, without repetition."""
        versions = (self.champion, self.candidate, self.previous_champion)
        own = [(self.line, version) for version in versions if version]
        rules = [(self.line + RULES_SUFFIX, self.rules)] if self.rules else []
        return tuple(dict.fromkeys(own + rules))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_text(cls, text: str | bytes, line: str) -> Self:
        """Read the tag's JSON; raises BadInput."""
        try:
            raw = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise _refuse(line, "tag", str(error), "JSON") from error
        return cls.from_dict(raw, line)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], line: str) -> Self:
        """Read a JSON object, ignoring words of newer writers; raises BadInput for a bad value."""
        if not isinstance(raw, Mapping):
            raise _refuse(line, "tag", raw, "an object")
        known = {item.name for item in fields(cls)}
        state = cls(**{"line": line} | {k: v for k, v in raw.items() if k in known})
        if state.line != line:
            raise _refuse(line, "line", state.line, repr(line))
        for name in ("champion", "candidate", "rules", "previous_champion"):
            version = getattr(state, name)
            if version is not None and not _is_version(version):
                raise _refuse(line, name, version, "a version's digits or null")
        if not isinstance(state.epoch, int) or isinstance(state.epoch, bool) or state.epoch < 0:
            raise _refuse(line, "epoch", state.epoch, "a whole number from 0")
        return state._with_stage()

    def _with_stage(self) -> Self:
        stage = self.stage or ""
        if stage and stage not in {s.value for s in Stage}:
            raise _refuse(self.line, "stage", stage, "a stage or nothing")
        share = self.share
        if not isinstance(share, int | float) or isinstance(share, bool) or not 0 <= share <= 1:
            raise _refuse(self.line, "share", share, "in [0, 1]")
        live = self.candidate is not None and stage in LIVE_STAGES
        clean = {"stage": stage if self.candidate else "", "share": float(share) if live else 0.0}
        return type(self)(**asdict(self) | clean)


def _is_version(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit()


def _refuse(line: str, word: str, found: object, expected: str) -> BadInput:
    return BadInput(
        f"{TAG} of {line}: {word}",
        found=found,
        expected=expected,
        next_step="the router goes on with the last state it understood",
    )
