"""The pass pipelines: which passes run, in which order, and why.

Expects: a module that verifies. Ensures: a module that verifies and means the same; nothing is verified in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.arg_spec import parse_pipeline as parse_specs
from xdsl.utils.exceptions import ArgSpecParseError

from ..diagnostics.errors import XCSError
from .registry import all_passes

SIMPLIFY = (
    "xcs-infer-effects",  # every later pass asks what calls of functions do
    "xcs-inline",  # so that tensor regions cross small functions
    "xcs-canonicalize",
    "xcs-cse",
    "xcs-dce",
)

MAPS = (
    "xcs-loop-to-map",
    "xcs-fuse-maps",  # needs the maps
)

REROLL = "xcs-reroll{only-batched=true}"
"""Makes maps that needn't fuse. It pays where the callee takes batches; other calls overlap where they stand."""

DEFAULT_PIPELINE = (
    *SIMPLIFY,
    *MAPS,
    REROLL,
    "xcs-batch",  # maps that aren't batched may be vectorised
    "xcs-fuse-tensor",  # inside the final loop bodies
    "xcs-vectorize",  # bodies that are array regions by now
    "xcs-dce",  # empty lists that loops no longer start from, literals that went into regions
    "xcs-ensemble",  # last: it only groups what is there, and its regions hide neighbours from each other
)
"""What `jit` runs unless another strategy is asked for by name."""

PIPELINES: dict[str, tuple[str, ...]] = {
    "sequential": SIMPLIFY,
    "parallel": (*SIMPLIFY, *MAPS, REROLL, "xcs-batch", "xcs-dce", "xcs-ensemble"),
    "vectorized": (*SIMPLIFY, *MAPS, "xcs-fuse-tensor", "xcs-vectorize", "xcs-dce"),
    "hybrid": DEFAULT_PIPELINE,
    "adaptive": DEFAULT_PIPELINE,
}
"""The pipeline of each execution strategy."""

SHOWING = frozenset({"xcs-ensemble"})
"""Passes that change nothing but how a program reads: at the end of a pipeline they can wait until somebody does."""

OnPass = Callable[[str, ModuleOp], None]


def optimise(module: ModuleOp, pipeline: str | Sequence[str] = DEFAULT_PIPELINE, on_pass: OnPass | None = None) -> None:
    """Run a pipeline over a module, in place.

    Args:
        module: the program.
        pipeline: pass names with options, as a sequence or as one string with commas between.
        on_pass: called after each pass with the pass as the pipeline spells it, and the module as it is then.

    Raises:
        XCSError: the pipeline names an unknown pass or option.
    """
    context = Context(allow_unregistered=True)
    for spelling, one in _parsed(pipeline):
        one.apply(context, module)
        if on_pass is not None:
            on_pass(spelling, module)


def split_showing(pipeline: str | Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The passes of a pipeline that say how a program runs, and those at its end that only show what is there."""
    names = pipeline.split(",") if isinstance(pipeline, str) else pipeline
    number = len(names)
    while number and names[number - 1] in SHOWING:
        number -= 1
    return names[:number], names[number:]


def parse_pipeline(pipeline: str | Sequence[str]) -> tuple[ModulePass, ...]:
    """The passes that a pipeline names: `"xcs-cse,xcs-reroll{min-calls=8}"`, or the same in pieces.

    Raises:
        XCSError: an unknown pass or option, or text that isn't a pipeline.
    """
    return tuple(one for _, one in _parsed(pipeline))


def _parsed(pipeline: str | Sequence[str]) -> tuple[tuple[str, ModulePass], ...]:
    text = pipeline if isinstance(pipeline, str) else ",".join(pipeline)
    return _parse(text, tuple(all_passes()))


@lru_cache(maxsize=64)
def _parse(text: str, available: tuple[str, ...]) -> tuple[tuple[str, ModulePass], ...]:
    """Parsing again what was parsed before would cost more than some passes; `available` keeps registrations fresh."""
    factories = all_passes()
    try:
        specs = tuple(parse_specs(text))
    except ArgSpecParseError as error:
        raise XCSError(f"expected a pipeline like `xcs-cse,xcs-dce`, found `{text}`: {error}") from error
    passes: list[tuple[str, ModulePass]] = []
    for spec in specs:
        if spec.name not in factories:
            known = ", ".join(f"`{name}`" for name in sorted(available))
            raise XCSError(f"expected the name of a pass, found `{spec.name}`; there are {known}")
        try:
            passes.append((str(spec), factories[spec.name]().from_spec(spec)))
        except ValueError as error:
            raise XCSError(f"expected options of `{spec.name}`, found `{spec}`: {error}") from error
    return tuple(passes)
