"""Emits ops of the xcs dialect at the current place, with the user's source location on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from xdsl.dialects.builtin import FileLineColLoc, StringAttr
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from ....diagnostics.effect import PURE, Behaviour
from ....dialect.access import UnpackOp
from ....dialect.arguments import Argument, ArgumentKind, ArgumentsAttr
from ....dialect.calls import CallIndirectOp, CallOp, InvokeOp
from ....dialect.constants import ConstantOp
from ....dialect.containers import AppendOp, InsertOp, MakeDictOp, MakeListOp, MakeTupleOp
from ....dialect.control_flow import IfOp, RaiseOp, TryOp
from ....dialect.functions import ReturnOp
from ....dialect.loops import ForOp, WhileOp
from ....dialect.operation import append_op, file_location
from ....dialect.regions import YieldOp
from ....dialect.state import LoadOp
from ....dialect.types import OBJ, list_of, obj
from ....dialect.variables import AssignOp, CurrentOp, VariableOp
from ....lowering.stablehlo import tensor_of
from ...effects.abstract_type import AbstractType, ArrayType, ExactType, ListType, TupleOfType, TupleType
from ...effects.array_results import is_jax
from ..values import Static
from .symbols import SymbolTable

Operand: TypeAlias = SSAValue | Static
Mark: TypeAlias = tuple[Block, Operation | None, int]
"""A place: a block, the last op in it, and how many blocks there were."""


def ir_type(known: AbstractType) -> Attribute:
    """How the IR's type says what is known of a value."""
    match known:
        case ListType():
            return list_of(OBJ)
        case ExactType(cls=cls):
            return obj("None" if cls is type(None) else cls.__name__)
        case TupleType() | TupleOfType():
            return obj("tuple")
        case ArrayType(dtype=str() as dtype, shape=tuple() as shape) if is_jax(known):
            return tensor_of(dtype, shape) or OBJ
        case _:
            return OBJ


class Builder:
    """Where ops go and what location they get."""

    def __init__(self, symbols: SymbolTable, file: str) -> None:
        self.symbols = symbols
        self.file = file
        self.block = Block()
        self._blocks: list[Block] = []
        self._place = (0, 0)

    def locate(self, line: int, column: int) -> None:
        """Ops emitted from now on carry this location (1-based line and column, as MLIR counts)."""
        self._place = (line, column + 1)

    @property
    def location(self) -> FileLineColLoc:
        """The location that ops emitted now get."""
        return file_location(self.file, *self._place)

    @contextmanager
    def inside(self, block: Block) -> Iterator[None]:
        """Emit into another block; if that fails, the block lets go of everything it uses."""
        outer, place = self.block, self._place
        self.block = block
        self._blocks.append(block)
        try:
            yield
        except BaseException:
            discard(block, None)
            raise
        finally:
            self.block, self._place = outer, place

    def mark(self) -> Mark:
        """The current place, to come back to with `rewind`."""
        return self.block, self.block.last_op, len(self._blocks)

    def rewind(self, mark: Mark) -> None:
        """Drop everything emitted since `mark`."""
        block, last, num_blocks = mark
        discard(block, last)
        for made in reversed(self._blocks[num_blocks:]):  # what is inside others comes after them
            if made.parent is None:  # of an op that was never made: it must let go of what it uses
                discard(made, None)
        del self._blocks[num_blocks:]

    def emit(self, op: Operation) -> Sequence[SSAValue]:
        """Append an op to the current block."""
        append_op(self.block, op)
        return op.results

    def constant(self, value: object) -> SSAValue:
        """A Python literal."""
        literal = self.symbols.literal(value)
        return self.emit(ConstantOp.of(literal, ir_type(ExactType(type(value))), location=self.location))[0]

    def placeholder(self, type: Attribute) -> SSAValue:
        """A value for a path on which it is never used; unlike `xcs.undef`, nothing has to check that."""
        return self.emit(ConstantOp.make(None, type, location=self.location))[0]

    def load_object(self, value: object) -> SSAValue:
        """An object known when compiling that the IR's text can't spell."""
        return self.emit(LoadOp.make(self.symbols.object(value), location=self.location))[0]

    def make_list(self, elements: Sequence[SSAValue]) -> SSAValue:
        """A fresh list."""
        return self.emit(MakeListOp.make(elements, list_of(OBJ), location=self.location))[0]

    def make_tuple(self, elements: Sequence[SSAValue]) -> SSAValue:
        """A tuple."""
        return self.emit(MakeTupleOp.make(elements, obj("tuple"), location=self.location))[0]

    def make_dict(self, keys: Sequence[SSAValue], values: Sequence[SSAValue]) -> SSAValue:
        """A fresh dict."""
        return self.emit(MakeDictOp.make(keys, values, obj("dict"), location=self.location))[0]

    def append(self, container: SSAValue, value: SSAValue) -> SSAValue:
        """The next version of an owned list, one element longer."""
        return self.emit(AppendOp.make(container, value, list_of(OBJ), location=self.location))[0]

    def insert(self, container: SSAValue, key: SSAValue, value: SSAValue) -> SSAValue:
        """The next version of an owned dict, with an item set."""
        return self.emit(InsertOp.make(container, key, value, container.type, location=self.location))[0]

    def unpack(
        self, value: SSAValue, known: Sequence[AbstractType], behaviour: Behaviour, star: int | None = None
    ) -> Sequence[SSAValue]:
        """The parts of an iterable."""
        types = [ir_type(part) for part in known]
        return self.emit(UnpackOp.make(value, types, behaviour, star=star, location=self.location))

    def call(
        self,
        callee: str | SSAValue,
        positional: Sequence[Operand],
        keyword: Sequence[tuple[str, Operand]],
        behaviour: Behaviour,
        result: Attribute,
        *,
        mutates: Sequence[int] = (),
        fresh: bool = False,
        array: str | None = None,
        is_async: bool = False,
        total: bool = False,
    ) -> Sequence[SSAValue]:
        """One leaf call, by symbol or of a callable that is data; further results are the mutated operands."""
        operands, template = self._placed(positional, keyword)
        versions = [positional[index].type for index in mutates]  # type: ignore[union-attr]
        details: dict[str, Any] = {
            "args": template,
            "result_types": (result, *versions),
            "mutates": mutates,
            "fresh": fresh,
            "is_async": is_async,
            "location": self.location,
        }
        if isinstance(callee, str):
            op = CallOp.make(callee, operands, behaviour, total=total, **details)
            if array is not None:
                op.attributes["array"] = StringAttr(array)
            return self.emit(op)
        return self.emit(CallIndirectOp.make(callee, operands, behaviour, **details))

    def _placed(
        self, positional: Sequence[Operand], keyword: Sequence[tuple[str, Operand]]
    ) -> tuple[list[SSAValue], ArgumentsAttr]:
        """The operands of a call, and where they and its literals stand among the arguments."""
        operands: list[SSAValue] = [o for o in positional if not isinstance(o, Static)]
        if not keyword and len(operands) == len(positional):
            return operands, ArgumentsAttr.positional(len(operands))
        operands += [o for _, o in keyword if not isinstance(o, Static)]
        arguments = [self._argument("positional", None, operand) for operand in positional]
        arguments += [self._argument("keyword", name, operand) for name, operand in keyword]
        return operands, ArgumentsAttr.of(tuple(arguments))

    def _argument(self, kind: ArgumentKind, name: str | None, operand: Operand) -> Argument:
        literal = self.symbols.literal(operand.value) if isinstance(operand, Static) else None
        return Argument(kind, name, literal)

    def call_again(
        self,
        properties: Mapping[str, Attribute],
        positional: Sequence[Operand],
        keyword: Sequence[tuple[str, Operand]],
        result: Attribute,
        array: StringAttr | None,
    ) -> SSAValue:
        """One leaf call of which all is known but the arguments."""
        operands, template = self._placed(positional, keyword)
        op = CallOp.create(
            operands=operands,
            result_types=(result,),
            properties={**properties, "args": template},
            attributes={} if array is None else {"array": array},
            location=self.location,
        )
        append_op(self.block, op)
        return op.results[0]

    def invoke(
        self, symbol: str, operands: Sequence[SSAValue], behaviour: Behaviour, types: Sequence[Attribute]
    ) -> Sequence[SSAValue]:
        """A call of a staged function."""
        return self.emit(InvokeOp.make(symbol, operands, behaviour, result_types=types, location=self.location))

    def yield_(self, values: Sequence[SSAValue]) -> None:
        """Ends a region."""
        self.emit(YieldOp.make(values, location=self.location))

    def return_(self, values: Sequence[SSAValue]) -> None:
        """Ends a function."""
        self.emit(ReturnOp.make(values, location=self.location))

    def raise_(self, exception: SSAValue, cause: SSAValue | None) -> None:
        """Raises."""
        self.emit(RaiseOp.make(exception, cause, location=self.location))

    def if_(
        self, condition: SSAValue, truth: Behaviour, types: Sequence[Attribute], then: Block, orelse: Block
    ) -> Sequence[SSAValue]:
        """One of two regions; `truth` is the effect of `bool(condition)`."""
        regions = Region(then), Region(orelse)
        return self.emit(IfOp.make(condition, *regions, types, truth=_unless_pure(truth), location=self.location))

    def try_(self, types: Sequence[Attribute], body: Block, handler: Block) -> Sequence[SSAValue]:
        """A body, and a handler for the exceptions that leave it."""
        return self.emit(TryOp.make(Region(body), Region(handler), types, location=self.location))

    def variable(self, initial: SSAValue) -> SSAValue:
        """A variable that handlers look into."""
        return self.emit(VariableOp.make(initial, location=self.location))[0]

    def assign(self, variable: SSAValue, value: SSAValue) -> None:
        """The next value of a variable, in program order."""
        self.emit(AssignOp.make(variable, value, location=self.location))

    def current(self, variable: SSAValue) -> SSAValue:
        """The value of a variable when its handler starts."""
        return self.emit(CurrentOp.make(variable, location=self.location))[0]

    def for_(
        self, iterable: SSAValue, initial: Sequence[SSAValue], body: Block, words: Sequence[str]
    ) -> Sequence[SSAValue]:
        """A loop over an iterable; the results have the types of the carried block arguments."""
        types = [argument.type for argument in body.args[1:]]
        return self.emit(ForOp.make(iterable, initial, Region(body), types, tuple(words), location=self.location))

    def while_(
        self, initial: Sequence[SSAValue], condition: Block, body: Block, truth: Behaviour
    ) -> Sequence[SSAValue]:
        """A loop on a condition; the results have the types of the carried block arguments."""
        types = [argument.type for argument in body.args]
        regions = Region(condition), Region(body)
        return self.emit(WhileOp.make(initial, *regions, types, truth=_unless_pure(truth), location=self.location))


def discard(block: Block, after: Operation | None) -> None:
    """Remove the ops of a block that come after `after` (None: all), last first."""
    # Ops whose parent is gone went with the op around their block.
    while (last := block.last_op) is not None and last is not after and last.parent is block:
        last.detach()
        last.erase(safe_erase=False)


def _unless_pure(truth: Behaviour) -> Behaviour | None:
    return None if truth == PURE else truth
