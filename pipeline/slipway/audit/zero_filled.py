"""Numbers that are filled up with zeros, as 00042: the width is written by a system, and is no part of the number."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from slipway.audit.bins import Coded, numbers


def widths(said: Sequence[str], index: NDArray[np.int64]) -> tuple[tuple[str, Coded], ...]:
    """Codes [n] of the width of zero-filled words ``said`` [d] by their ``index`` [n] (-1 missing); () where none is."""
    if not any(word[:1] == "0" and word[1:].isdigit() for word in said):
        return ()
    width = np.array([len(word) if word[:1] == "0" else 0 for word in said], dtype=float)
    return (("how many digits it is filled up to", numbers(np.append(width, np.nan)[index])),)
