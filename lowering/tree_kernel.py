"""One kernel for one structure of arguments, giving back exactly the structure that the program gives.

In: a program of stand-ins. Out: what JAX needs to call the kernel by itself and to put the results into that structure.
`jax.jit` alone sorts the keys of dicts and makes arrays of numbers; so what it gives here are arrays in a row, and what
is around them rides along, as a tree without leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from .argument_trees import ArgumentTrees
from .array_entrance import Missed
from .array_leaf import ArrayLeaf, LookedAt, array_of


class Around:
    """What is around the arrays of a result: a node without leaves, which stays one whatever JAX does with it."""

    __slots__ = ("structure",)

    def __init__(self, structure: Any) -> None:
        self.structure = structure

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Around) and self.structure == other.structure

    def __hash__(self) -> int:
        return hash(self.structure)


jax.tree_util.register_pytree_node(Around, lambda node: ((), node), lambda node, _: node)


class TreeKernel:
    """A program for one structure of its arguments, under `jax.jit`."""

    def __init__(self, program: Callable[[Any], Any], structure: Any, trees: ArgumentTrees) -> None:
        """The kernel of a program.

        Args:
            program: takes its arguments, with stand-ins for arrays, as one tuple.
            structure: of that tuple.
            trees: what results are taken apart by, too.
        """

        def kernel(*arrays: Any) -> tuple[tuple[Any, ...], Around]:
            leaves, around = trees.flatten(program(structure.unflatten([ArrayLeaf(array) for array in arrays])))
            if not all(type(leaf) is ArrayLeaf for leaf in leaves):
                raise LookedAt("a result that is neither arrays nor literals")
            return tuple(map(array_of, leaves)), Around(around)

        self._jitted: Any = jax.jit(kernel, keep_unused=True)

    def __call__(self, *arrays: Any) -> Missed:
        """The result for the arrays of arguments, and what JAX needs to make such calls itself."""
        (made, around), data, again = self._jitted._cache_miss(*arrays)
        structure = around.structure
        return structure.unflatten(made), None if data is None else data._replace(out_pytree_def=structure), again
