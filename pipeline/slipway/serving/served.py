"""What one worker serves of a line: for each arm, who answers and who steps in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway.artifact.digest import digest
from slipway.artifact.load import builtin_rules, load_ranker
from slipway.artifact.ranker import FAULTS, LoadedRanker, fault
from slipway.domain.errors import BadInput
from slipway.domain.line import Line
from slipway.domain.release import Arm
from slipway.domain.stage import Stage
from slipway.registry.names import rules_model
from slipway.registry.state import ReleaseState
from slipway.serving.batching import MicroBatcher
from slipway.serving.state import Known

BUILT_IN = "rules-built-in"


@dataclass(frozen=True, eq=False)
class ServableModel:
    """A version that may answer; ``ranker`` is None where it could not be loaded.

    ``version`` is how the log names it: a number of the line's own model, or ``rules-<number>``;
    ``key`` is how problems name it, ``<model>/<number>``.
    """

    version: str
    ranker: LoadedRanker | None
    batcher: MicroBatcher | None = None
    key: str = BUILT_IN


@dataclass(frozen=True, eq=False)
class Served:
    """A release with its rankers in memory; replaced as a whole, never changed.

    ``chains`` are the models of each arm in the order they are asked. ``problems`` of versions, by
    their key, grow where one errs when it is asked. ``interleaved`` makes lists together with the champion. ``unsteady`` says that loading may go better a
    little later: the machine was short of memory or handles.
    """

    release: ReleaseState
    chains: Mapping[Arm, tuple[ServableModel, ...]]
    shadow: ServableModel | None
    problems: dict[str, str]
    unsteady: bool = False
    interleaved: ServableModel | None = None


class Loader:
    """Loads rankers of one line and keeps those in memory that are still in the release."""

    def __init__(self, home: Path, line: Line) -> None:
        self._root, self._line = home / "router", line
        self._built_in = ServableModel(BUILT_IN, builtin_rules(line))
        self._loaded: dict[tuple[str, str], ServableModel] = {}

    def serve(self, known: Known) -> Served:
        """Rankers for ``known``; a version that does not load is a problem, not an error."""
        release, problems, unsteady = known.release, dict(known.problems), False
        kept: dict[tuple[str, str], ServableModel] = {}
        models: dict[tuple[str, str], ServableModel] = {}
        for model, version in release.models:
            key = f"{model}/{version}"
            name = version if model == release.line else f"rules-{version}"
            identity = (key, known.digests.get(key, ""))
            try:
                kept[identity] = self._loaded.get(identity) or self._load(model, version, *identity)
                models[model, version] = kept[identity]
            except FAULTS as error:  # of this version alone: its neighbours answer
                problems.setdefault(key, fault(error))
                unsteady |= isinstance(error, MemoryError | OSError)
                models[model, version] = ServableModel(name, None, key=key)
        self._loaded = kept
        return _assemble(release, models, self._built_in, problems, unsteady=unsteady)

    def rehearse(self, known: Known) -> Served:
        """What :meth:`serve` would give now; nothing is loaded for it, kept or dropped."""
        release = known.release
        models: dict[tuple[str, str], ServableModel] = {}
        for model, version in release.models:
            key = f"{model}/{version}"
            name = version if model == release.line else f"rules-{version}"
            identity = (key, known.digests.get(key, ""))
            models[model, version] = self._loaded.get(identity) or ServableModel(
                name, None, key=key
            )
        return _assemble(release, models, self._built_in, {}, unsteady=False)

    def _load(self, model: str, version: str, key: str, expected: str) -> ServableModel:
        folder = self._root / model / version
        if not expected or digest(folder) != expected:
            raise BadInput(
                f"files of {key}",
                found="absent or changed",
                expected="as registered",
                next_step="they are fetched again when the registry answers",
            )
        ranker = load_ranker(folder, self._line)
        name = version if model == self._line.name else f"rules-{version}"
        return ServableModel(name, ranker, MicroBatcher(ranker) if ranker.batched else None, key)


def _assemble(
    release: ReleaseState,
    models: Mapping[tuple[str, str], ServableModel],
    built_in: ServableModel,
    problems: dict[str, str],
    *,
    unsteady: bool,
) -> Served:
    def of(version: str | None) -> tuple[ServableModel, ...]:
        return (models[release.line, version],) if version else ()

    rules = (models[rules_model(release.line), release.rules],) if release.rules else ()
    last = (*rules, built_in)
    champion = (*of(release.champion), *of(release.previous_champion), *last)
    if not release.champion:
        champion = last
    chains = {
        Arm.CHAMPION: champion,
        Arm.CANDIDATE: (*of(release.candidate), *champion),
        Arm.RULES: last,
        Arm.EXPLORE: champion,
        Arm.INTERLEAVED: champion,
        Arm.PREVIOUS: (*of(release.previous_champion), *of(release.champion), *last),
    }
    shadow = of(release.candidate)[0] if release.in_shadow else None
    beside = of(release.candidate)[0] if release.stage == Stage.INTERLEAVED else None
    return Served(release, chains, shadow, problems, unsteady, beside)
