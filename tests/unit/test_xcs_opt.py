"""The command line of `xcs-opt`: its inputs, its options, its exit codes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from xdsl.universe import Universe

from xcs.tools.universe import XCS_UNIVERSE
from xcs.tools.xcs_opt import main

PROGRAM = """xcs.callable @g {path = "xcs_opt_never_imported:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.call pure total @g(%a)
  %c = xcs.call pure total @g(%a)
  xcs.return %b
}
"""


@pytest.fixture
def program(tmp_path: Path) -> str:
    file = tmp_path / "program.mlir"
    file.write_text(PROGRAM)
    return str(file)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors."""
    exit_code = main(arguments)
    captured = capsys.readouterr()
    return exit_code, captured.out, captured.err


def test_prints_the_program_and_imports_nothing_it_names(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = set(sys.modules)
    exit_code, output, errors = run(capsys, program)
    assert (exit_code, errors) == (0, "")
    assert "xcs.func @f" in output
    assert not {name for name in set(sys.modules) - before if "never_imported" in name}


def test_runs_passes_and_shows_the_ir_after_each(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    exit_code, output, errors = run(capsys, program, "-p", "cse,dce", "--print-ir-after-all")
    assert exit_code == 0
    assert output.count("xcs.call ") == 1
    assert errors.count("// IR after ") == 2
    assert "// IR after cse" in errors


def test_writes_a_file(program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.mlir"
    assert run(capsys, program, "-o", str(target)) == (0, "", "")
    assert "xcs.func @f" in target.read_text()
    exit_code, _, errors = run(capsys, program, "-o", str(tmp_path))
    assert exit_code == 1
    assert errors.endswith("error: is a directory\n")


def test_reports_each_program_of_a_split_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "many.mlir"
    file.write_text(f"{PROGRAM}// -----\nxcs.nothing\n// -----\n%a = xcs.constant 1\n// -----\nxcs.other\n")
    exit_code, output, errors = run(capsys, str(file), "--split-input-file")
    assert exit_code == 1
    assert "xcs.constant 1" in output
    assert f"{file}:8:1: error: unknown op `xcs.nothing`" in errors
    assert f"{file}:12:1: error: unknown op `xcs.other`" in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-p", "xcs-nothing-of-the-kind"], "unknown pass `xcs-nothing-of-the-kind`"),
        (["-p", "csee"], "unknown pass `csee`, did you mean `cse`?"),
        (["-p", "cse{"], "option `-p`"),
        (["-p", "cse{depth=1}"], 'provided arguments ["depth"]'),
        (["--no-such-option"], "unrecognized arguments"),
        (["-t", "no-such-target"], "invalid choice"),
    ],
)
def test_wrong_options(program: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    exit_code, output, errors = run(capsys, program, *arguments)
    assert (exit_code, output) == (2, "")
    assert message in errors
    assert "Traceback" not in errors


def test_unreadable_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, str(tmp_path / "none.mlir")) == (
        1,
        "",
        f"{tmp_path}/none.mlir: error: no such file or directory\n",
    )
    assert run(capsys, str(tmp_path)) == (1, "", f"{tmp_path}: error: is a directory\n")


def test_a_python_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exit_code, output, errors = run(capsys, f"{tmp_path}/none.py:f")
    assert (exit_code, output) == (1, "")
    assert "Traceback" not in errors


def test_lists_the_passes(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code, output, _ = run(capsys, "--list-passes")
    assert exit_code == 0
    assert "xcs-loop-to-map" in output


def test_invalid_ir_after_a_pass(
    program: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from xdsl.context import Context
    from xdsl.dialects.builtin import ModuleOp
    from xdsl.passes import ModulePass

    from xcs.tools import xcs_opt

    class EraseCallables(ModulePass):
        name = "erase-callables"

        def apply(self, ctx: Context, op: ModuleOp) -> None:
            """Leaves calls without their callee."""
            first = op.body.block.first_op
            assert first is not None
            first.detach()

    class Fail(ModulePass):
        name = "fail"

        def apply(self, ctx: Context, op: ModuleOp) -> None:
            """Fails."""
            raise KeyError("of the pass")

    monkeypatch.setattr(
        xcs_opt, "compiler_passes", lambda: {one.name: lambda one=one: one for one in (EraseCallables, Fail)}
    )
    exit_code, _, errors = run(capsys, program, "-p", "erase-callables")
    assert exit_code == 1
    assert (
        errors
        == f"{program}:3:8: error: invalid after pass `erase-callables`: `xcs.call`: symbol `@g` is not declared\n"
    )
    assert run(capsys, program, "-p", "erase-callables", "--disable-verify")[0] == 0
    exit_code, _, errors = run(capsys, program, "-p", "fail")
    assert (exit_code, errors) == (1, f"{program}: error: pass `fail` failed: KeyError: 'of the pass'\n")


def test_other_tools_of_xdsl_know_the_dialect_and_the_passes() -> None:
    multiverse = Universe.get_multiverse()
    assert "xcs" in multiverse.all_dialects
    assert XCS_UNIVERSE.all_passes.keys() <= multiverse.all_passes.keys()
    assert all(name.startswith("xcs-") for name in XCS_UNIVERSE.all_passes)
