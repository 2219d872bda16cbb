"""Explicit parallelism: independent iterations and independent branches."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import IntegerAttr, LocationAttr, UnitAttr, i64
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import (
    EqAttrConstraint,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    region_def,
    traits_def,
    var_region_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import RecursiveMemoryEffect

from .calls import CallOp
from .effects import IndependentLoopEffects
from .loops import parse_element
from .operands import (
    num_yielded,
    obj_types,
    parse_block,
    parse_result_types,
    print_argument_name,
    print_block,
    print_result_types,
)
from .operation import SOURCE_WORDS, UNIT, counted, parse_attributes, parse_words, print_attributes, print_words
from .regions import YieldingOp
from .types import OBJ, ListType, element_type, list_of

MAP_WORDS = (*SOURCE_WORDS, "vectorized")


@irdl_op_definition
class MapOp(YieldingOp):
    """Independent iterations over the elements of an iterable; each value that the body yields becomes a list.

    `snapshot`: nothing in the body can write the iterable. `settled`: nothing in the program can, once the iterable is
    there. `plain`: if it can be gone over at all, it is of a class of Python's own, so that no step runs anybody's
    code. `vectorized`: the body handles all elements as one array.
    `batch N`: the calls of the body go out in their batch form, up to N elements together.

    ```mlir
    xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
    xcs.func @f(%xs : !xcs.list<!xcs.obj<"str">>) -> (!xcs.list<!xcs.obj>) {
      %ys = xcs.map %x in %xs snapshot batch 8 {
        %y = xcs.call unordered external @ask(%x)
        xcs.yield %y
      }
      xcs.return %ys
    }
    ```
    """

    name = "xcs.map"
    iterable = operand_def()
    snapshot = opt_prop_def(UnitAttr)
    settled = opt_prop_def(UnitAttr)
    plain = opt_prop_def(UnitAttr)
    vectorized = opt_prop_def(UnitAttr)
    batch = opt_prop_def(IntegerAttr.constr(type=EqAttrConstraint(i64)))
    body = region_def("single_block")
    outputs = var_result_def()

    traits = traits_def(IndependentLoopEffects())

    @classmethod
    def make(
        cls,
        iterable: SSAValue,
        body: Region,
        result_types: Sequence[Attribute] | None = None,
        *,
        words: Sequence[str] = (),
        batch: int | None = None,
        location: LocationAttr | None = None,
    ) -> MapOp:
        """A map around a finished body; without `result_types`, one list of `!xcs.obj` for each yielded value."""
        properties: dict[str, Attribute] = dict.fromkeys(words, UNIT)
        if batch is not None:
            properties["batch"] = IntegerAttr(batch, i64)
        types = (list_of(OBJ),) * num_yielded(body) if result_types is None else result_types
        return cls.create(
            operands=(iterable,), result_types=types, properties=properties, regions=(body,), location=location
        )

    @property
    def batch_size(self) -> int | None:
        """Up to how many elements go out together, if the map is batched."""
        return None if self.batch is None else self.batch.value.data

    def print(self, printer: Printer) -> None:
        """Prints the element, the iterable, the flags and the body."""
        printer.print_string(" ")
        print_argument_name(printer, self.body.block.args[0], element_type(self.iterable.type))
        printer.print_string(" in ")
        printer.print_operand(self.iterable)
        print_result_types(printer, self.results.types, (list_of(OBJ),) * num_yielded(self.body))
        print_words(printer, self, MAP_WORDS)
        if self.batch is not None:
            printer.print_string(f" batch {self.batch.value.data}")
        print_attributes(printer, self, keyword=True)
        print_block(printer, self.body)

    @classmethod
    def parse(cls, parser: Parser) -> MapOp:
        """Reads what `print` prints."""
        element = parse_element(parser)
        types = parse_result_types(parser)
        words = tuple(parse_words(parser, MAP_WORDS))
        has_batch = parser.parse_optional_keyword("batch") is not None
        batch = parser.parse_integer(allow_boolean=False) if has_batch else None
        attributes = parse_attributes(parser, keyword=True)
        body = parse_block(parser, [element.argument])
        op = cls.make(element.iterable, body, types, words=words, batch=batch)
        op.attributes.update(attributes)
        return op

    def verify_(self) -> None:
        """The body takes an element; each result is a list of what it yields."""
        for result in self.results:
            if not isinstance(result.type, ListType) and result.type != OBJ:
                self.fail(f"expected results of list type, found `{result.type}`")
        self.expect_yield(self.body, [element_type(type) for type in self.results.types], "the body")
        self.expect_arguments(self.body.block, (element_type(self.iterable.type),), "the body")
        if self.batch is not None and self.batch.value.data < 1:
            self.fail(f"expected `batch` to be at least 1, found {self.batch.value.data}")


@irdl_op_definition
class EnsembleOp(YieldingOp):
    """Independent branches on shared inputs; the results are what all branches yield, one branch after the other.

    ```mlir
    xcs.callable @gpt {path = "app:gpt", effect = #xcs.effect<unordered, external>}
    xcs.callable @claude {path = "app:claude", effect = #xcs.effect<unordered, external>}
    xcs.func @f(%q : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
      %a, %b = xcs.ensemble {
        %x = xcs.call unordered external @gpt(%q)
        xcs.yield %x
      }, {
        %y = xcs.call unordered external @claude(%q)
        xcs.yield %y
      }
      xcs.return %a, %b
    }
    ```
    """

    name = "xcs.ensemble"
    branches = var_region_def("single_block")
    outputs = var_result_def()

    traits = traits_def(RecursiveMemoryEffect())

    @classmethod
    def make(
        cls,
        branches: Sequence[Region],
        result_types: Sequence[Attribute] | None = None,
        location: LocationAttr | None = None,
    ) -> EnsembleOp:
        """An ensemble of finished branches; without `result_types` all results are `!xcs.obj`."""
        types = obj_types(sum(map(num_yielded, branches))) if result_types is None else result_types
        return cls.create(result_types=types, regions=branches, location=location)

    def print(self, printer: Printer) -> None:
        """Prints the branches."""
        print_result_types(printer, self.results.types, obj_types(sum(map(num_yielded, self.regions))))
        print_attributes(printer, self, keyword=True)
        for index, region in enumerate(self.regions):
            if index:
                printer.print_string(",")
            print_block(printer, region)

    @classmethod
    def parse(cls, parser: Parser) -> EnsembleOp:
        """Reads what `print` prints."""
        types = parse_result_types(parser)
        attributes = parse_attributes(parser, keyword=True)
        branches = parser.parse_comma_separated_list(parser.Delimiter.NONE, lambda: parse_block(parser))
        op = cls.make(branches, types)
        op.attributes.update(attributes)
        return op

    def verify_(self) -> None:
        """Each branch yields its share of the results, at least one."""
        if not self.regions:
            self.fail("expected at least one branch")
        counts = []
        for index, region in enumerate(self.regions):
            counts.append(len(self.yielded(region, f"branch {index}")))
            self.expect_arguments(region.block, (), f"branch {index}")
            if not counts[-1]:
                self.fail(f"expected branch {index} to yield at least one value")
        if sum(counts) != len(self.results):
            self.fail(f"expected the branches to yield {counted(len(self.results), 'value')}, found {sum(counts)}")
        values = [value for region in self.regions for value in self.yielded(region, "each branch")]
        for index, (value, result) in enumerate(zip(values, self.results, strict=True)):
            self.expect_flow(value.type, result.type, f"yielded value {index}")


def stated_batch_size(call: CallOp) -> int | None:
    """Up to how many calls go out together with this one: what it says itself, or the map whose own body it is in."""
    if call.batch_size is not None:
        return call.batch_size
    parent = call.parent_op()
    while isinstance(parent, EnsembleOp):
        parent = parent.parent_op()
    return parent.batch_size if isinstance(parent, MapOp) else None
