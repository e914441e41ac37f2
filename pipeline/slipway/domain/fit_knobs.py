"""Knobs that every fit has, whether of Slipway's trees or of a factory's models."""

from collections.abc import Sequence
from functools import partial

from slipway.domain.config import knob
from slipway.domain.errors import BadConfig

MIN_SEEDS = 3

seeds = partial(
    knob,
    (11, 12, 13),
    unit="seed",
    about="each random draw follows from one",
    at_least=0,
    below=2**32,
)
max_rows = partial(
    knob, 60_000, unit="rows", about="to train on at most", at_least=1, at_most=1_000_000_000
)


def check_seeds(seeds: Sequence[int], where: str) -> None:
    """Raise BadConfig for seeds that measure no noise floor."""
    if len(set(seeds)) < MIN_SEEDS or len(set(seeds)) != len(seeds):
        raise BadConfig(
            f"{where}.seeds",
            found=list(seeds),
            expected=f"at least {MIN_SEEDS} different seeds",
            next_step="the first one is released, the others measure the noise floor",
        )
