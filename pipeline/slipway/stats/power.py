"""Power of a comparison with a margin: how often a candidate that is no worse is found to be none."""

from statistics import NormalDist


def passes_if_equal(half_width: float, margin: float, alpha: float) -> float:
    """P(a loss of ``margin`` is excluded | no difference), of a normal estimate with one-sided bounds.

    Args:
        half_width: from the estimate to its one-sided bound at ``alpha``, in the margin's unit, >= 0.
        margin: the most that may be lost, > 0.
        alpha: the one-sided error of the bound.

    The bound excludes the margin when estimate + z se <= margin, with z the quantile of 1 - alpha and
    se = half_width / z; the estimate is normal around 0 (Julious 2004, Stat. Med. 23, 1921, eq. 8).

    >>> round(passes_if_equal(0.5, 1.0, 0.05), 3)
    0.95
    """
    if half_width < 0 or margin <= 0 or not 0 < alpha < 0.5:  # noqa: PLR2004 - one-sided
        raise ValueError(f"half width {half_width}, margin {margin}, alpha {alpha}")
    normal = NormalDist()
    if half_width == 0:
        return 1.0
    z = normal.inv_cdf(1 - alpha)
    return normal.cdf(z * (margin - half_width) / half_width)


def passes_by_now_if_equal(half_width: float, se: float, margin: float) -> float:
    """As :func:`passes_if_equal`, of a confidence sequence: its width does not follow from the error alone.

    Args:
        half_width: from the estimate to the anytime bound on the side of a loss, >= 0.
        se: standard error of the estimate, > 0.
        margin: the most that may be lost, > 0; all three in one unit.

    It is the chance at this very look, on as much data, with the width as it is; the chance to pass at
    some look up to now is no smaller.

    >>> round(passes_by_now_if_equal(1.0, 0.5, 2.0), 3)
    0.977
    """
    if half_width < 0 or se <= 0 or margin <= 0:
        raise ValueError(f"half width {half_width}, standard error {se}, margin {margin}")
    return NormalDist().cdf((margin - half_width) / se)
