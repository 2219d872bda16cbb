"""Runs registered patterns as a pass: `xcs-apply-patterns{names=my-pattern,your-pattern}`, or by their own names.

Expects: patterns registered with `register_pattern`.
Ensures: as much as the patterns do; they are applied until none matches.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import GreedyRewritePatternApplier, PatternRewriteWalker

from .patterns import instantiate_pattern


@dataclass(frozen=True)
class ApplyPatternsPass(ModulePass):
    """A user's own rewriting, in the place of the pipeline where they want it.

    Attributes:
        names: the registered patterns to apply together, in order of preference.
    """

    name = "xcs-apply-patterns"

    names: tuple[str, ...] = ()

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Apply the patterns until none matches."""
        apply_registered_patterns(op, self.names)


def apply_registered_patterns(module: ModuleOp, names: tuple[str, ...]) -> None:
    """Apply the patterns of these names to a module until none matches.

    Raises:
        XCSError: a name is not registered.
    """
    patterns = [instantiate_pattern(name) for name in names]
    PatternRewriteWalker(GreedyRewritePatternApplier(patterns, dce_enabled=False)).rewrite_module(module)


def pass_of_pattern(pattern_name: str) -> type[ModulePass]:
    """The pass that applies one registered pattern and is named like it."""

    @dataclass(frozen=True)
    class PatternPass(ModulePass):
        name = pattern_name

        def apply(self, ctx: Context, op: ModuleOp) -> None:
            """Apply the pattern."""
            apply_registered_patterns(op, (pattern_name,))

    PatternPass.__doc__ = type(instantiate_pattern(pattern_name)).__doc__
    return PatternPass
