"""A kernel that exists as StableHLO text only: `xcs.xla @k { module @... }`."""

from __future__ import annotations

import functools
from typing import Any


class XlaPayload:
    """Runs the `main` function of a StableHLO module; callable from any thread, compiles at its first call.

    One result is returned as it is, several as a tuple. Differentiating or vectorising it isn't possible: JAX knows
    only the text.

    Attributes:
        name: the kernel's symbol.
        text: the module.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text

    @functools.cached_property
    def _jitted(self) -> Any:
        from .xla_primitive import staged_payload  # imports JAX, which only the first array work needs

        return staged_payload(self.name, self.text)

    def __call__(self, *arguments: Any) -> Any:
        """The kernel's results.

        Raises:
            XCSError: the text isn't a module with a function `main`, or the arguments don't have the types it expects.
        """
        return self._jitted(*arguments)

    def __repr__(self) -> str:
        return f"stablehlo.{self.name}"
