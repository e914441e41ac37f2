"""How an estimator of a team's own is stored without pickle, each library's in its own format.

LightGBM, XGBoost and CatBoost write their models themselves; all else goes through skops, which names
the types a file holds before anything of it is made. CatBoost's JSON answers in other last bits than
the model it came from (1.2.10), its ``cbm`` in the same ones. None of the three libraries is needed
where no model of theirs is.
"""

import math
import zipfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from slipway.domain.errors import BadConfig, BadInput

SKOPS, ESTIMATOR = "skops", "estimator.skops"
XGBOOST_MISSING = "slipway_missing"
"""Attribute of an XGBoost file: the number that its estimator takes for a gap; absent where that is NaN."""

UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    ImportError,
    EOFError,
    zipfile.BadZipFile,
)
"""What skops raises for a file that is damaged or holds something else."""

TRUSTED = (
    "functools.partial",  # the trees' own column encoder: partial(check_array, ...)
    "numpy.dtype",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfGammaLoss",
    "sklearn._loss.loss.HalfPoissonLoss",
    "sklearn._loss.loss.HalfSquaredError",
    "sklearn._loss.loss.HalfTweedieLoss",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.compose._column_transformer.make_column_selector",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils.validation.check_array",
)
"""scikit-learn's own parts that skops asks about; a type beyond them is trusted in the line."""


class Library(NamedTuple):
    """A library with a format of its own: its estimators by type name, and how they are stored."""

    types: tuple[str, ...]
    file: str
    save: Callable[[Any, Path], None]
    load: Callable[[str, Path], Any]


def _save_lightgbm(estimator: Any, path: Path) -> None:
    getattr(estimator, "booster_", estimator).save_model(str(path), num_iteration=-1)


def _load_lightgbm(_: str, path: Path) -> Any:
    return _library("lightgbm").Booster(model_file=str(path), params={"num_threads": 1})


def _save_xgboost(estimator: Any, path: Path) -> None:
    if not math.isnan(estimator.missing):  # XGBoost's own file says nothing of it
        estimator.get_booster().set_attr(**{XGBOOST_MISSING: repr(float(estimator.missing))})
    estimator.save_model(str(path))


def _load_xgboost(name: str, path: Path) -> Any:
    estimator = getattr(_library("xgboost"), name)(enable_categorical=True, n_jobs=1)
    estimator.load_model(str(path))
    estimator.missing = float(estimator.get_booster().attr(XGBOOST_MISSING) or "nan")
    return estimator


def _save_catboost(estimator: Any, path: Path) -> None:
    estimator.save_model(str(path), format="cbm")


def _load_catboost(name: str, path: Path) -> Any:
    estimator = getattr(_library("catboost"), name)(thread_count=1)
    estimator.load_model(str(path), format="cbm")
    return estimator


LIBRARIES = {
    "lightgbm": Library(
        ("LGBMClassifier", "LGBMRegressor", "Booster"), "model.txt", _save_lightgbm, _load_lightgbm
    ),
    "xgboost": Library(
        ("XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor"),
        "model.json",
        _save_xgboost,
        _load_xgboost,
    ),
    "catboost": Library(
        ("CatBoostClassifier", "CatBoostRegressor"), "model.cbm", _save_catboost, _load_catboost
    ),
}


def save(estimator: Any, folder: Path, trusted: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Store a fitted estimator; returns its library with its type, and the types that skops asks about.

    Raises BadConfig for a type that the line does not trust, and for what cannot be stored.
    """
    name, library = type(estimator).__name__, type(estimator).__module__.partition(".")[0]
    if library in LIBRARIES and name in LIBRARIES[library].types:
        LIBRARIES[library].save(estimator, folder / LIBRARIES[library].file)
        return f"{library}.{name}", ()
    from skops.io import dump, get_untrusted_types  # only where something is trained

    path = folder / ESTIMATOR
    try:
        dump(estimator, path)
        asked = tuple(sorted(get_untrusted_types(file=path)))
        refused = [found for found in asked if found not in {*TRUSTED, *trusted}]
        if not refused:
            load_skops(path, (*TRUSTED, *trusted))
            return f"{SKOPS}.{name}", asked
    except Exception as error:
        path.unlink(missing_ok=True)
        raise BadConfig(
            f"stored {name}",
            found=f"{type(error).__name__}: {_line(error)}",
            expected="made of types that skops can store and read again",
            next_step="lambdas and local classes cannot be stored: name them in a module",
        ) from error
    path.unlink()
    raise BadConfig(
        f"types in the fitted {name}",
        found=refused,
        expected="trusted by the line",
        next_step=f"if they are yours, allow them: Fit(..., trusted={tuple(refused)!r})",
    )


def file_of(stored: str) -> str:
    """The file of a model that :func:`save` stored as ``stored``."""
    library = LIBRARIES.get(stored.partition(".")[0])
    return library.file if library else ESTIMATOR


def load(stored: str, folder: Path, trusted: Sequence[str]) -> Any:  # anyone's estimator
    """The estimator that :func:`save` stored as ``stored``; ``trusted`` comes from the line's code.

    Raises BadInput for a missing or damaged file, for foreign types, and where the library is missing.
    """
    library, _, name = stored.partition(".")
    if library in LIBRARIES and name in LIBRARIES[library].types:
        try:
            return LIBRARIES[library].load(name, folder / LIBRARIES[library].file)
        except ModuleNotFoundError as error:
            raise _unusable(stored, str(error), f"{library} installed beside Slipway") from error
        except Exception as error:  # libraries raise errors of their own classes
            raise _unusable(stored, _line(error), f"a model stored by {library}") from error
    if library != SKOPS:
        raise _unusable(stored, library, f"one of {', '.join((SKOPS, *LIBRARIES))}")
    return load_skops(folder / ESTIMATOR, (*TRUSTED, *trusted))


def load_skops(path: Path, trusted: Sequence[str]) -> Any:  # anyone's estimator
    """What skops stored at ``path``; raises BadInput where it is damaged or holds other types."""
    from skops.io import get_untrusted_types
    from skops.io import load as read

    try:
        foreign = sorted(set(get_untrusted_types(file=path)) - set(trusted))
        if foreign:
            raise _unusable(
                path.name,
                ", ".join(foreign),
                "types that Slipway's own list or the line trusts",
                f"if they are the team's, allow them in the line: trusted={tuple(foreign)!r}",
            )
        return read(path, trusted=list(trusted))
    except UNREADABLE as error:
        raise _unusable(path.name, str(error), "a model stored by skops") from error


def _library(name: str) -> Any:  # untyped, and not a dependency
    return import_module(name)


def _line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _unusable(
    what: str, found: str, expected: str, next_step: str = "do not use this artifact; train again"
) -> BadInput:
    return BadInput(f"stored model {what}", found=found, expected=expected, next_step=next_step)
