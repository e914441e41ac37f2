"""``python -m tests.benchmarks.returns``: a return from every state, over every combination of failing parts.

Real ledger, order folder, state reader, guard and client; the registry's calls are answered from
memory. Prints how many were tried, and stops at the first that does not reach every process.
"""

import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

sys.path.append(str(Path(__file__).parents[1]))

import returns_enumerated as enumerated

out = Console(soft_wrap=True, highlight=False)


def main() -> None:
    """Try all; about ten minutes on one core."""
    begun, tried, written = time.monotonic(), 0, 0
    with enumerated.places() as places, pytest.MonkeyPatch.context() as patch:
        for name in enumerated.HISTORIES:
            for who in enumerated.WHO:
                for case in enumerated.CASES:
                    tried += 1
                    written += enumerated.attempt(places, patch, name, who, case)
            out.print(f"{time.monotonic() - begun:6.0f} s  {tried:5} tried  {name}")
    out.print(
        f"{len(enumerated.HISTORIES)} states x {len(enumerated.WHO)} who return x "
        f"{len(enumerated.CASES)} combinations of failing parts = {tried}: {written} could be written "
        f"somewhere and reached every process within one poll; {tried - written} could not, and said so"
    )


if __name__ == "__main__":
    main()
