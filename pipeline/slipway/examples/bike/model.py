"""The factory of the line ``bike``: what is fitted every week."""

from typing import Any


def boosted_trees(seed: int, trees: float = 150) -> Any:  # scikit-learn is untyped
    """Gradient-boosted trees; categories are split natively."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=int(trees), categorical_features="from_dtype", early_stopping=False,
        max_features=0.8, random_state=seed,
    )  # fmt: skip
