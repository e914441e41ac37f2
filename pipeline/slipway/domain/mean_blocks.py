"""A declared mean block by block: what a watch begins its evidence again with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from slipway.domain.accumulated_evidence import Floats, finite
from slipway.domain.blocks import Ints, check, whole


@dataclass(frozen=True, slots=True, eq=False)
class MeanBlocks:
    """Champion beside hold-back in B blocks, in the order of time.

    ``start_s`` int64[B] POSIX seconds; ``weight`` and ``difference`` float64[B] are those sums of
    :class:`slipway.stats.means.MeanSums` of each block alone. Raises NotComputable for numbers that are not
    finite, or blocks out of order.
    """

    start_s: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    weight: Floats = field(default_factory=lambda: np.zeros(0))
    difference: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        object.__setattr__(self, "start_s", whole("mean_blocks.start_s", self.start_s, (None,)))
        check(bool((np.diff(self.start_s) >= 0).all()), "mean_blocks.start_s", "unsorted", "sorted")
        for name in ("weight", "difference"):
            found = finite(f"mean_blocks.{name}", getattr(self, name))
            shape = self.start_s.shape
            check(found.shape == shape, f"mean_blocks.{name}", found.shape, f"of shape {shape}")
            object.__setattr__(self, name, found)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return {name: getattr(self, name).tolist() for name in type(self).__slots__}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        return cls(**raw)
