"""A model of a team's own in its folder: the stored estimator, its typed frame, and what it answered.

``estimator.json`` says in which library's format it is stored, what kind of outcome it answers, and how
features become its data frame. ``answers.npz`` holds rows and what the fitted object itself answered
before it was stored: whoever loads it can be held to these.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.artifact import compiled, model_files
from slipway.artifact.asking import ask
from slipway.artifact.compiled import CompiledModel, Form, compile_model, is_like
from slipway.artifact.links import Link
from slipway.artifact.typed_frame import TypedFrame
from slipway.domain.errors import BadInput
from slipway.domain.line import Line
from slipway.domain.outcomes import OutcomeKind

Array = npt.NDArray[np.float64]

ABOUT, ANSWERS, COMPILED = "estimator.json", "answers.npz", "compiled.npz"


class Kept(NamedTuple):
    """``features`` float64[m, F] in line order, and what the fitted object answered, float64[m]."""

    features: Array
    answers: Array


@dataclass(frozen=True, eq=False)
class OwnModel:
    """An estimator with the frame it reads and the kind of outcome it answers."""

    estimator: Any
    frame: TypedFrame
    outcome: OutcomeKind

    def answer(self, features: Array) -> Array:
        """Answers float64[n] of ``features`` float64[n, F]; raises as :func:`ask`, and as it does."""
        return ask(self.estimator, self.frame.frame(features), self.outcome)


def keep(
    folder: Path, model: OwnModel, kept: Kept, trusted: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    """Write the model into ``folder``; returns how it is stored, and the types a reviewer is shown.

    Raises BadConfig as :func:`slipway.artifact.model_files.save`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stored, types = model_files.save(model.estimator, folder, trusted)
    about = {"stored": stored, "outcome": model.outcome.value, "frame": model.frame.to_dict()}
    path = folder / model_files.file_of(stored)
    fast = compile_model(stored, path, model.estimator, model.frame, model.outcome, kept.features)
    if fast is not None and is_like(fast, *kept):
        fast.arrays.save(folder / COMPILED)
        about["compiled"] = fast.form._asdict()
    (folder / ABOUT).write_text(json.dumps(about, sort_keys=True, indent=1) + "\n")
    with (folder / ANSWERS).open("wb") as file:
        np.savez(file, features=kept.features, answers=kept.answers)
    return stored, types


def load(folder: Path, line: Line) -> OwnModel | CompiledModel:
    """Read what :func:`keep` wrote; types are trusted as the line's code says, not as the file does.

    Raises BadInput for damage, foreign types, an input that the line does not know any more, and a
    library that is not installed.
    """
    try:
        about = json.loads((folder / ABOUT).read_text())
        stored, outcome = str(about["stored"]), OutcomeKind(about["outcome"])
        frame = TypedFrame.from_dict(about["frame"], line)
        form = _form(about, outcome)
        if (folder / COMPILED).is_file():
            return compiled.read(folder / COMPILED, form, frame, outcome)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder / ABOUT, str(error)) from error
    trusted = getattr(line.recipe, "trusted", ())
    return OwnModel(model_files.load(stored, folder, trusted), frame, outcome)


def _form(about: Mapping[str, Any], outcome: OutcomeKind) -> Form:
    """How the compiled model is stored; the first ones were LightGBM's trees, and said nothing of it."""
    said = about.get("compiled")
    if said is None:
        binary = outcome is OutcomeKind.BINARY
        return Form(compiled.TREES, Link.LOGISTIC if binary else Link.IDENTITY)
    return Form(str(said["arrays"]), Link(said["link"]))


def kept_answers(folder: Path, width: int) -> Kept:
    """What the fitted object answered; raises BadInput for damage or another number of features."""
    try:
        with np.load(folder / ANSWERS, allow_pickle=False) as found:
            kept = Kept(found["features"], found["answers"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(folder / ANSWERS, str(error)) from error
    if kept.features.shape != (len(kept.answers), width):
        raise _damaged(folder / ANSWERS, f"rows of shape {kept.features.shape}")
    return kept


def _damaged(path: Path, found: str) -> BadInput:
    return BadInput(
        f"{path.parent.name}/{path.name}",
        found=found,
        expected="as training wrote it",
        next_step="do not use this artifact; train the interval again",
    )
