"""`xcs.map ... batch N` over a callable with a batch form: one call for up to N elements.

Applies where the body is nothing but one call of such a callable on the element, and the elements can be taken at once
(`snapshot`); any other batched map runs element by element, which gives the same.

    xcs.map %x in %xs snapshot batch 8 {             %0 = call in_chunks_of(8)(%xs)
      %y = xcs.call unordered @embed(%x)      ->     map over %0: call embed.batch(chunk)
      xcs.yield %y                                   call joined(...)
    }
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from ..diagnostics.effect import READS
from ..diagnostics.errors import XCSError
from ..dialect.arguments import POSITIONAL
from ..dialect.calls import CallOp
from ..dialect.functions import CallableOp
from ..dialect.parallel import MapOp
from ..runtime.plan import Arguments, Block, Call, Literal, LoopSource, Map
from .block_builder import BlockBuilder, ProgramContext


@dataclass(frozen=True, slots=True)
class Chunking:
    """Cuts an iterable into lists of up to `size` elements."""

    size: int

    def __call__(self, elements: Any) -> list[list[Any]]:
        """The chunks, in order."""
        taken = list(elements)
        return [taken[start : start + self.size] for start in range(0, len(taken), self.size)]


@dataclass(frozen=True, slots=True)
class BatchForm:
    """The batch form of a declared callable: takes a list of elements, gives a result for each."""

    symbol: str
    function: Callable[..., Any]

    def __call__(self, elements: list[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """The results of the elements.

        Raises:
            XCSError: the batch form gives another number of results.
        """
        results = list(self.function(elements, *args, **kwargs))
        if len(results) != len(elements):
            raise XCSError(
                f"expected the batch form of `@{self.symbol}` to give {len(elements)} results, found {len(results)}"
            )
        return results


def joined(chunks: list[list[Any]]) -> list[Any]:
    """The elements of all chunks."""
    return list(chain.from_iterable(chunks))


def lower_batched(builder: BlockBuilder, op: MapOp) -> bool:
    """Adds a batched map in its batched form; gives False where it has none."""
    call = _only_call(op)
    form = None if call is None else _batch_form(builder.context, call)
    if call is None or form is None or op.batch_size is None or "snapshot" not in op.properties:
        return False
    block = builder.enter(op, op.body.block)
    (inner,) = block.instructions
    assert isinstance(inner, Call)
    batched = Call(
        f"{inner.name} batch",
        inner.results,
        callee=Literal(form),
        arguments=inner.arguments,
        behaviour=inner.behaviour,
        location=inner.location,
    )
    body = Block(block.num_slots, (batched,), block.outputs, 1, block.captures, block.may_write, block.has_fence)
    location = builder.context.location(op.location)
    chunks, lists = builder.slot(), builder.slot()
    taking = Call(
        op.name,
        (chunks.index,),
        callee=Literal(Chunking(op.batch_size)),
        arguments=Arguments(((False, builder.operand(op, 0)),)),
        behaviour=READS,
        after=builder.after(op),
        location=location,
    )
    builder.instructions.append(taking)
    mapping = Map(op.name, (lists.index,), iterable=chunks, body=body, source=LoopSource.SNAPSHOT, location=location)
    builder.add(op, mapping)
    for result in op.results:
        builder.alias(result, builder.extra(op, Literal(joined), (lists,)))
    return True


def _only_call(op: MapOp) -> CallOp | None:
    """The call that a map's body consists of, if its first argument is the element and its result all that is given."""
    call, last = op.body.block.first_op, op.body.block.last_op
    if not isinstance(call, CallOp) or call.next_op is not last or last is None or len(op.results) != 1:
        return None
    element = op.body.block.args[0]
    operands, template = call.operands, call.args.data
    is_on_element = bool(template) and template[0] == POSITIONAL and operands[0] is element
    uses_it_once = sum(operand is element for operand in operands) == 1
    gives_its_result = last.operands[0] is call.results[0]
    is_plain = len(call.results) == 1 and "async" not in call.properties
    return call if is_on_element and uses_it_once and gives_its_result and is_plain else None


def _batch_form(context: ProgramContext, call: CallOp) -> BatchForm | None:
    """The batch form of a callee: the object under its declared name, or what the callable carries itself."""
    symbol = call.callee.root_reference.data
    declaration = context.declarations.get(symbol)
    if not isinstance(declaration, CallableOp) or declaration.batch is None:
        return None
    function = context.callables.get(declaration.batch.data)
    if function is None:
        function = getattr(context.callables[symbol], "__xcs_batch__", None)
    return None if function is None else BatchForm(symbol, function)
