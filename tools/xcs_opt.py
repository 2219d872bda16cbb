"""The command line tool `xcs-opt`: reads IR, runs passes, prints IR.

    xcs-opt route.mlir -p xcs-cse,xcs-loop-to-map
    xcs-opt app.py:route -p xcs-infer-effects --print-ir-after-all

The input is a file of IR, `-` for standard input, or `file.py:function`, which is traced. Reading IR never imports or
runs anything that it names; tracing imports the Python file. Every mistake in the input is one diagnostic on standard
error and exit code 1; mistakes in the options exit with 2.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass, PassPipeline
from xdsl.utils.arg_spec import parse_pipeline
from xdsl.utils.exceptions import ArgSpecParseError, ParseError
from xdsl.xdsl_opt_main import xDSLOptMain

from ..diagnostics.errors import XCSError
from ..dialect.op_error import OpVerifyException
from ..dialect.parsing import XcsParser
from ..dialect.printing import ir_text
from ..dialect.verification import verify_module
from .diagnostic import Diagnostic, from_error, from_syntax_error, sentence

PYTHON_FUNCTION = re.compile(r"(?P<path>.+\.py):(?P<function>[\w.]+)")
SEPARATOR = "// -----"


class OptError(Exception):
    """A mistake of the input, as its diagnostic. An option's mistake has the exit code 2."""

    def __init__(self, diagnostic: Diagnostic, exit_code: int = 1) -> None:
        super().__init__(str(diagnostic))
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of the input that is a program of its own, and the number of lines before it."""

    text: str
    line_offset: int


class XcsOpt(xDSLOptMain):
    """xDSL's driver with checks of our own after each step, and diagnostics instead of tracebacks."""

    def register_all_arguments(self, arg_parser: argparse.ArgumentParser) -> None:
        """Defines the options: those of xDSL's driver that mean something here, and a few more."""
        add = arg_parser.add_argument
        add("input_file", nargs="?", default="-", help="a file of IR, `-` for standard input, or `file.py:function`")
        add("-p", "--passes", default="", help="the passes to run, such as `xcs-cse,xcs-loop-to-map`")
        add("-t", "--target", default="mlir", help="what to print the program as: `mlir` or a target of xDSL")
        add("--load-patterns", action="append", default=[], metavar="MODULE:ATTRIBUTE", help="import rewrite patterns")
        add("-o", "--output-file", help="where to print the program; standard output by default")
        flags = {
            "--installed-patterns": "load the rewrite patterns of installed packages",
            "--list-passes": "list the passes and exit",
            "--print-ir-after-all": "print the program after each pass, on standard error",
            "--print-op-generic": "print the generic form of ops, which any MLIR tool reads",
            "--print-no-properties": "print properties as attributes, as older MLIR did",
            "--print-debuginfo": "print locations",
            "--syntax-highlight": "print in colour",
            "--split-input-file": f"take the input for several programs, separated by `{SEPARATOR}`",
            "--verify-diagnostics": "print the errors of the input on standard output, and exit with 0",
            "--allow-unregistered-dialect": "accept ops and attributes of unknown dialects",
            "--no-implicit-module": "refuse a program without `builtin.module` around it",
        }
        for flag, meaning in flags.items():
            add(flag, action="store_true", help=meaning)
        add("--disable-verify", dest="skip_verifier", action="store_true", help="don't verify the program")
        arg_parser.prog = "xcs-opt"
        # what xDSL does for its own option of this name lasts for the whole process
        arg_parser.set_defaults(disable_verify=False)

    def register_all_passes(self) -> None:
        """Registers the compiler's passes over those of xDSL."""
        super().register_all_passes()
        self.available_passes |= compiler_passes()

    def _load_patterns(self) -> None:
        """Registers the patterns that the options name, which runs their modules."""
        from ..passes.registry import load_installed_patterns, load_patterns

        option = "--load-patterns"
        try:
            with found_in_working_directory():
                for reference in self.args.load_patterns:
                    load_patterns(reference)
            if self.args.installed_patterns:
                option = "--installed-patterns"
                load_installed_patterns()
        except (Exception, SystemExit) as error:  # of the modules too
            kind = "" if isinstance(error, XCSError) else f"{type(error).__name__}: "
            raise OptError(Diagnostic("xcs-opt", f"option `{option}`: {kind}{error}"), exit_code=2) from None

    def setup_pipeline(self) -> None:
        """Builds the pipeline, with the user's patterns; a mistake in its text is an `OptError`."""
        self._load_patterns()
        self.available_passes |= compiler_passes()
        try:
            for spec in parse_pipeline(self.args.passes):
                if spec.name not in self.available_passes:
                    raise ValueError(f"unknown pass `{spec.name}`{_suggestion(spec.name, self.available_passes)}")
            self.pipeline = PassPipeline.parse_spec(self.available_passes, self.args.passes, self._after_pass)
        except (ArgSpecParseError, Exception) as error:  # xDSL's own doesn't derive from `Exception`
            message = str(error).strip().splitlines()[-1].strip(" ^")
            raise OptError(Diagnostic("xcs-opt", f"option `-p`: {sentence(message)}"), exit_code=2) from None

    def run(self) -> int:
        """Does what the options ask for; returns the exit code."""
        if self.args.list_passes:
            self._write(_list_passes())
            return 0
        return self.run_chunks()

    def run_chunks(self) -> int:
        """Reads, transforms and prints each program of the input; returns the exit code."""
        exit_code = 0
        expected = self.args.verify_diagnostics
        output: list[str] = []
        for index, produce in enumerate(self._programs()):
            if index:
                output.append(f"{SEPARATOR}\n")
            try:
                output.append(produce())
            except OptError as error:
                if expected:
                    output.append(f"{error}\n")
                else:
                    print(error, file=sys.stderr)
                    exit_code = error.exit_code
        self._write("".join(output))
        return exit_code

    def _write(self, text: str) -> None:
        if self.args.output_file is None:
            sys.stdout.write(text)
            return
        try:
            with open(self.args.output_file, "w", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise OptError(_unreadable(self.args.output_file, error)) from None

    def _programs(self) -> Iterator[Callable[[], str]]:
        """One function for each program of the input, which gives its text after the pipeline."""
        name = self.args.input_file
        python = PYTHON_FUNCTION.fullmatch(name)
        if python is not None:
            yield lambda: self._finish(_traced(python["path"], python["function"]), None, name, 0)
            return
        if name.endswith((".py", ".py:")):
            file = name.removesuffix(":")
            message = f"expected a file of IR or a Python function, found a Python file; help: `{file}:function`"
            raise OptError(Diagnostic(file, message))
        shown = "<stdin>" if name == "-" else name
        for chunk in self._chunks(name, shown):
            yield lambda chunk=chunk: self._process(chunk, shown)

    def _chunks(self, name: str, shown: str) -> Iterator[Chunk]:
        text = _read(name, shown)
        parts = text.split(SEPARATOR) if self.args.split_input_file else [text]
        line_offset = 0
        for part in parts:
            yield Chunk(part, line_offset)
            line_offset += part.count("\n")

    def _process(self, chunk: Chunk, shown: str) -> str:
        parser: XcsParser | None = None
        try:
            parser = XcsParser(self.ctx, chunk.text, shown)
            module = parser.parse_located_module(not self.args.no_implicit_module)
        except ParseError as error:
            raise OptError(from_error(error, shown, chunk.line_offset)) from None
        return self._finish(module, parser, shown, chunk.line_offset)

    def _finish(self, module: ModuleOp, parser: XcsParser | None, shown: str, line_offset: int) -> str:
        """Verifies, transforms and prints a module."""
        try:
            self._verify(module)
        except OpVerifyException as error:
            error.span = None if parser is None else parser.spans.get(error.op)
            raise OptError(from_error(error, shown, line_offset)) from None
        self._apply_passes(module, shown)
        try:
            return self.output_resulting_program(module)
        except RecursionError:
            raise OptError(Diagnostic(shown, "regions are nested too deeply to be printed")) from None

    def _verify(self, module: ModuleOp) -> None:
        if not self.args.skip_verifier:
            verify_module(module)

    def _apply_passes(self, module: ModuleOp, shown: str) -> None:
        self._running = ""
        try:
            self.pipeline.apply(self.ctx, module)
        except OpVerifyException as error:
            raise OptError(from_error(error, shown, context=f"invalid after pass `{self._running}`: ")) from None
        except Exception as error:
            kind = "" if isinstance(error, XCSError) else f"{type(error).__name__}: "
            raise OptError(from_error(error, shown, context=f"pass `{self._running}` failed: {kind}")) from None

    def _after_pass(self, previous: ModulePass | None, module: ModuleOp, following: ModulePass | None) -> None:
        """Checks and shows the IR between passes."""
        if previous is not None:
            self._verify(module)
            if self.args.print_ir_after_all:
                print(f"// IR after {previous.name}\n{ir_text(module)}", file=sys.stderr)
        if following is not None:
            self._running = following.name


@contextmanager
def found_in_working_directory() -> Iterator[None]:
    """Inside, modules of the working directory can be imported, as with `python -m`."""
    folder = os.getcwd()
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def compiler_passes() -> dict[str, Callable[[], type[ModulePass]]]:
    """The passes of the compiler by name."""
    from ..passes.registry import all_passes

    return all_passes()


def _traced(path: str, function: str) -> ModuleOp:
    """The program that tracing a function of a Python file gives."""
    from ..frontend.trace_file import trace_from_file

    try:
        return trace_from_file(path, function)
    except SyntaxError as error:
        raise OptError(from_syntax_error(error, path)) from None
    except OSError as error:
        raise OptError(_unreadable(path, error)) from None
    except XCSError as error:
        raise OptError(Diagnostic(f"{path}:{function}", str(error))) from None
    except Exception as error:  # a bug of ours
        message = f"internal error while tracing: {type(error).__name__}: {error}"
        raise OptError(Diagnostic(f"{path}:{function}", message)) from error


def _read(name: str, shown: str) -> str:
    try:
        if name == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(name, "rb") as file:
                data = file.read()
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        message = f"expected UTF-8 text, found the byte 0x{data[error.start]:02x}"
        raise OptError(Diagnostic(f"{shown}:{line}:{column}", message)) from None
    except OSError as error:
        raise OptError(_unreadable(shown, error)) from None


def _unreadable(name: str, error: OSError) -> Diagnostic:
    return Diagnostic(name, (error.strerror or str(error)).lower())


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean `{close[0]}`?" if close else ""


def _list_passes() -> str:
    """Each pass of the compiler with the first line of its description."""
    lines = []
    for name, load in sorted(compiler_passes().items()):
        lines.append(f"{name:<20} {_summary(load())}".rstrip())
    return "\n".join(lines) + "\n"


def _summary(one: type[ModulePass]) -> str:
    """The first line of a pass's description, which stands at its class or at the top of its file."""
    text = one.__doc__ or ""
    if not text or text.startswith(f"{one.__name__}("):  # what `dataclass` writes where there is none
        text = sys.modules[one.__module__].__doc__ or ""
    return text.strip().partition("\n")[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the tool with these command line arguments (the process's own by default) and returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        return XcsOpt("Reads XCS IR, runs passes, prints IR", list(arguments)).run()
    except OptError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except SystemExit as stop:  # how argparse leaves
        return stop.code if isinstance(stop.code, int) else 1


if __name__ == "__main__":
    sys.exit(main())
