"""What the registry holds of one version: one shape for the guard, the pipeline and the router."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What the registry holds of one version, whoever reads it."""

    model: str
    version: str
    tags: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    run_id: str = ""
    description: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"{self.model} version {self.version}"
