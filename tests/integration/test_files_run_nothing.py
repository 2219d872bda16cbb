"""Files that XCS reads are data: text of the dialect and journals name nothing that runs, and nothing is unpickled."""

from __future__ import annotations

import ast
import pickle
import re
import sqlite3
from pathlib import Path

import pytest

import xcs
from xcs.runtime.journal.format import Unwritable
from xcs.runtime.journal.values import decode, encode

PACKAGE = Path(xcs.__file__).parent
RUN: list[str] = []


class Evil:
    """What runs something when it is unpickled, or made."""

    def __init__(self) -> None:
        RUN.append("init")

    def __reduce__(self) -> tuple[object, ...]:
        return RUN.append, ("unpickled",)

    def __setstate__(self, state: object) -> None:
        RUN.append("state")


def sources() -> list[Path]:
    folders = ("diagnostics", "dialect", "frontend", "lowering", "passes", "runtime", "tools")
    return [path for folder in folders for path in (PACKAGE / folder).rglob("*.py")]


def test_nothing_imports_pickle_or_the_like() -> None:
    banned = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
    found = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            found += [f"{path.name}: {name}" for name in (*names, module) if name.partition(".")[0] in banned]
            if isinstance(node, ast.Attribute) and node.attr in ("loads", "load") and isinstance(node.value, ast.Name):
                found += [f"{path.name}: {node.value.id}"] * (node.value.id in banned)
            if isinstance(node, ast.Call) and any(keyword.arg == "allow_pickle" for keyword in node.keywords):
                allowed = [keyword.value for keyword in node.keywords if keyword.arg == "allow_pickle"]
                found += [path.name] * (
                    not all(isinstance(one, ast.Constant) and one.value is False for one in allowed)
                )
    assert len(sources()) > 100
    assert found == []


READING = """
xcs.callable @str {{path = "builtins:str", effect = #xcs.effect<pure>}}
xcs.func @main(%o : !xcs.obj) -> (!xcs.obj) {{
  %x = xcs.getattr reads %o "{name}"
  xcs.return %x
}}
"""


@pytest.mark.parametrize("name", ["__globals__", "__subclasses__", "__code__", "__dict__", "gi_frame", "tb_frame"])
def test_a_module_reads_no_attribute_that_leads_to_the_interpreter(name: str) -> None:
    with pytest.raises(xcs.XCSError, match=f"expected no attribute that leads to the interpreter .* found `{name}`"):
        xcs.run(READING.format(name=name), len)
    assert xcs.run(READING.format(name="__name__"), len) == "len"


CALLING = """
xcs.callable @f {{path = "{path}", effect = #xcs.effect<ordered>}}
xcs.func @main(%o : !xcs.obj) -> (!xcs.obj) {{
  %x = xcs.call ordered @f(%o)
  xcs.return %x
}}
"""


@pytest.mark.parametrize(
    "path",
    [
        "os:system",
        "builtins:eval",
        "builtins:exec",
        "builtins:__import__",
        "builtins:open",
        "builtins:getattr",
        "builtins:type",
        "builtins:str.__class__",
        "operator:attrgetter",
        "operator:methodcaller",
        "operator:call",
        "subprocess:Popen",
    ],
)
def test_a_module_calls_what_it_is_given_and_pure_builtins(path: str) -> None:
    with pytest.raises(xcs.XCSError):
        xcs.run(CALLING.format(path=path), "echo run > /tmp/never")
    assert xcs.run(CALLING.format(path="builtins:len"), "four") == 4
    assert xcs.run(CALLING.format(path="operator:neg"), 4) == -4


def test_journals_make_no_objects_that_run_code() -> None:
    RUN.clear()
    with pytest.raises(Unwritable):
        encode({"a": Evil.__new__(Evil)})
    for data in (pickle.dumps(Evil.__new__(Evil)), b"cos\nsystem\n(S'true'\ntR."):
        with pytest.raises(Exception):  # noqa: B017 - whatever it is, nothing has run
            decode(data)
    assert RUN == []


def test_a_journal_that_names_classes_imports_none(tmp_path: Path) -> None:
    """A row changed to name another class is refused by its checksum; one that is sealed well still imports nothing."""
    ask = xcs.op(effect="unordered")(lambda text: text.upper())

    with xcs.journal(tmp_path / "run.db"):
        assert xcs.jit(lambda: [ask("a"), ask("b")])() == ["A", "B"]
    connection = sqlite3.connect(tmp_path / "run.db")
    columns = [row[1] for row in connection.execute("PRAGMA table_info(calls)")]
    schema = " ".join(row[0] or "" for row in connection.execute("SELECT sql FROM sqlite_master"))
    connection.close()
    assert "value" in columns
    assert not re.search(r"\bTRIGGER\b", schema, re.IGNORECASE)
