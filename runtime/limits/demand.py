"""What a call may use of a model's tokens, before its endpoint says what it has used.

Guarantees: demands and usages are values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Demand:
    """What is known of a call's tokens before it is made.

    Attributes:
        prompt_bytes: length of all that is asked, in UTF-8.
        other_tokens: for parts that are no text, such as images.
        most_answered: tokens that the answer may have; None where nothing says.
    """

    prompt_bytes: int
    other_tokens: int = 0
    most_answered: int | None = None

    @staticmethod
    def largest(demands: Iterable[Demand]) -> Demand:
        """What covers each of these."""
        all_of_them = tuple(demands)
        bounds = [one.most_answered for one in all_of_them if one.most_answered is not None]
        return Demand(
            max(one.prompt_bytes for one in all_of_them),
            max(one.other_tokens for one in all_of_them),
            max(bounds) if len(bounds) == len(all_of_them) else None,
        )


@dataclass(frozen=True, slots=True)
class UsedTokens:
    """What an endpoint says that a call has used."""

    prompt: int
    answer: int

    @property
    def total(self) -> int:
        """Both together, which is what token limits count."""
        return self.prompt + self.answer
