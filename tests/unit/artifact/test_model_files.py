"""Estimators are stored without pickle; a type that nobody trusts is refused, with where to allow it."""

import numpy as np
import pytest
from slipway.artifact import model_files
from slipway.domain.errors import BadConfig, BadInput
from support import factories


class Doubled:
    """A transformer of a team's own."""

    def fit(self, rows, labels=None):
        """Learn nothing."""
        return self

    def transform(self, rows):
        """Twice the rows."""
        return rows * 2


def fitted():
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline

    rows = np.arange(12.0).reshape(6, 2) ** 2
    return make_pipeline(Doubled(), LinearRegression()).fit(rows, rows[:, 0]), rows


OWN = f"{Doubled.__module__}.Doubled"


def test_a_type_of_the_team_s_own_is_refused_until_the_line_trusts_it(tmp_path):
    """The refusal names the type and the very words that allow it; nothing is left on disk."""
    model, rows = fitted()
    with pytest.raises(BadConfig, match=r"allow them: Fit.*trusted=.*Doubled"):
        model_files.save(model, tmp_path, ())
    assert not list(tmp_path.iterdir())
    stored, types = model_files.save(model, tmp_path, (OWN,))
    assert OWN in types
    assert np.array_equal(
        model_files.load(stored, tmp_path, (OWN,)).predict(rows), model.predict(rows)
    )
    with pytest.raises(BadInput, match=r"allow them in the line: trusted=.*Doubled"):
        model_files.load(stored, tmp_path, ())


def test_what_cannot_be_read_back_is_refused_where_it_is_trained(tmp_path):
    """A function without a name in a module is stored and cannot be read: nobody finds out later."""
    model = factories.Mean(lambda rows, mean: mean)
    types = ("support.factories.Mean", f"{__name__}.<lambda>")
    with pytest.raises(BadConfig, match="name them in a module"):
        model_files.save(model, tmp_path, types)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("stored", ["pickle.Anything", "lightgbm.Dataset", "torch.Module"])
def test_a_format_that_nobody_knows_is_refused(stored, tmp_path):
    """Only the four known formats are read, whatever a file says of itself."""
    with pytest.raises(BadInput, match="one of skops, lightgbm"):
        model_files.load(stored, tmp_path, ())


def test_a_library_that_is_missing_is_named(tmp_path, monkeypatch):
    """Where XGBoost is not installed a model of it is refused by that reason."""
    monkeypatch.setitem(__import__("sys").modules, "xgboost", None)
    with pytest.raises(BadInput, match="xgboost installed beside Slipway"):
        model_files.load("xgboost.XGBClassifier", tmp_path, ())
