"""Array operations like earlier ones, with weights read in between, are staged without inferring them again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.frontend.signature import signature_of
from xcs.frontend.staging.source import segment
from xcs.frontend.tracing import trace

X = jnp.linspace(0.0, 1.0, 12).reshape(3, 4)
WEIGHTS = {name: jnp.full((4, 4), index / 7) for index, name in enumerate("abcdefgh")}
NUM_LINES = 24


@dataclass
class Layer:
    """Weights as attributes."""

    w: Any
    b: Any


def defined(tmp_path: Path, lines: list[str]) -> Any:
    """A function of `p` and `x` with these lines, which gives `x`."""
    file = tmp_path / "lines.py"
    text = [
        "import jax",
        "import jax.numpy as jnp",
        "def f(p, x):",
        *(f"    {line}" for line in lines),
        "    return x",
        "",
    ]
    file.write_text("\n".join(text), encoding="utf-8")
    names: dict[str, Any] = {}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), names)
    return names["f"]


LINES = {
    "items": (WEIGHTS, [f"x = x + jnp.tanh(x @ p['{name}']) * 0.5" for name in WEIGHTS] * 3),
    "attributes": (Layer(X.T @ X, X[0]), ["x = jnp.tanh(x @ p.w + p.b)"] * NUM_LINES),
    "items of items": ({"l": {"w": X.T @ X}}, ["x = jax.nn.gelu(x @ p['l']['w'])"] * NUM_LINES),
    "negative literals": (
        WEIGHTS,
        ["x = (x - x.mean(-1, keepdims=True)) / (x.var(-1, keepdims=True) + 1e-5)"] * NUM_LINES,
    ),
    "negative numbers": (WEIGHTS, ["x = jnp.maximum(x * -1.5, -2) + -0.25"] * NUM_LINES),
}


@pytest.mark.parametrize("name", LINES)
def test_each_line_gives_what_python_gives(name: str, tmp_path: Path) -> None:
    p, lines = LINES[name]
    function = defined(tmp_path, lines)
    np.testing.assert_allclose(xcs.jit(function)(p, X), jax.jit(lambda x: function(p, x))(X), rtol=1e-5)


@pytest.mark.parametrize(("name", "a_line"), [("items", 0.5), ("attributes", 1), ("negative literals", 0)])
def test_further_lines_are_hardly_inferred(
    name: str, a_line: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    p, lines = LINES[name]
    counts = []
    for number in (12, NUM_LINES):
        function = defined(tmp_path, lines[:number])
        inferred: list[object] = []
        plain = segment.infer_code

        def counted(*args: Any, plain: Any = plain, inferred: list[object] = inferred, **kwargs: Any) -> Any:
            inferred.append(args)
            return plain(*args, **kwargs)

        with monkeypatch.context() as patched:
            patched.setattr(segment, "infer_code", counted)
            trace(function, ("p", "x"), signature_of((p, X), frozenset()))
        counts.append(len(inferred))
    assert counts[1] - counts[0] <= 12 * (1 + a_line), counts


def test_names_that_an_operand_binds_are_read_after_it(tmp_path: Path) -> None:
    lines = ["x = x + p['a'].sum() + p['b']"] * 4 + ["x = (y := x @ p['c']) + y @ p['d'] + (x := p['e']) @ x"] * 8
    p = {name: value[:3, :3] if name == "z" else value for name, value in WEIGHTS.items()}
    function, square = defined(tmp_path, lines), jnp.eye(4)
    np.testing.assert_allclose(xcs.jit(function)(p, square), function(p, square), rtol=1e-5)


def test_an_item_that_is_missing_is_pythons_own_error_in_its_place(tmp_path: Path) -> None:
    function = defined(tmp_path, ["x = x @ p['a']"] * 8 + ["x = jnp.tanh(x @ p['missing'])"])
    jitted = xcs.jit(function)
    with pytest.raises(KeyError, match="missing") as caught:
        jitted(WEIGHTS, X)
    lines = [frame.lineno for frame in extract_tb(caught.tb) if Path(frame.filename).parent == tmp_path]
    assert lines == [12]


def test_items_of_other_kinds_go_their_own_way(tmp_path: Path) -> None:
    function = defined(tmp_path, ["x = x * p['scale']"] * 6 + ["x = x * p['n'] + p['a']"] * 6)
    for scale, n in ((2.0, 3), (X, np.float32(2)), (np.ones(4, np.float32), 1.5)):
        p = {"scale": scale, "n": n, "a": X}
        np.testing.assert_allclose(xcs.jit(function)(p, X), function(p, X), rtol=1e-5)
