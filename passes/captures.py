"""Which values an op uses, those that its regions take from outside included.

Ensures: each op is visited once however deeply it is nested, values come in order of first use, without repetition.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Block, Operation, SSAValue


class Captures:
    """The values that ops use from outside. Valid until a pass changes an op inside of one that was asked about."""

    def __init__(self) -> None:
        """Starts with nothing known."""
        self._known: dict[Operation, tuple[SSAValue, ...]] = {}

    def used_by(self, op: Operation) -> Sequence[SSAValue]:
        """The operands of an op, then what its regions capture."""
        if not op.regions:
            return op._operands  # the public view copies on each access; this is the innermost loop
        found = self._known.get(op)
        if found is None:
            used = dict.fromkeys(op.operands)
            for region in op.regions:
                for block in region.blocks:
                    used.update(self._captured_by(block))
            found = self._known[op] = tuple(used)
        return found

    def _captured_by(self, block: Block) -> dict[SSAValue, None]:
        inner: set[SSAValue] = set(block.args)
        captured: dict[SSAValue, None] = {}
        for op in block.ops:
            captured.update((value, None) for value in self.used_by(op) if value not in inner)
            inner.update(op.results)
        return captured
