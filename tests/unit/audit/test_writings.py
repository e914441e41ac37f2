"""The same rows, written otherwise, get the same answers."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from slipway.audit.run import audit

ROWS = 1200


@pytest.fixture(scope="module")
def frame():
    """A leak among amounts, one among dates, one by a word, and honest columns with gaps."""
    rng = np.random.default_rng(11)
    yes = rng.random(ROWS) < 0.3
    at = pd.Timestamp("2026-01-05") + pd.to_timedelta(np.arange(ROWS), unit="h")
    shift = np.where(rng.random(ROWS) < 0.06, 40, -rng.integers(1, 99, ROWS))
    gaps = np.where(rng.random(ROWS) < 0.1, np.nan, np.round(rng.normal(5, 2, ROWS), 2))
    return pd.DataFrame(
        {
            "at": at,
            "balance": np.round(5000 + 1500 * yes + rng.normal(0, 250, ROWS), 2),
            "updated": at + pd.to_timedelta(shift, unit="h"),
            "state": np.where(
                yes & (rng.random(ROWS) < 0.6), "closed", rng.choice(["a", "b"], ROWS)
            ),
            "honest": gaps,
            "count": rng.integers(0, 90, ROWS),
            "churned": np.where(yes, "yes", "no"),
        }
    )


def as_words(frame: pd.DataFrame, number: Callable[[float], str]) -> pd.DataFrame:
    """The floats of a frame, written."""
    floats = frame.select_dtypes("float").columns
    return frame.assign(
        **{c: [number(v) if np.isfinite(v) else "" for v in frame[c]] for c in floats}
    )


def grouped(value: float) -> str:
    return f"{value:,.2f}".replace(",", "T").replace(".", ",").replace("T", ".")


WRITINGS = {
    "comma": lambda f, p: f.to_csv(p, index=False),
    "semicolon": lambda f, p: f.to_csv(p, index=False, sep=";"),
    "tab": lambda f, p: f.to_csv(p, index=False, sep="\t"),
    "decimal comma": lambda f, p: f.to_csv(p, index=False, sep=";", decimal=","),
    "thousands": lambda f, p: as_words(f, grouped).to_csv(p, index=False, sep=";"),
    "quoted decimal comma": lambda f, p: f.to_csv(p, index=False, decimal=","),
    "currency": lambda f, p: as_words(f, lambda v: f"EUR {v:,.2f}").to_csv(p, index=False),
    "NA": lambda f, p: f.to_csv(p, index=False, na_rep="NA"),
    "NULL": lambda f, p: f.to_csv(p, index=False, na_rep="NULL"),
    "backslash N": lambda f, p: f.to_csv(p, index=False, na_rep="\\N"),
    "columns turned round": lambda f, p: f[f.columns[::-1]].to_csv(p, index=False),
    "days first": lambda f, p: f.to_csv(p, index=False, date_format="%d.%m.%Y %H:%M:%S"),
    "rows shuffled": lambda f, p: f.sample(frac=1, random_state=1).to_csv(p, index=False),
}


@pytest.fixture(scope="module")
def parquet(frame, tmp_path_factory):
    """The answers on the same rows, typed."""
    path = tmp_path_factory.mktemp("typed") / "t.parquet"
    frame.to_parquet(path)
    return audit(path, label="churned", time=("at",))


def test_the_typed_table_is_read_rightly(parquet):
    """The three leaks are accused, and nothing else."""
    assert set(parquet.accused) == {"balance", "updated", "state"}


@pytest.mark.parametrize("how", WRITINGS)
def test_a_writing_changes_no_answer(how, frame, parquet, tmp_path):
    """Format, separator, locale, null words and order of columns leave grades and powers alone."""
    WRITINGS[how](frame, tmp_path / "t.csv")
    found = audit(tmp_path / "t.csv", label="churned", time=("at",))
    assert {n: found.grade(n) for n in found.powers} == {
        n: parquet.grade(n) for n in parquet.powers
    }
    # rows are folded by their place in the file
    unsure = 0.05 if how == "rows shuffled" else 1e-9
    for name, power in parquet.powers.items():
        assert found.powers[name].auc == pytest.approx(power.auc, abs=unsure)
