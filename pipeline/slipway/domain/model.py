"""How a line comes by its models: fitted by a factory of the team's own, or adopted from elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from slipway.domain import fit_knobs
from slipway.domain.config import DECLARED, check_knobs, check_recipe_words
from slipway.domain.declared_types import settle_types
from slipway.domain.errors import BadConfig

Factory = Callable[..., Any]
"""``factory(seed, **params)``: an object that is not fitted yet, as scikit-learn's are."""

ADOPTED = "models:/"


@dataclass(frozen=True, slots=True)
class Fit:
    """Models of the team's own: ``factory(seed, **params)`` gives anything with ``fit`` and
    ``predict_proba`` (binary outcomes) or ``predict``, as scikit-learn's estimators have them.

    It is fitted on a data frame of ``inputs`` in this order: numbers as float64 with NaN where they are
    missing, categories as pandas categories of words. Their dictionary is what the training rows hold;
    any other value is missing, and ``missing`` is a word that stands for it instead of NaN. ``seeds``
    are at least three: the first one is released, the others measure the noise floor. ``weighted``
    says that ``fit`` takes ``sample_weight``; lists need it, because what stands on top is seen more.

    ``trusted`` are types (``"package.module.Type"``) that a stored model may hold beyond Slipway's
    own list; a reviewer is shown them. ``factory`` and ``trusted`` stand in the line's code alone;
    every other field may be overridden by a run's ``conf["recipe"]``. Raises BadConfig for a factory
    that cannot be called.
    """

    factory: Factory = field(metadata={DECLARED: True})
    inputs: tuple[str, ...]
    name: str = "weekly"
    seeds: tuple[int, ...] = fit_knobs.seeds()
    params: Mapping[str, float] | None = None
    max_rows: int = fit_knobs.max_rows()
    missing: str = ""
    weighted: bool = True
    trusted: tuple[str, ...] = field(default=(), metadata={DECLARED: True})

    uses_champion: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not callable(self.factory):
            raise BadConfig(
                "line.model.factory",
                found=type(self.factory).__name__,
                expected="a function: factory(seed) gives an object with fit and predict",
                next_step="pass the function itself, not what it returns",
            )

        settle_types(self, "recipe")
        check_recipe_words(self.name, self.inputs)
        check_knobs(self, "recipe")
        for name, value in (self.params or {}).items():
            if not abs(value) < float("inf"):
                raise BadConfig(
                    f"recipe.params.{name}",
                    found=value,
                    expected="a finite number",
                    next_step="correct the value; nothing was started",
                )

    @property
    def headline(self) -> dict[str, Any]:
        """What the registry lists of it."""
        return {"seed": self.seeds[0], **(self.params or {})}


@dataclass(frozen=True, slots=True)
class Adopt:
    """A model that was fitted elsewhere: ``uri`` (``"models:/name/3"``, ``"models:/name@alias"``).

    It is judged and staged as any other. How much of it is a matter of its seed cannot be known, and
    the evidence says so. ``inputs`` are the line's columns that it reads; ``max_rows`` caps the rows
    it is measured beside. Raises BadConfig for another kind of address.
    """

    uri: str
    inputs: tuple[str, ...]
    name: str = "adopted"
    max_rows: int = 60_000
    seeds: tuple[int, ...] = ()
    trusted: tuple[str, ...] = field(default=(), metadata={DECLARED: True})

    uses_champion: ClassVar[bool] = False

    def __post_init__(self) -> None:
        settle_types(self, "recipe")
        if not self.uri.startswith(ADOPTED):
            raise BadConfig(
                "line.model.uri",
                found=self.uri,
                expected=f"an address of the registry: {ADOPTED}name/3 or {ADOPTED}name@alias",
                next_step="register the model there first; only what is registered has a digest",
            )

    @property
    def headline(self) -> dict[str, Any]:
        """What the registry lists of it."""
        return {"adopted": self.uri}
