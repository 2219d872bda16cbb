"""What the ops of the dialect share: cheap construction, words of an effect, discardable attributes, verification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NoReturn, Self

from xdsl.dialects.builtin import (
    UNKNOWN_LOC,
    ArrayAttr,
    FileLineColLoc,
    IntAttr,
    LocationAttr,
    StringAttr,
    SymbolRefAttr,
    UnitAttr,
)
from xdsl.ir import Attribute, Block, Operation, OpResult, Region, SSAValue, Use
from xdsl.ir.core import SSAValues
from xdsl.irdl import IRDLOperation, opt_prop_def, prop_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from ..diagnostics.effect import Behaviour
from .effects import BehaviourEffects, EffectAttr, behaviour_words, parse_behaviour
from .operands import single_block
from .types import flows_into

UNIT = UnitAttr()
_NOT_NESTED = ArrayAttr[StringAttr]([])
FLAGS = ("total", "fresh")
SOURCE_WORDS = ("snapshot", "settled", "plain")
"""What is said of how a loop may take the elements of what it goes over."""


@lru_cache(maxsize=4096)
def symbol(name: str) -> SymbolRefAttr:
    """The reference to a symbol, shared between uses; without the constructor's checks, like `file_location`."""
    reference = SymbolRefAttr.__new__(SymbolRefAttr)
    vars(reference).update(root_reference=text_attr(name), nested_references=_NOT_NESTED)
    return reference


def text_attr(text: str) -> StringAttr:
    """A string attribute, likewise without the constructor's checks: every declaration has three."""
    made = StringAttr.__new__(StringAttr)
    vars(made)["data"] = text
    return made


@lru_cache(maxsize=4096)
def file_location(file: str, line: int, column: int) -> FileLineColLoc:
    """The location of a point in a source file, shared between ops.

    The constructor would check what is so by construction; each op needs a location, so that is most of what it costs.
    """
    location = FileLineColLoc.__new__(FileLineColLoc)
    vars(location).update(filename=_file_name(file), line=_number(line), column=_number(column))
    return location


@lru_cache(maxsize=256)
def _file_name(file: str) -> StringAttr:
    return text_attr(file)


@lru_cache(maxsize=16384)
def _number(value: int) -> IntAttr:
    return IntAttr(value)


@lru_cache(maxsize=4096)
def valid_hint(name: str) -> str | None:
    """What xDSL makes of a name for a value: without a number at its end. The text has no letters beyond ASCII."""
    return SSAValue.extract_valid_name(name) if name.isascii() else None


def hint_name(value: SSAValue, name: str) -> None:
    """Name a value in the text."""
    value._name = valid_hint(name)


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 value`, `2 values`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class XcsOperation(IRDLOperation):
    """An op of the dialect. `make` of each class builds one without checks, for the hot path of tracing."""

    def __post_init__(self) -> None:
        """Nothing to fill in: no op of the dialect has a property with a default."""

    @classmethod
    def create(
        cls,
        *,
        operands: Sequence[SSAValue] = (),
        result_types: Sequence[Attribute] = (),
        properties: Mapping[str, Attribute] = MappingProxyType({}),
        attributes: Mapping[str, Attribute] = MappingProxyType({}),
        location: LocationAttr | None = None,
        successors: Sequence[Block] = (),
        regions: Sequence[Region] = (),
    ) -> Self:
        """An op without checks, as xDSL's own makes it.

        That one goes through setters that first undo what an op had before; an op made here had nothing, which saves
        half of what most of them cost.
        """
        if successors:
            return super().create(
                operands=operands,
                result_types=result_types,
                properties=properties,
                attributes=attributes,
                location=location,
                successors=successors,
                regions=regions,
            )
        op = cls.__new__(cls)
        op._operands = SSAValues(operands)
        op._operand_uses = tuple([_first_use(value, op, index) for index, value in enumerate(op._operands)])
        op.results = SSAValues([OpResult(type, op, index) for index, type in enumerate(result_types)])
        op.properties, op.attributes = dict(properties), dict(attributes)
        op.location = UNKNOWN_LOC if location is None else location
        for region in regions:
            op.add_region(region)
        return op

    def fail(self, message: str) -> NoReturn:
        """Raises the verifier's error."""
        raise VerifyException(message)

    def expect_flow(self, source: Attribute, target: Attribute, what: str) -> None:
        """Checks that a value of type `source` may stand where `target` is expected."""
        if not flows_into(source, target):
            self.fail(f"expected {what} of type `{target}`, found `{source}`")

    def expect_arguments(self, block: Block, types: Sequence[Attribute], what: str) -> None:
        """Checks the arguments of a region's block: their number, and that `types` flow into them."""
        if len(block.args) != len(types):
            self.fail(f"expected {what} to have {counted(len(types), 'block argument')}, found {len(block.args)}")
        for argument, expected in zip(block.args, types, strict=True):
            self.expect_flow(expected, argument.type, f"block argument {argument.index} of {what} for a value")

    def yielded(self, region: Region, what: str) -> Sequence[SSAValue]:
        """What a region yields; checks that it is one block which ends in `xcs.yield`."""
        block = single_block(region)
        last = None if block is None else block.last_op
        if last is None or last.name != "xcs.yield":
            self.fail(f"expected {what} to be one block that ends in `xcs.yield`")
        return last.operands

    def expect_yield(self, region: Region, types: Sequence[Attribute], what: str) -> None:
        """Checks that a region yields values which flow into `types`."""
        values = self.yielded(region, what)
        if len(values) != len(types):
            self.fail(f"expected {what} to yield {counted(len(types), 'value')}, found {len(values)}")
        for index, (value, expected) in enumerate(zip(values, types, strict=True)):
            self.expect_flow(value.type, expected, f"value {index} yielded by {what}")


def _first_use(value: SSAValue, op: Operation, index: int) -> Use:
    """The use of a value as an operand of an op, the first in the value's list from now on, as `add_use` makes it."""
    use, following = Use(op, index), value.first_use
    if following is not None:
        use._next_use = following
        following._prev_use = use
    value.first_use = use
    return use


def append_op(block: Block, op: Operation) -> None:
    """Put an op that has just been made at the end of a block, as `Block.add_op` does.

    That one asks first whether the op stands somewhere already, or is around the block.
    """
    last = block._last_op
    op.parent = block
    if last is None:
        block._first_op = op
    else:
        last._next_op = op
        op._prev_op = last
    block._last_op = op


class EffectfulOp(XcsOperation):
    """An op that acts: it states its own effect, so that traits need no symbol lookup.

    `total` promises that the op doesn't raise, `fresh` that each execution makes a new object.
    """

    effect = prop_def(EffectAttr)
    total = opt_prop_def(UnitAttr)
    fresh = opt_prop_def(UnitAttr)

    traits = traits_def(BehaviourEffects())

    @property
    def behaviour(self) -> Behaviour:
        """The effect as the scheduler knows it."""
        return self.effect.data


def effect_properties(behaviour: Behaviour, total: bool, fresh: bool) -> dict[str, Attribute]:
    """The properties of an `EffectfulOp`."""
    properties: dict[str, Attribute] = {"effect": EffectAttr.of(behaviour)}
    if total:
        properties["total"] = UNIT
    if fresh:
        properties["fresh"] = UNIT
    return properties


def print_effect(printer: Printer, op: EffectfulOp) -> None:
    """Prints the effect of an op and its flags as words, after a space."""
    words = behaviour_words(op.behaviour)
    words.extend(flag for flag in FLAGS if flag in op.properties)
    printer.print_string(" " + " ".join(words))


def parse_effect(parser: Parser) -> dict[str, Attribute]:
    """Reads what `print_effect` prints, as properties."""
    properties: dict[str, Attribute] = {"effect": EffectAttr.of(parse_behaviour(parser))}
    while (flag := parser.parse_optional_keyword_in(FLAGS)) is not None:
        properties[flag] = UNIT
    return properties


def print_words(printer: Printer, op: XcsOperation, words: Sequence[str]) -> None:
    """Prints those of `words` that are set as unit properties, each after a space."""
    for word in words:
        if word in op.properties:
            printer.print_string(" " + word)


def parse_words(parser: Parser, words: Sequence[str]) -> dict[str, Attribute]:
    """Reads what `print_words` prints, as properties."""
    properties: dict[str, Attribute] = {}
    while (word := parser.parse_optional_keyword_in(words)) is not None:
        properties[word] = UNIT
    return properties


def print_attributes(printer: Printer, op: XcsOperation, keyword: bool = False) -> None:
    """Prints the discardable attributes, with the word `attributes` before them where a region follows."""
    printer.print_op_attributes(op.attributes, print_keyword=keyword)


def parse_attributes(parser: Parser, keyword: bool = False) -> dict[str, Attribute]:
    """Reads what `print_attributes` prints."""
    if keyword and parser.parse_optional_keyword("attributes") is None:
        return {}
    return parser.parse_optional_attr_dict()
