"""A model that was logged elsewhere with MLflow: read from its own files, never from a pickle.

MLflow 3 stores scikit-learn's models and LightGBM's wrappers by skops, and Boosters, XGBoost and CatBoost
in their own formats. A pickle is refused: reading it runs whatever it holds.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from slipway.artifact.model_files import TRUSTED, load_skops
from slipway.domain.errors import BadConfig, BadInput

ABOUT = "MLmodel"

_OF_LIGHTGBM = (
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRegressor",
)


def read(folder: Path, trusted: Sequence[str]) -> Any:  # anyone's estimator
    """The estimator in a folder that MLflow wrote.

    Raises BadInput for a folder without an ``MLmodel``, a flavor that cannot be read without a pickle, a
    damaged file, and types that the line does not trust.
    """
    flavors = _flavors(folder)
    for name, load in (
        ("lightgbm", _lightgbm),
        ("xgboost", _xgboost),
        ("catboost", _catboost),
        ("sklearn", _sklearn),
    ):
        if name in flavors:
            try:
                return load(folder, flavors[name], trusted)
            except ModuleNotFoundError as error:
                raise _refused(folder, str(error), f"{name} installed beside Slipway") from error
            except (OSError, KeyError, TypeError) as error:
                raise _refused(folder, str(error), f"a model logged by mlflow.{name}") from error
    raise _refused(
        folder, f"flavors {', '.join(sorted(flavors))}", "sklearn, lightgbm, xgboost or catboost"
    )


def column_names(estimator: Any, inputs: Sequence[str]) -> tuple[str, ...]:  # anyone's estimator
    """The inputs in the order in which the model was fitted.

    A LightGBM model answers swapped columns without a word (4.7), so that a model which does not
    name its columns cannot be adopted. Raises BadConfig where it names none, or others.
    """
    names = getattr(estimator, "feature_names_in_", getattr(estimator, "feature_names_", None))
    if names is None and callable(getattr(estimator, "feature_name", None)):
        names = estimator.feature_name()
    found = tuple(str(name) for name in names) if names is not None else ()
    if sorted(found) != sorted(inputs):
        raise BadConfig(
            "line.model.inputs",
            found=sorted(inputs),
            expected=f"the columns that the model names: {', '.join(found) or 'none'}",
            next_step="fit it on a data frame with the line's column names, and declare these inputs",
        )
    return found


def _flavors(folder: Path) -> Mapping[str, Any]:
    import yaml  # comes with MLflow, which an adopted model needs anyway

    try:
        found = yaml.safe_load((folder / ABOUT).read_text())["flavors"]
    except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
        raise _refused(folder, str(error), f"a folder with an {ABOUT} file") from error
    return dict(found)


def _sklearn(folder: Path, flavor: Mapping[str, Any], trusted: Sequence[str]) -> Any:
    if flavor.get("serialization_format") != "skops":
        raise _refused(
            folder,
            flavor.get("serialization_format"),
            "stored by skops",
            "log it again with mlflow.sklearn.log_model(..., serialization_format='skops')",
        )
    return load_skops(_inside(folder, flavor["pickled_model"]), (*TRUSTED, *trusted))


def _lightgbm(folder: Path, flavor: Mapping[str, Any], trusted: Sequence[str]) -> Any:
    path = _inside(folder, flavor["data"])
    if path.suffix == ".skops":
        return load_skops(path, (*TRUSTED, *_OF_LIGHTGBM, *trusted))
    if path.suffix != ".lgb":
        raise _refused(folder, path.name, "a Booster or a model stored by skops")
    return import_module("lightgbm").Booster(model_file=str(path), params={"num_threads": 1})


def _xgboost(folder: Path, flavor: Mapping[str, Any], _: Sequence[str]) -> Any:
    name = str(flavor["model_class"]).rpartition(".")[2]
    if name not in ("XGBClassifier", "XGBRegressor"):
        raise _refused(folder, name, "an XGBClassifier or XGBRegressor, which name their columns")
    estimator = getattr(import_module("xgboost"), name)(n_jobs=1)
    estimator.load_model(str(_inside(folder, flavor["data"])))
    return estimator


def _catboost(folder: Path, flavor: Mapping[str, Any], _: Sequence[str]) -> Any:
    name = str(flavor["model_type"])
    if name not in ("CatBoostClassifier", "CatBoostRegressor"):
        raise _refused(folder, name, "a CatBoostClassifier or CatBoostRegressor")
    estimator = getattr(import_module("catboost"), name)(thread_count=1)
    estimator.load_model(str(_inside(folder, flavor["data"])), format=str(flavor["save_format"]))
    return estimator


def _inside(folder: Path, name: Any) -> Path:  # whatever YAML holds
    path = (folder / str(name)).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise _refused(folder, name, "a file of the model's own folder")
    return path


def _refused(
    folder: Path, found: object, expected: str, next_step: str = "log it again in such a format"
) -> BadInput:
    return BadInput(
        f"adopted model {folder.name}", found=found, expected=expected, next_step=next_step
    )
