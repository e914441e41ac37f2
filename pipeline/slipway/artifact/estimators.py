"""The fitted pipelines of a ranker's folder: ``model.skops``, without pickle, one per tree set."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slipway.artifact.ensemble import MODEL, file_of
from slipway.artifact.manifest import Manifest
from slipway.artifact.model_files import UNREADABLE
from slipway.domain.errors import BadInput

TRUSTED = (
    "functools.partial",  # the trees' own column encoder: partial(check_array, ...)
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
)
"""Types beyond skops' own list that a stored pipeline holds; anything else is refused."""


def keep_estimators(folder: Path, estimators: Sequence[Any], earlier: Path | None = None) -> None:
    """Store the pipelines of a ranker's own tree sets, and those of ``earlier``'s after them."""
    from skops.io import dump  # only where something is trained

    for index, estimator in enumerate(estimators):
        dump(estimator, folder / file_of(MODEL, index))
    sets = len(Manifest.read(folder).weights) or 1
    for index in range(len(estimators), sets):
        if earlier is not None:
            source = earlier / file_of(MODEL, index - len(estimators))
            (folder / file_of(MODEL, index)).write_bytes(source.read_bytes())


def load_estimator(folder: Path, index: int = 0) -> Any:  # scikit-learn is untyped
    """The pipeline of tree set ``index`` of a ranker's folder.

    Raises BadInput for a file that is missing or damaged, or holds foreign types.
    """
    from skops.io import get_untrusted_types, load

    path = folder / file_of(MODEL, index)
    try:
        foreign = sorted(set(get_untrusted_types(file=path)) - set(TRUSTED))
        if foreign:
            raise _refuse(path, ", ".join(foreign), "types of a pipeline of boosted trees only")
        return load(path, trusted=list(TRUSTED))
    except UNREADABLE as error:
        raise _refuse(path, str(error), "a model stored by skops") from error


def _refuse(path: Path, found: str, expected: str) -> BadInput:
    return BadInput(
        f"stored pipeline {path.name}",
        found=found,
        expected=expected,
        next_step="do not use this artifact; train the interval again",
    )
