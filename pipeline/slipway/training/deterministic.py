"""What makes a fit a function of rows, recipe and seed alone; what cannot be one is refused.

Measured on scikit-learn 1.9: gradient boosting with early stopping splits off rows by chance (two
seeds: answers differ by up to .22); a forest with ``n_jobs`` > 1 adds its trees' answers in the order
in which threads end (no two calls agree in the last bits); k-means' centres and the truncated SVD
differ between one and two threads, and do not with one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from slipway.domain.errors import BadConfig

REFUSED: dict[str, tuple[tuple[object, ...], str]] = {
    "early_stopping": ((False,), "it holds out rows by chance; hold out a fixed split instead"),
    "n_jobs": ((None, 1), "sums of several threads end in other bits from call to call"),
    "warm_start": ((False,), "old trees would be read on the new week's bin edges"),
}
"""Options of an estimator: the values that are allowed, and why no other."""


def check(estimator: Any) -> None:  # scikit-learn is untyped
    """Raise BadConfig for an estimator, or one inside it, whose fit or answer is left to chance."""
    for name, value in estimator.get_params(deep=True).items():
        option = name.rpartition("__")[2]
        if option == "random_state" and value is None:
            raise _refuse(name, value, "a whole number", "without a seed no run can be repeated")
        allowed, why = REFUSED.get(option, ((value,), ""))
        if not any(value is one or (value == one and type(value) is type(one)) for one in allowed):
            raise _refuse(name, value, " or ".join(str(one) for one in allowed), why)


@contextmanager
def one_thread() -> Iterator[None]:
    """OpenMP and BLAS on one thread: the order of every sum is then fixed."""
    from threadpoolctl import threadpool_limits  # only where something is fitted

    with threadpool_limits(limits=1):
        yield


def _refuse(name: str, value: object, expected: str, why: str) -> BadConfig:
    return BadConfig(f"estimator.{name}", found=value, expected=expected, next_step=why)
