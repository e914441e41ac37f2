"""What only a person can say of a line's models: what they are for, their limits, and who answers for them."""

from dataclasses import dataclass, fields

from slipway.domain.errors import BadConfig
from slipway.domain.people import has_words

LONGEST = 1_000
"""Characters of an answer: it stands on every page."""


@dataclass(frozen=True, slots=True)
class Card:
    """The fields of a model card that no measurement fills, written once for a line.

    ``owner`` answers for the line, ``overseer`` is the named person who may stop it. A field that is left out
    is asked for on every page; nothing is guessed. Raises BadConfig for an answer without words, of more than
    one line, or longer than :data:`LONGEST` characters.
    """

    intended_use: str = ""
    limits: str = ""
    owner: str = ""
    overseer: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            text = getattr(self, field.name)
            fits = isinstance(text, str) and len(text) <= LONGEST and "\n" not in text
            if not fits or (text and not has_words(text)):
                raise BadConfig(
                    f"line.card.{field.name}",
                    found=repr(text)[:80],
                    expected=f"words on one line, at most {LONGEST} characters",
                    next_step="say it in a sentence, or leave the field out: pages then ask for it",
                )

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the fields that nobody filled."""
        return tuple(field.name for field in fields(self) if not getattr(self, field.name))


NO_CARD = Card()
"""Of a line that declares none."""
