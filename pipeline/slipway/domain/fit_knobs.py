"""Knobs that every fit has, whether of Slipway's trees or of a factory's models."""

from functools import partial

from slipway.domain.config import knob

seeds = partial(
    knob,
    (11, 12, 13),
    unit="seed",
    about="each random draw follows from one",
    at_least=0,
    below=2**32,
    different=3,
)
"""The first one is released, the others measure the noise floor."""
max_rows = partial(
    knob, 60_000, unit="rows", about="to train on at most", at_least=1, at_most=1_000_000_000
)
