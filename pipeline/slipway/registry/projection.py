"""What the registry shows of a ledger: pure, so that an interrupted projection is just redone."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from slipway.domain.release import LineState, Transition
from slipway.domain.stage import MEETS_USERS, Stage
from slipway.registry.names import CANDIDATE, CHAMPION, EVIDENCE_DIGEST, REASON, STAGE
from slipway.registry.state import LARGEST_LEAP, MAX_EPOCH, ReleaseState
from slipway.release.ledger import takes_away

_SHOWN = MEETS_USERS | {Stage.SHADOW}


@dataclass(frozen=True, slots=True)
class Projection:
    """What must stand in the registry.

    ``release`` is what the release tag says; ``aliases`` maps alias → version (``None``: taken
    away); ``versions`` maps version → its tags.
    """

    release: ReleaseState
    aliases: Mapping[str, str | None]
    versions: Mapping[str, Mapping[str, str]]

    def at_most(self, shown: ReleaseState, transitions: Sequence[Transition]) -> "Projection":
        """What of this picture takes away from ``shown``: all that an unsound ledger may show."""
        release = at_most(shown, self.release, transitions)
        return Projection(release, {CHAMPION: release.champion, CANDIDATE: release.candidate}, {})

    def without(self, versions: Collection[str]) -> "Projection":
        """The same picture with these versions taken off."""
        release = self.release.without(versions)
        if release == self.release:
            return self
        aliases = {CHAMPION: release.champion, CANDIDATE: release.candidate}
        return replace(self, release=release, aliases=aliases)


def project(
    state: LineState, transitions: Sequence[Transition], rules: str | None, since: int = 0
) -> Projection:
    """The registry's picture of a line.

    Args:
        state: fold of ``transitions``.
        transitions: the line's ledger in epoch order.
        rules: version of the rules that serves, if registered.
        since: only versions with transitions after this epoch get their tags again.
    """
    candidate = state.candidate
    shown = candidate is not None and candidate.stage in _SHOWN
    version = candidate.version if candidate and shown else None
    release = ReleaseState(
        line=state.line,
        epoch=state.epoch
        if _can_be(state.epoch)
        else MAX_EPOCH,  # of a row that a hand has written
        stage=candidate.stage.value if candidate and shown else "",
        share=_share(state, transitions) if shown else 0.0,
        champion=state.champion,
        candidate=version,
        rules=rules,
        previous_champion=state.previous_champion,
        previous_share=state.previous_share if state.champion else 0.0,
    )
    shown_as = Projection(
        release=release,
        aliases={CHAMPION: state.champion, CANDIDATE: version},
        versions=_tags(transitions, since),
    )
    return shown_as.without(_taken_off(transitions))


def _taken_off(transitions: Sequence[Transition]) -> set[str]:
    """Versions whose newest line took them off: whatever a state makes of them, nobody is shown one."""
    newest = {t.candidate.version: t for t in transitions}
    return {version for version, t in newest.items() if takes_away(t)}


def at_most(
    shown: ReleaseState, wanted: ReleaseState, transitions: Sequence[Transition]
) -> ReleaseState:
    """What is shown, less what the ledger takes away: for a ledger that may not promote.

    A candidate that the ledger does not know is judged by nobody, and is taken away, too. The epoch
    never goes back, so that a return is shown whatever became of the ledger, and does not leap.
    """
    forward = 0 <= wanted.epoch - shown.epoch <= LARGEST_LEAP
    last = {t.candidate.version: t.to_stage for t in transitions}
    ended = {v for v, stage in last.items() if stage.is_final and stage is not Stage.CHAMPION}
    leading = (shown.champion, shown.previous_champion)
    stands = [version for version in leading if version and version not in ended]
    same = wanted.candidate is not None and wanted.candidate == shown.candidate
    kept = stands == list(leading) and leading == (wanted.champion, wanted.previous_champion)
    less = wanted if wanted.share < shown.share else shown
    return replace(
        shown,
        epoch=wanted.epoch if forward else shown.epoch,
        champion=stands[0] if stands else None,
        previous_champion=stands[1] if len(stands) > 1 else None,
        candidate=shown.candidate if same else None,
        stage=less.stage if same else "",
        share=less.share if same else 0.0,
        previous_share=min(shown.previous_share, wanted.previous_share) if kept else 0.0,
    )


def climb(
    shown: ReleaseState, wanted: ReleaseState, transitions: Sequence[Transition]
) -> Iterator[ReleaseState]:
    """The states between, where ``wanted`` is further ahead than one state may be of the one before.

    Each takes away at once whatever ``wanted`` takes away, and gives nothing.
    """
    for epoch in range(shown.epoch + LARGEST_LEAP, wanted.epoch, LARGEST_LEAP):
        yield replace(at_most(shown, wanted, transitions), epoch=epoch)


def _can_be(epoch: object) -> bool:
    return isinstance(epoch, int) and 0 <= epoch <= MAX_EPOCH


def _share(state: LineState, transitions: Sequence[Transition]) -> float:
    """The candidate's share: that of the last line which speaks of it."""
    candidate = state.candidate
    if candidate is None or candidate.stage not in MEETS_USERS:
        return 0.0
    shares = [t.share for t in transitions if t.candidate.version == candidate.version]
    return shares[-1] if shares else 0.0


def _tags(transitions: Sequence[Transition], since: int) -> dict[str, dict[str, str]]:
    tags: dict[str, dict[str, str]] = {}
    for t in transitions:
        if t.epoch <= since:
            continue
        earlier = tags.pop(t.candidate.version, {})
        digest = t.candidate.evidence_digest or t.evidence_digest
        # the stage last: whoever sees it finds the digest that belongs to it
        frozen = {EVIDENCE_DIGEST: digest} if digest else {}
        earlier = {name: value for name, value in earlier.items() if name not in (STAGE, REASON)}
        tags[t.candidate.version] = earlier | frozen | {REASON: t.reason, STAGE: t.to_stage.value}
    return tags
