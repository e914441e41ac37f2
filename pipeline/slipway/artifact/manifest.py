"""The first file of a ranker's folder: ``ranker.json`` says which kind of model the folder holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from slipway.domain import former_names
from slipway.domain.config import FORMERLY, by_first_names, typed_replace
from slipway.domain.errors import BadConfig, BadInput

FORMAT = 1
MANIFEST = "ranker.json"
KINDS = ("trees", "sklearn", "rules", "estimator")


@dataclass(frozen=True)
class Manifest:
    """What ``ranker.json`` says.

    ``inputs`` are feature names in the model's column order; ``examination`` is P(examined) per
    position, from the top; ``category_boost`` adds log-odds to the ranking score of a category's code;
    ``weights`` are those of several tree sets, empty for one.
    """

    line: str
    kind: str
    inputs: tuple[str, ...] = ()
    examination: tuple[float, ...] = ()
    category_boost: Mapping[str, float] | None = field(
        default=None, metadata={FORMERLY: former_names.CATEGORY_BOOST}
    )
    fingerprint: str = ""
    weights: tuple[float, ...] = ()
    format: int = FORMAT

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read ``ranker.json``; raises BadInput for a missing, damaged or newer one."""
        try:
            raw: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
            manifest = typed_replace(cls(line="", kind=""), raw, where=MANIFEST)
        except (OSError, ValueError, AttributeError, BadConfig) as error:
            raise _unreadable(folder, str(error)) from error
        if manifest.format != FORMAT or manifest.kind not in KINDS or not manifest.line:
            found = (manifest.format, manifest.kind, manifest.line)
            raise _unreadable(folder, f"format, kind, line {found}")
        return manifest

    def write(self, folder: Path) -> None:
        """Write ``ranker.json`` with sorted keys, so that equal rankers have equal bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        boost = dict(self.category_boost) if self.category_boost else None
        body = by_first_names(replace(self, category_boost=boost))
        (folder / MANIFEST).write_text(json.dumps(body, sort_keys=True, indent=1) + "\n")


def _unreadable(folder: Path, found: str) -> BadInput:
    return BadInput(
        f"{folder.name}/{MANIFEST}",
        found=found,
        expected=f"format {FORMAT} of kind {', '.join(KINDS)}",
        next_step="write the ranker again with this version of Slipway",
    )
