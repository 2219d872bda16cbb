"""Effects in the IR: the attribute that every acting op carries, and what it means to generic transformations.

What xDSL's (and MLIR's) memory effects say of each, so that generic CSE and DCE keep the meaning:

| behaviour | memory effects |
|---|---|
| pure | none; a read if it sees writes |
| reads | a read; a write of the world too if external, so that no external call is dropped or shared |
| unordered | a write of the world |
| ordered, fence, dynamic | a read and a write of everything |

On top of that, an op that isn't `total` may raise, which counts as a write of its own resource (never dropped, never
shared), and one that makes a `fresh` object allocates its results (dropped, never shared).
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache

from xdsl.ir import Data, Operation
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.traits import EffectInstance, MemoryEffect, MemoryEffectKind, RecursiveMemoryEffect, Resource

from ..diagnostics.effect import Behaviour, Effect
from .types import ListType

EFFECTS_BY_KEYWORD = {effect.keyword: effect for effect in Effect}


@irdl_attr_definition
class EffectAttr(Data[Behaviour]):
    """What an op does to the world: `#xcs.effect<unordered, sees_writes, external>`, holding a `Behaviour`."""

    name = "xcs.effect"

    @staticmethod
    def of(behaviour: Behaviour) -> EffectAttr:
        """The attribute for a behaviour, always the same instance; `READS` always sees writes."""
        sees_writes = behaviour.sees_writes or behaviour.effect is Effect.READS
        return _effect_attr(behaviour.effect, sees_writes, behaviour.external)

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Behaviour:
        """Reads `<effect, flags...>`."""
        with parser.in_angle_brackets():
            return parse_behaviour(parser, separator=True)

    def print_parameter(self, printer: Printer) -> None:
        """Prints what `parse_parameter` reads."""
        with printer.in_angle_brackets():
            printer.print_string(", ".join(behaviour_words(self.data)))


@cache
def _effect_attr(effect: Effect, sees_writes: bool, external: bool) -> EffectAttr:
    return EffectAttr(Behaviour(effect, sees_writes, external))


def behaviour_words(behaviour: Behaviour) -> list[str]:
    """The words that spell a behaviour in the textual IR; `reads` always sees writes and doesn't say so."""
    words = [behaviour.effect.keyword]
    if behaviour.sees_writes and behaviour.effect is not Effect.READS:
        words.append("sees_writes")
    if behaviour.external:
        words.append("external")
    return words


def parse_behaviour(parser: AttrParser, separator: bool = False) -> Behaviour:
    """Reads the words of a behaviour, with commas between them if `separator`."""
    start = parser.pos
    word = parser.parse_optional_identifier()
    if word is None or word not in EFFECTS_BY_KEYWORD:
        choices = ", ".join(f"`{keyword}`" for keyword in EFFECTS_BY_KEYWORD)
        parser.raise_error(f"expected an effect, one of {choices}", start, max(start + len(word or ""), start))
    effect = EFFECTS_BY_KEYWORD[word]
    flags = {"sees_writes": effect is Effect.READS, "external": False}
    while parser.parse_optional_punctuation(",") if separator else True:
        flag = parser.parse_optional_keyword_in(flags)
        if flag is None:
            if separator:
                parser.raise_error("expected `sees_writes` or `external`")
            break
        flags[flag] = True
    return Behaviour(effect, flags["sees_writes"], flags["external"])


@dataclass(frozen=True)
class WorldResource(Resource):
    """The world outside the program, with which unordered calls talk."""

    def name(self) -> str:
        """As diagnostics print it."""
        return "<World>"


@dataclass(frozen=True)
class ExceptionResource(Resource):
    """The pending exception: an op that may raise writes it."""

    def name(self) -> str:
        """As diagnostics print it."""
        return "<Exception>"


_READ = EffectInstance(MemoryEffectKind.READ)
_WRITE = EffectInstance(MemoryEffectKind.WRITE)
_WRITE_WORLD = EffectInstance(MemoryEffectKind.WRITE, resource=WorldResource())
_RAISE = EffectInstance(MemoryEffectKind.WRITE, resource=ExceptionResource())

READ_ONLY = frozenset((_READ,))
READ_AND_WRITE = frozenset((_READ, _WRITE))
READ_OR_RAISE = frozenset((_READ, _RAISE))


@cache
def memory_effects(behaviour: Behaviour, total: bool) -> frozenset[EffectInstance]:
    """The memory effects of an op with this behaviour, which raises only if it isn't `total`."""
    if behaviour.effect.may_write:
        return READ_AND_WRITE
    effects: set[EffectInstance] = set()
    if behaviour.sees_writes or behaviour.effect is Effect.READS:
        effects.add(_READ)
    if behaviour.effect is Effect.UNORDERED or (behaviour.effect is Effect.READS and behaviour.external):
        effects.add(_WRITE_WORLD)
    if not total:
        effects.add(_RAISE)
    return frozenset(effects)


def allocations(op: Operation) -> frozenset[EffectInstance]:
    """The effect of making each result of `op` anew."""
    return frozenset(EffectInstance(MemoryEffectKind.ALLOC, result) for result in op.results)


class BehaviourEffects(MemoryEffect):
    """The memory effects that the op's own properties `effect`, `total`, `fresh` and `mutates` state."""

    @classmethod
    def get_effects(cls, op: Operation) -> AbstractSet[EffectInstance] | None:
        """The effects; unknown where the op has no effect property."""
        properties = op.properties
        effect = properties.get("effect")
        if not isinstance(effect, EffectAttr):
            return None
        effects = memory_effects(effect.data, "total" in properties)
        return effects | allocations(op) if "fresh" in properties or "mutates" in properties else effects


class FreshResults(MemoryEffect):
    """The op only makes new objects: it may be dropped and moved, never shared."""

    @classmethod
    def get_effects(cls, op: Operation) -> AbstractSet[EffectInstance]:
        """An allocation of each result, and the exception that an op with an unset `total` property may raise."""
        may_raise = "total" in op.get_irdl_definition().properties and "total" not in op.properties  # type: ignore[attr-defined]
        return allocations(op) | {_RAISE} if may_raise else allocations(op)


class ReadsState(MemoryEffect):
    """The op reads state that others may write, and does nothing else."""

    @classmethod
    def get_effects(cls, op: Operation) -> AbstractSet[EffectInstance]:
        """A read of everything."""
        return READ_ONLY


class WritesState(MemoryEffect):
    """The op acts in program order."""

    @classmethod
    def get_effects(cls, op: Operation) -> AbstractSet[EffectInstance]:
        """A read and a write of everything."""
        return READ_AND_WRITE


class BranchEffects(RecursiveMemoryEffect):
    """The effects of the regions and of testing the condition (property `truth`; absent: pure)."""

    @classmethod
    def get_effects(cls, op: Operation) -> AbstractSet[EffectInstance] | None:
        """The joined effects; unknown if a nested op's are."""
        inside = RecursiveMemoryEffect.get_effects(op)
        truth = op.properties.get("truth")
        if inside is None or not isinstance(truth, EffectAttr):
            return inside
        return inside | memory_effects(truth.data, total=False)


class WhileEffects(BranchEffects):
    """The effects of the regions and of testing the condition; never dropped, as the loop may not end."""

    @classmethod
    def get_effects(cls, op: Operation) -> AbstractSet[EffectInstance] | None:
        """The joined effects; unknown if a nested op's are."""
        inside = BranchEffects.get_effects(op)
        return None if inside is None else inside | {_RAISE}


class LoopEffects(RecursiveMemoryEffect):
    """The effects of the body and of iterating: a list is only read, any other iterator runs code of its own."""

    @classmethod
    def get_effects(cls, op: Operation) -> AbstractSet[EffectInstance] | None:
        """The joined effects; unknown if a nested op's are."""
        inside = RecursiveMemoryEffect.get_effects(op)
        if inside is None:
            return None
        return inside | (READ_ONLY if isinstance(op.operands[0].type, ListType) else READ_AND_WRITE)


class IndependentLoopEffects(RecursiveMemoryEffect):
    """The effects of the body and of reading an iterable that is known not to run code of its own."""

    @classmethod
    def get_effects(cls, op: Operation) -> AbstractSet[EffectInstance] | None:
        """The joined effects; unknown if a nested op's are."""
        inside = RecursiveMemoryEffect.get_effects(op)
        return None if inside is None else inside | READ_OR_RAISE
