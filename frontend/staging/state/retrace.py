"""What the body of a loop needs done before the loop, to be traced again: raised in the body, caught by the loop."""

from __future__ import annotations

from ...effects.seal import Seal
from ..values import Owned


class MustCarry(Exception):
    """A loop body changes a container made outside of it: trace the body again with the container carried."""

    def __init__(self, owned: Owned) -> None:
        super().__init__("a loop body changes a container made outside of it")
        self.owned = owned


class MustEscape(Exception):
    """A loop body lets a container made outside of it escape: let it escape before the loop and trace again."""

    def __init__(self, owned: Owned) -> None:
        super().__init__("a container escapes in a loop body")
        self.owned = owned


class MustUnseal(MustEscape):
    """The same for what a container holds, as far as this seal leaves it open."""

    def __init__(self, owned: Owned, seal: Seal) -> None:
        super().__init__(owned)
        self.seal = seal


class MustLend(MustEscape):
    """The body of a loop, `depth` regions deep, changes an element of a container: it is the loop's alone till its end.

    A loop inside of that one leaves it to it.
    """

    def __init__(self, owned: Owned, depth: int) -> None:
        super().__init__(owned)
        self.depth = depth
