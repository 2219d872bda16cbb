"""The array code of the examples as StableHLO: as the filecheck files have it, valid in jaxlib, run from text alone."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.mlir import ir
from jax.interpreters import mlir

import xcs
from xcs.dialect.parsing import parse_module
from xcs.dialect.tensor import XlaOp
from xcs.lowering.xla_payload import XlaPayload

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "tests" / "filecheck" / "stablehlo"
SIGNAL = jnp.sin(jnp.linspace(0.0, 6.0, 64)) + jnp.linspace(-1.0, 1.0, 64)
WEIGHTS = jnp.array([0.5, 0.25, 0.25])


def load_example(name: str) -> Any:
    """The module of an example."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


HYBRID = load_example("hybrid_pipeline")
CASES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "hybrid_pipeline_encoder": (HYBRID.encoder, (SIGNAL,)),
    "hybrid_pipeline_decoder": (HYBRID.decoder, (SIGNAL, WEIGHTS)),
}


def text_of(name: str) -> str:
    """The module of a case, lowered now."""
    program, arguments = CASES[name]
    return xcs.jit(program).lower(*arguments).as_text("stablehlo")


def stored(name: str) -> str:
    """The module of a case as its filecheck file has it."""
    return "".join(line for line in (FILES / f"{name}.mlir").read_text().splitlines(True) if not line.startswith("//"))


def payloads(text: str) -> list[XlaOp]:
    return [op for op in parse_module(text).ops if isinstance(op, XlaOp)]


def test_there_is_a_file_for_each_case() -> None:
    assert {path.stem for path in FILES.glob("*.mlir")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_file_is_what_lowering_gives(name: str) -> None:
    path = FILES / f"{name}.mlir"
    if os.environ.get("XCS_UPDATE_GOLDEN"):
        head = "".join(line for line in path.read_text().splitlines(True) if line.startswith("//"))
        path.write_text(re.sub(r"\(jax [\d.]+\)", f"(jax {jax.__version__})", head) + f"\n{text_of(name)}")
    version = re.search(r"\(jax ([\d.]+)\)", path.read_text())
    assert version is not None
    if version[1] != jax.__version__:
        pytest.skip(f"the text is that of jax {version[1]}")
    assert stored(name).strip() == text_of(name).strip()


@pytest.mark.parametrize("name", CASES)
def test_it_is_one_kernel_that_jaxlib_verifies(name: str) -> None:
    (payload,) = payloads(stored(name))
    with mlir.make_ir_context():
        module = ir.Module.parse(payload.text.data)
        assert module.operation.verify()
    assert "xcs.tensor" not in stored(name)


@pytest.mark.parametrize("name", CASES)
def test_the_module_runs_from_its_text_alone(name: str) -> None:
    program, arguments = CASES[name]
    wanted = jax.jit(program)(*arguments)
    found = xcs.run(stored(name), *arguments)
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_allclose(found, program(*arguments), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_the_payload_runs_from_its_text_alone(name: str) -> None:
    program, arguments = CASES[name]
    (payload,) = payloads(stored(name))
    given = re.search(r"xcs\.xla_call \w+ (?:fresh )?@kernel_0\((.*?)\)", stored(name))
    assert given is not None
    named = dict(zip(("signal", "weights"), arguments, strict=False))
    operands = [named[one.strip(" %")] for one in given[1].split(",")]
    np.testing.assert_array_equal(XlaPayload("kernel_0", payload.text.data)(*operands), jax.jit(program)(*arguments))


def test_the_whole_example_runs_with_kernels_from_text() -> None:
    program = xcs.jit(HYBRID.clean.__wrapped__)
    lowered = program.lower(SIGNAL)
    text = lowered.as_text("stablehlo")
    assert payloads(text)
    found = xcs.run(text, SIGNAL, callables=lowered.objects)
    with xcs.disable_jit():
        np.testing.assert_allclose(found, program(SIGNAL), rtol=1e-5, atol=1e-5)
