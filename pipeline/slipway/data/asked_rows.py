"""Rows whose features are asked for, while these are found."""

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class AskedRows:
    """Rows [n] on their way: who asked for which item when, and the columns found so far.

    ``values`` are float64[n] by column, ``places`` int64[n] by key; what is the same in all rows of one
    request is one number.
    """

    def __init__(
        self, items: Ints, now_us: Any, user: Any, sent: dict[str, Any]
    ) -> None:  # of one request, or of each row
        self.n, self.items, self.now_us, self.user = len(items), items, now_us, user
        self.is_one_request = isinstance(user, str)
        self.values = sent
        self.places: dict[str, Any] = {}
