"""Which world an installation plays in: kept in its home, so that every process sees the same."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slipway.domain.errors import BadConfig, UnknownReference
from slipway.domain.line import Line

if TYPE_CHECKING:
    from slipway.demo.line_world import LineWorld
    from slipway.demo.recorded_world import RecordedWorld
    from slipway.examples.films.world import World

INVENTED = "invented"
REAL = "movietweetings"
DRAWN, RECORDED = "drawn", "recorded"
"""Worlds of any line: drawn from its columns, or from a recorded table of them."""
LINE = "feed"
"""The bundled line that the shop shows."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How to build the world again; ``start`` and ``end`` of its past are ISO 8601, ``data`` is a folder.

    ``films`` is the number of films of an invented world at its start, ``users`` that of its users.
    """

    start: str
    kind: str = INVENTED
    seed: int = 7
    users: int = 12_000
    films: int = 500
    data: str | None = None
    line: str = LINE
    end: str = ""

    @property
    def is_of_films(self) -> bool:
        """Whether the visitors are those of the film shop."""
        return self.kind in (INVENTED, REAL)

    def line_world(self, line: Line) -> "LineWorld | RecordedWorld":
        """The world of any line: recorded, where a folder of data is named, else drawn."""
        from slipway.demo.line_world import LineWorld  # one of two worlds
        from slipway.demo.recorded_world import recorded_world

        start = datetime.fromisoformat(self.start)
        if self.kind == RECORDED and self.data and self.end:
            end = datetime.fromisoformat(self.end)
            return recorded_world(line, Path(self.data), start, end)
        return LineWorld(line, start, self.seed)

    def world(self, places: int) -> "World":
        """The world; ``places`` is the length of its lists."""
        from slipway.examples.films import movietweetings, world

        if self.kind == INVENTED:
            start = datetime.fromisoformat(self.start)
            return world.synthetic(
                start, seed=self.seed, users=self.users, films=self.films, places=places
            )
        if self.kind == REAL and self.data:
            return movietweetings.load(Path(self.data), seed=self.seed, places=places)
        raise BadConfig(
            "world.kind",
            found=self.kind,
            expected=f"{INVENTED}, or {REAL} with a data folder",
            next_step="correct the setting",
        )


def folder(home: Path) -> Path:
    """The simulation's own folder of an installation."""
    return home / "simulation"


def save(home: Path, setting: Setting) -> None:
    """Keep the setting in ``home``."""
    write(folder(home) / "world.json", asdict(setting))


def load(home: Path) -> Setting:
    """The setting kept in ``home``; raises UnknownReference where there is none."""
    path = folder(home) / "world.json"
    if not path.is_file():
        raise UnknownReference(
            "world",
            found=str(path),
            expected="an existing file",
            next_step="run `slipway up` or `slipway demo` first",
        )
    return Setting(**json.loads(path.read_text()))


def write(path: Path, value: Any) -> None:  # whatever JSON holds
    """Write a small JSON file so that a reader sees all of it or the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(value, indent=1))
    draft.replace(path)


def read(path: Path, default: dict[str, Any]) -> dict[str, Any]:
    """What :func:`write` wrote, or ``default`` where nothing was written yet."""
    if not path.is_file():
        return default
    value: dict[str, Any] = json.loads(path.read_text())
    return value


def set_scenario(
    home: Path,
    *,
    visits_per_day: float | None = None,
    live_effect: Mapping[str, float] | None = None,
) -> None:
    """Change the scenario of a running shop; what is not named stays as it is."""
    path = folder(home) / "scenario.json"
    scenario = read(path, {})
    if visits_per_day is not None:
        scenario["visits_per_day"] = visits_per_day
    if live_effect is not None:
        scenario["live_effect"] = scenario.get("live_effect", {}) | dict(live_effect)
    write(path, scenario)
