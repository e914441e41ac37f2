"""A peer beside the audit on public tables: the AUC of gradient-boosted trees on one column alone.

``python tests/benchmarks/public_peers.py FOLDER [--set third] [--rows 2000]``: a column is accused from an AUC of .9, .95 and .98 on, as
people do who look for leaks by single-feature models. Two folds, 20 small trees; of a number the label is whether it lies above its median.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from public_audits import HALVES, Count
from public_tables import Public, written
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

LIMITS = (0.9, 0.95, 0.98)
FEW = 20


def outcome(label: pd.Series) -> np.ndarray:
    """Yes or no: above the median of a number, the commonest class of few values."""
    if label.nunique() > FEW and pd.api.types.is_numeric_dtype(label):
        return (label > label.median()).to_numpy()
    return (label == label.mode()[0]).to_numpy()


def auc(column: pd.Series, yes: np.ndarray, fold: np.ndarray) -> float:
    """Out of fold, from codes of words or numbers."""
    number = pd.api.types.is_numeric_dtype(column)
    x = column.to_numpy(float) if number else pd.factorize(column)[0].astype(float)
    score = np.zeros(len(x))
    for k in (0, 1):
        if len(np.unique(yes[fold != k])) > 1:
            model = HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=15, random_state=1)
            model.fit(x[fold != k, None], yes[fold != k])
            score[fold == k] = model.predict_proba(x[fold == k, None])[:, 1]
    return float(roc_auc_score(yes, score))


def powers(table: Public, folder: Path, rows: int) -> dict[str, float]:
    """AUC of each column of a table, on some of its rows."""
    frame = pd.read_csv(written(table, folder), low_memory=False).dropna(subset=[table.label])
    frame = frame.sample(min(rows, len(frame)), random_state=1)
    yes, fold = outcome(frame[table.label]), np.arange(len(frame)) % 2
    names = [n for n in frame.columns if n not in {table.label, table.group, table.time}]
    return {n: auc(frame[n], yes, fold) for n in names}


def main() -> None:
    """All tables of a set, each limit."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--set", choices=HALVES, default="fresh")
    asked.add_argument("--rows", type=int, default=2000)
    given = asked.parse_args()
    start = time.process_time()
    counts = {limit: Count() for limit in LIMITS}
    for table in HALVES[given.set]:
        found = powers(table, given.folder, given.rows)
        for limit, count in counts.items():
            count.add(table, [n for n, a in found.items() if a >= limit], [], list(found))
    for limit, count in counts.items():
        print(f"one column's AUC from {limit}: {count.said()}")
    print(f"{time.process_time() - start:.0f} CPU s")


if __name__ == "__main__":
    main()
