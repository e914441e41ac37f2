"""Checks to run on a gate of your own: what every gate obeys, whatever it judges.

    for name, check in yield_gate_checks(my_gate.judge, passing_measurements, policy):
        check()

A check raises AssertionError with the gate's verdict, or whatever the gate raised. A gate that
differs from most says so with :class:`Traits`.
"""

from slipway.gates.testing.checks import TRAITS, Judge, Traits, yield_gate_checks
from slipway.gates.testing.degraded import Measured

__all__ = ["TRAITS", "Judge", "Measured", "Traits", "yield_gate_checks"]
