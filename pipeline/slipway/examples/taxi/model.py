"""The factory of the line ``taxi``: what is fitted every week."""

from typing import Any


def poisson_trees(seed: int, trees: float = 80) -> Any:  # scikit-learn is untyped
    """Gradient-boosted trees whose answers are above 0, as amounts with many zeros want them."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        loss="poisson", max_iter=int(trees), learning_rate=0.07, max_leaf_nodes=15,
        categorical_features="from_dtype", early_stopping=False, max_features=0.8, random_state=seed,
    )  # fmt: skip
