"""What is known of a user, an item or a store before anybody asks: a table by key."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway.domain.columns import DType
from slipway.domain.declared_types import settle_types
from slipway.domain.errors import BadConfig
from slipway.domain.origins import ITEM, USER

VALID_FROM = "valid_from"


@dataclass(frozen=True, slots=True)
class Entity:
    """A table of typed ``fields``, by ``key``: ``item``, ``user``, or a column that is declared.

    The key's column in the table is called as the entity. With ``history`` each row stands from its ``valid_from``
    on, until the next row of the same key: what held at the request counts, also when rows are built again later.
    """

    name: str
    fields: Mapping[str, DType | str] = field(hash=False)
    key: str = ""
    history: bool = False

    def __post_init__(self) -> None:
        settle_types(self, f"entity {self.name}")
        object.__setattr__(self, "key", self.key or self.name)
        typed = {}
        for name, dtype in self.fields.items():
            taken = name in (self.name, VALID_FROM)
            if taken or not str(name).isidentifier() or dtype not in tuple(DType):
                expected = f"a name of its own with one of {', '.join(DType)}"
                raise BadConfig(
                    f"entity {self.name}.fields",
                    found=f"{name}: {dtype}",
                    expected=expected,
                    next_step="correct the field",
                )
            typed[name] = DType(dtype)
        object.__setattr__(self, "fields", typed)

    @property
    def has_own_key(self) -> bool:
        """Whether the log itself names the key."""
        return self.key in (USER, ITEM)
