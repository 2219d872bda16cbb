"""What docs/passes.md says of passes and patterns is so."""

from __future__ import annotations

import re
from pathlib import Path

from xcs.dialect.parsing import parse_module
from xcs.dialect.printing import ir_text
from xcs.passes.patterns import unregister_pattern
from xcs.passes.pipeline import DEFAULT_PIPELINE, optimise
from xcs.passes.registry import XCS_PASSES

GUIDE = (Path(__file__).parents[2] / "docs" / "passes.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_every_pass_has_its_line() -> None:
    assert re.findall(r"^\| `([\w-]+)` \|", GUIDE, re.MULTILINE) == [
        "xcs-infer-effects",
        "xcs-inline",
        "xcs-canonicalize",
        "xcs-cse",
        "xcs-dce",
        "xcs-loop-to-map",
        "xcs-fuse-maps",
        "xcs-reroll",
        "xcs-batch",
        "xcs-fuse-tensor",
        "xcs-vectorize",
        "xcs-ensemble",
        "xcs-numpy-to-xla",
        "xcs-apply-patterns",
    ]
    assert {one.name for one in XCS_PASSES} == set(re.findall(r"^\| `([\w-]+)` \|", GUIDE, re.MULTILINE))
    assert all(name.partition("{")[0] in GUIDE for name in DEFAULT_PIPELINE)


def test_the_pattern_of_the_guide_does_what_the_guide_shows() -> None:
    (source,) = blocks("python")
    before, after = blocks("mlir")
    namespace: dict[str, object] = {"__name__": "guide"}
    exec(compile(source, "docs/passes.md", "exec"), namespace)
    try:
        module = parse_module(before)
        optimise(module, "fold-upper")
        assert ir_text(module) == ir_text(parse_module(after))
        module = parse_module(before)
        namespace["optimise_with_mine"](module)  # type: ignore[operator]
        assert ir_text(module).count("xcs.call ") == 1
    finally:
        unregister_pattern("fold-upper")
