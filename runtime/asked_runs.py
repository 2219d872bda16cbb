"""Whether runs are asked to be something else than usual: plain Python, recorded, checked or shown.

Guarantees: any thread may ask; what is set is never set back.
"""

from __future__ import annotations


class Usual:
    """Whether every run so far, in any thread or task, was to be a usual one.

    Context variables say what is asked for here; asking two of them costs 80 ns a call, and most processes never set
    one. Once one was set they are asked for ever: a context outlives the block that made it.

    Attributes:
        holds: no context variable of this kind was ever set.
    """

    __slots__ = ("holds",)

    def __init__(self) -> None:
        self.holds = True


usual = Usual()
"""Of this process."""
