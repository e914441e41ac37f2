"""What every version's page says of the run that it came from."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from slipway.domain.run import EvaluatedRun

if TYPE_CHECKING:
    from slipway.reports.review.brief import Brief


def of_run(run: EvaluatedRun[Any], brief: "Brief") -> dict[str, str]:
    """Which interval, by which recipe, started by whom, and what came of it."""
    return {
        "interval": f"{run.start.isoformat()} to {run.end.isoformat()}",
        "recipe": run.recipe.name,
        "origin": brief.origin,
        "author": brief.author,
        "fingerprint": run.model.fingerprint,
        "reproduced": run.model.reproducibility,
    }


def of_stored_model(trained: Mapping[str, Any]) -> dict[str, str]:
    """How a model of a factory's own is kept, and what its fit warned of."""
    return {
        "stored as": trained["stored"],
        "types in its file beyond skops' own": ", ".join(trained["types"]) or "none",
        "its fit warned of": "; ".join(trained["warned"]) or "nothing",
    }


def of_digests(trained: Mapping[str, Any]) -> dict[str, str]:
    """The beginning of each digest that the fingerprint is made of."""
    return {f"digest of {part}": digest[:16] for part, digest in trained["digests"].items()}
