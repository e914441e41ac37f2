"""``python -m tests.benchmarks.returns``: a return from every state, over every combination of failing parts.

Real ledger, order folder, state reader, guard and client; the registry's calls are answered from
memory. Each state's count is kept in ``.bench/returns.jsonl``, under the digest of the code that it was
made with, so that a run that was stopped goes on. Stops at the first return that does not reach every
process. ``--reviews`` tries each of them with every state of the review, too: twelve times as many.
"""

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

sys.path.append(str(Path(__file__).parents[1]))

import returns_enumerated as enumerated

ROOT = Path(__file__).parents[2]
out = Console(soft_wrap=True, highlight=False)


def main() -> None:
    """Try all; about ten minutes on one core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--reviews", action="store_true", help="each with every state of the review"
    )
    parser.add_argument("--record", type=Path, default=ROOT / ".bench" / "returns.jsonl")
    asked = parser.parse_args()
    asked.record.parent.mkdir(exist_ok=True)
    asked.record.touch()
    code, begun = _code(), time.monotonic()
    known = [json.loads(line) for line in asked.record.read_text().splitlines()]
    done = {
        (k["state"], k["who"]): k
        for k in known
        if (k["code"], k["reviews"]) == (code, asked.reviews)
    }
    reviews = enumerated.REVIEWS if asked.reviews else (None,)
    with enumerated.places() as places, pytest.MonkeyPatch.context() as patch:
        for name in enumerated.HISTORIES:
            for who in enumerated.WHO:
                if (name, who) in done:
                    continue
                found = [
                    enumerated.attempt(places, patch, name, who, case, review)
                    for case in enumerated.CASES
                    for review in reviews
                ]
                done[name, who] = {
                    "state": name,
                    "who": who,
                    "code": code,
                    "reviews": asked.reviews,
                    "tried": len(found),
                    "written": sum(found),
                }
                with asked.record.open("a") as file:
                    file.write(json.dumps(done[name, who]) + "\n")
                out.print(f"{time.monotonic() - begun:6.0f} s  {len(found):5} tried  {name}, {who}")
    tried, written = (sum(k[of] for k in done.values()) for of in ("tried", "written"))
    out.print(
        f"{len(enumerated.HISTORIES)} states x {len(enumerated.WHO)} who return x "
        f"{len(enumerated.CASES)} combinations of failing parts, {len(reviews)} states of the review each = "
        f"{tried}: {written} could be written somewhere and reached every process within one poll; "
        f"{tried - written} could not, and said so"
    )


def _code() -> str:
    """The digest of the code that decides what is found."""
    rooms = ("domain", "release", "registry", "serving", "steps")
    files = [
        path for room in rooms for path in (ROOT / "pipeline" / "slipway" / room).rglob("*.py")
    ]
    files += [ROOT / "tests" / name for name in ("returns_enumerated.py", "returns_kit.py")]
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]


if __name__ == "__main__":
    main()
