"""The Python of the guides runs as it stands there, one block after the other, and gives what the page says.

The guides of stages, passes, `xcs-opt` and the language have tests of their own.
"""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openai_endpoint import Endpoint

import xcs

ROOT = Path(__file__).parents[2]
Namespace = dict[str, Any]


def text_of(guide: str) -> str:
    return (ROOT / guide).read_text(encoding="utf-8")


def blocks(guide: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text_of(guide), re.DOTALL)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Namespace]:
    """Runs blocks of a guide in a folder of their own, with what the page takes to be there."""
    monkeypatch.chdir(tmp_path)

    def run(guide: str, sources: list[str] | None = None, **names: Any) -> Namespace:
        namespace: Namespace = {"__name__": Path(guide).stem, "xcs": xcs, **names}
        for number, source in enumerate(blocks(guide) if sources is None else sources):
            file = tmp_path / f"{Path(guide).stem}_{number}.py"
            file.write_text(source, encoding="utf-8")
            exec(compile(source, str(file), "exec"), namespace)
        return namespace

    return run


VENDOR = """
def score(text):
    return len(text)

def extend(texts, more):
    texts.extend(more)

class Client:
    def search(self, text):
        return [text]
"""


def vendor() -> types.ModuleType:
    """A package that XCS knows nothing of. What is registered stays so: neither its name nor its parts are others'."""
    module = types.ModuleType("vendor_of_the_guide")
    exec(VENDOR, vars(module))
    return module


def test_effects(run: Callable[..., Namespace], monkeypatch: pytest.MonkeyPatch) -> None:
    module = vendor()
    monkeypatch.setitem(sys.modules, module.__name__, module)
    sent: list[list[str]] = []

    def embed_texts(model: str, texts: list[str]) -> list[int]:
        sent.append(texts)
        return [len(text) for text in texts]

    *declared, checked = [source.replace('"vendor.', f'"{module.__name__}.') for source in blocks("docs/effects.md")]
    names = run("docs/effects.md", declared, client=types.SimpleNamespace(embed=embed_texts), vendor=module)
    embed, translate, search = names["embed"], names["translate"], names["search"]
    assert xcs.jit(lambda texts: [embed(text) for text in texts])(["a", "bb", "ccc"]) == [1, 2, 3]
    assert sent == [["a", "bb", "ccc"]]
    program = xcs.jit(lambda text: (translate(text), search(text), module.score(text)))
    assert program("Why?") == (None, None, 4)
    assert "unordered" in program.trace("Why?").as_text()
    run("docs/effects.md", [checked], program=program, question="Why?")


def test_journal(run: Callable[..., Namespace]) -> None:
    names = run("docs/journal.md")
    assert len(names["answers"]) == 2
    assert Path("run.db").exists()


def test_models(run: Callable[..., Namespace], endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai")
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    names = run("docs/models.md", urls=[endpoint.base_url] * 3)
    assert names["judge"]("hello") == names["mesh"]("hello") == "echo hello"
    deltas = [types.SimpleNamespace(content=word) for word in ("one ", None, "two")]
    chunks = [types.SimpleNamespace(choices=[types.SimpleNamespace(delta=delta)]) for delta in deltas]
    completions = types.SimpleNamespace(create=lambda **options: iter(chunks))
    client = types.SimpleNamespace(chat=types.SimpleNamespace(completions=completions))
    assert names["answer_each"](client, ["a", "b"]) == ["one two"] * 2


def test_security(run: Callable[..., Namespace]) -> None:
    seen: list[Any] = []

    def ask(question: str, **options: Any) -> Any:
        seen.append(options)

    ask.__qualname__ = "ask"
    names = run("docs/security.md", ask=xcs.op(effect="unordered")(ask))
    assert names["answer"]("Why?") is None
    assert seen == [{"api_key": "sk-not-a-real-key-0123", "headers": {"Authorization": "Bearer abc"}}]
    (shown,) = re.findall(r"```mlir\n(.*?)\n```", text_of("docs/security.md"))
    assert shown in names["answer"].trace("Why?").as_text()


def test_transforms(run: Callable[..., Namespace]) -> None:
    first, second = blocks("docs/transforms.md")
    names = run("docs/transforms.md", [first])
    results = re.findall(r"^(xcs\..*?)  # .*?(f32\[.*?\]|\(.*\))", first, re.MULTILINE)
    assert len(results) == 4
    for expression, shown in results:
        result = eval(expression, names)
        if shown.startswith("f32"):
            assert f"f32[{', '.join(map(str, result.shape))}]" == shown
            assert result.dtype == "float32"
        else:
            assert result == eval(shown)
    run("docs/transforms.md", [second], **names)


def test_readme(run: Callable[..., Namespace], monkeypatch: pytest.MonkeyPatch) -> None:
    """The other blocks of the README have their tests in `test_readme.py`."""
    pytest.importorskip("openai")
    bound, declared = blocks("README.md")[1], blocks("README.md")[3]
    reply = types.SimpleNamespace(json=lambda: {"sunny": True})
    requests = types.SimpleNamespace(post=lambda url, json: reply)
    names = run("README.md", [bound, declared], requests=requests, WEATHER="https://weather.invalid")
    assert isinstance(names["judge"], xcs.ModelBinding)
    look_up = names["look_up"]
    program = xcs.jit(lambda cities: [look_up(city) for city in cities])
    assert program(["Rome", "Oslo"]) == [{"sunny": True}] * 2
    assert "xcs.map" in program.lower(["Rome", "Oslo"]).as_text()
