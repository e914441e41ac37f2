"""Bin edges sought in one sorting are scikit-learn's own."""

import importlib.util

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.ensemble._hist_gradient_boosting import binning
from slipway.training import edges


@pytest.fixture(scope="module")
def own():
    """scikit-learn's function, from its file: in this process another may stand in its place."""
    spec = importlib.util.spec_from_file_location("sklearns_own_binning", binning.__file__)
    module = importlib.util.module_from_spec(spec)
    module.__package__ = binning.__package__
    spec.loader.exec_module(module)
    return module._find_binning_thresholds


def columns():
    rng = np.random.default_rng(7)
    many = rng.normal(size=3_000)
    gaps = many.copy()
    gaps[::7] = np.nan
    endless = many.copy()
    endless[:90] = np.inf
    return {
        "many": many,
        "ties": np.round(many, 2),
        "few": np.round(many),
        "gaps": gaps,
        "endless": endless,
        "one": np.ones(3_000),
        "short": np.where(np.arange(3_000) < 70, many, np.nan),
    }


def weighings():
    rng = np.random.default_rng(8)
    some = rng.uniform(0.01, 1, size=3_000)
    holes = some.copy()
    holes[::3] = 0.0
    tiny = some.copy()
    tiny[1_000:] = 1e-300  # sums that stand still, and steps of almost nothing
    return {"none": None, "some": some, "holes": holes, "equal": np.ones(3_000), "tiny": tiny}


@pytest.mark.parametrize("bins", [2, 63, 255])
@pytest.mark.parametrize("weight", weighings())
@pytest.mark.parametrize("column", columns())
def test_the_edges_are_scikit_learns_own_in_every_bit(own, column, weight, bins):
    """Whatever the column, the weights and the number of bins: the same edges, to the last bit."""
    values, weights = columns()[column], weighings()[weight]
    wanted, found = own(values, bins, weights), edges.thresholds(values, bins, weights)
    assert found.dtype == wanted.dtype
    assert found.tobytes() == wanted.tobytes()


def test_a_fit_uses_them(monkeypatch):
    """scikit-learn asks here for its edges, once for each column of numbers."""
    asked = []
    kept = edges.thresholds
    monkeypatch.setattr(edges, "thresholds", lambda *a, **k: asked.append(1) or kept(*a, **k))
    edges.sort_once()
    rng = np.random.default_rng(9)
    rows = rng.normal(size=(400, 3))
    HistGradientBoostingClassifier(max_iter=1).fit(rows, rows[:, 0] > 0, np.ones(400))
    assert len(asked) == 3
    monkeypatch.undo()
    edges.sort_once()
    assert binning._find_binning_thresholds is kept
