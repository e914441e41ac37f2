"""The factory of the line ``bank``: what is fitted every week."""

from typing import Any


def boosted_trees(seed: int, trees: float = 60) -> Any:  # scikit-learn is untyped
    """Small gradient-boosted trees; categories are split natively."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=int(trees), learning_rate=0.08, max_leaf_nodes=15, categorical_features="from_dtype",
        early_stopping=False, max_features=0.6, random_state=seed,
    )  # fmt: skip
