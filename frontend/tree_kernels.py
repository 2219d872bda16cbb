"""Programs of array code around structure: one kernel for each structure of their arguments.

In: a program that finds arrays in lists, dicts and objects, and computes with nothing else. Out: what a gate asks for
kernels. JAX's C code takes the arguments apart and finds the kernel by their structure and the arrays in it; whatever
is no array is part of the structure. Assumes: the guards of the program hold. Ensures: what can't be one kernel isn't.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..lowering.tree_plan import attributes_read, run_on_leaves
from ..runtime.plan import Plan
from .direct_gate import NoKernel
from .effects.classes import is_array_class
from .effects.instance_layout import layout_of

if TYPE_CHECKING:
    from ..lowering.argument_trees import ArgumentTrees
    from ..lowering.tree_kernel import TreeKernel

MAX_STRUCTURES = 4  # with kernels; where there are more, something in them is data that changes
MAX_SEEN = 16  # structures that have come, but not often enough
MAX_DEPTH = 64  # of a structure
OFTEN = 8  # calls with one structure, before which another compilation isn't worth it
MAX_ARRAYS = 2048  # in all arguments; what goes over more is better a loop


class TreeKernels:
    """The kernels of one program, by the structure of its arguments. See `KernelFinder`.

    A structure that comes often gets a kernel: what runs a few times is done before that would be compiled, and a
    number that is another one each time is no part of a kernel.

    Attributes:
        registry: of the trees that arguments may be.
        num_visits: see `ArgumentTrees`.
    """

    def __init__(
        self, plan: Plan, attributes: frozenset[str], passed: tuple[int, ...], takes: Callable[[tuple[Any, ...]], bool]
    ) -> None:
        """The kernels of a plan.

        Args:
            plan: array code around structure.
            attributes: names of attributes that it may read.
            passed: which arguments it takes.
            takes: says whether it was made for such arguments.
        """
        from ..lowering.argument_trees import ArgumentTrees

        self._plan, self._attributes, self._passed, self._takes = plan, attributes, passed, takes
        self._trees = ArgumentTrees()
        self._kernels: dict[Any, TreeKernel] = {}
        self._seen: dict[Any, int] = {}
        self.registry, self.num_visits = self._trees.registry, self._trees.num_visits

    def find(self, values: tuple[Any, ...]) -> tuple[list[Any], TreeKernel] | None:
        """See `KernelFinder.find`."""
        if not all(map(self._admit, values)):
            raise NoKernel
        arrays, structure = self._trees.flatten(values)
        if not 0 < len(arrays) <= MAX_ARRAYS or not all(is_array_class(type(one)) for one in arrays):
            raise NoKernel
        if not self._takes(values):
            return None  # another program of the function does, and calls go there then
        kernel = self._kernels.get(structure)
        if kernel is not None:
            return arrays, kernel
        num_seen = self._seen.get(structure, 1) + 1
        if len(self._kernels) >= MAX_STRUCTURES or (num_seen == 2 and len(self._seen) >= MAX_SEEN):
            raise NoKernel
        if num_seen < OFTEN:
            self._seen[structure] = num_seen
            return None
        self._seen.pop(structure, None)
        kernel = self._kernels[structure] = self._staged(structure)
        return arrays, kernel

    def _admit(self, value: Any, depth: int = 0) -> bool:
        """Whether a value may be a tree; the classes of objects in it are known from then on."""
        cls, depths = type(value), repeat(depth + 1)
        if depth > MAX_DEPTH:
            return False  # it is in itself
        if cls is list or cls is tuple:
            return all(map(self._admit, value, depths))
        if cls is dict:
            return all(map(self._admit, value.values(), depths))
        if not is_tree_class(cls):
            return True
        held = layout_of(cls).attributes(value)
        if cls not in self._trees.classes:
            layout = layout_of(cls)
            is_plain = not layout.slots and layout.dict_descriptor is not None
            self._trees.admit(cls, attrgetter("__dict__") if is_plain else layout.attributes)
        if any(is_of_class(cls, name) for name in self._attributes - held.keys()):
            return False  # what a class holds may be bound anew
        return all(map(self._admit, held.values(), depths))

    def _staged(self, structure: Any) -> TreeKernel:
        from ..lowering.tree_kernel import TreeKernel

        def program(values: tuple[Any, ...]) -> Any:
            passed = tuple(values[index] for index in self._passed)
            result = run_on_leaves(self._plan, passed, self._trees.rebuild)
            self._check_own(result, values)
            return result

        return TreeKernel(program, structure, self._trees)

    def _check_own(self, result: Any, values: tuple[Any, ...]) -> None:
        """A result that has an argument in it, or an object twice, would come as others than Python gives.

        Raises:
            NoKernel: it does.
        """
        made = [id(one) for one in _objects(result, self._trees)]
        if len({*made}) < len(made) or not {id(one) for one in _objects(values, self._trees)}.isdisjoint(made):
            raise NoKernel


def tree_kernels(plan: Plan, passed: tuple[int, ...], takes: Callable[[tuple[Any, ...]], bool]) -> TreeKernels | None:
    """The kernels of a plan that is array code around structure; None for any other. For the arguments see there."""
    attributes = attributes_read(plan)
    return None if attributes is None else TreeKernels(plan, attributes, passed, takes)


def _objects(value: Any, trees: ArgumentTrees) -> Iterator[Any]:
    """The objects in a value that Python can tell apart: stand-ins, lists, dicts, objects of classes."""
    from ..lowering.array_leaf import ArrayLeaf

    cls = type(value)
    attributes = trees.classes.get(cls)
    if cls is ArrayLeaf or cls is list or cls is dict or attributes is not None:
        yield value
    inside: Iterable[Any] = value if cls in (list, tuple) else value.values() if cls is dict else ()
    for one in inside if attributes is None else attributes(value).values():
        yield from _objects(one, trees)


def is_tree_class(cls: type) -> bool:
    """Whether objects of a class are nothing but their attributes, as far as code can tell that only reads them."""
    layout = layout_of(cls)
    if layout.exact is not None or layout.is_array or layout.is_client or layout.is_described or not layout.is_open:
        return False
    if issubclass(cls, (enum.Enum, BaseException, type)):
        return False
    return all(
        bool(base.__flags__ & _HEAP_TYPE) and not any(map(_is_operator, vars(base).items()))
        for base in cls.__mro__
        if base is not object
    )


_HEAP_TYPE = 1 << 9
_HARMLESS = frozenset(
    "init new post_init repr str hash eq call setattr delattr init_subclass class_getitem getstate setstate reduce "
    "reduce_ex replace copy deepcopy sizeof dir annotate annotate_func".split()
)


def _is_operator(member: tuple[str, Any]) -> bool:
    """Whether a member of a class is code that Python runs on its own where it goes through an object."""
    name, value = member
    is_special = name.startswith("__") and name.endswith("__") and name[2:-2] not in _HARMLESS
    return is_special and isinstance(value, (types.FunctionType, property, classmethod, staticmethod))


def is_of_class(cls: type, name: str) -> bool:
    """Whether a class has something of this name."""
    return any(name in vars(base) for base in cls.__mro__ if base is not object)
