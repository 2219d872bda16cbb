"""A binding is a value: equal, hashable, picklable, immutable; `bind` understands names and says what it doesn't."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
import weakref

import pytest

from xcs.diagnostics.effect import Effect
from xcs.diagnostics.errors import XCSError
from xcs.runtime.models import ModelBinding, bind, default_model, embedded


def test_declares_its_effect_and_result_on_the_class() -> None:
    assert ModelBinding.__xcs_behaviour__.effect is Effect.UNORDERED
    assert ModelBinding.__xcs_behaviour__.external
    assert ModelBinding.__xcs_result__ is str
    assert bind("embedded").embed.__xcs_behaviour__.effect is Effect.UNORDERED


def test_equality_is_by_provider_model_and_options() -> None:
    first = bind("openai:small", temperature=0.5, stop=["a", "b"], extra_body={"k": [1]})
    again = bind("openai:small", extra_body={"k": [1]}, stop=["a", "b"], temperature=0.5)
    assert first == again
    assert hash(first) == hash(again)
    others = [
        bind("openai:large", temperature=0.5, stop=["a", "b"], extra_body={"k": [1]}),
        bind("openai:small", temperature=0.6, stop=["a", "b"], extra_body={"k": [1]}),
        bind("openai:small", temperature=0.5, stop=["a", "b"], extra_body={"k": [2]}),
        bind("embedded:small", temperature=0.5),
    ]
    assert len({first, *others}) == 5


def test_options_come_back_as_given() -> None:
    assert bind("openai:m", logit_bias={"7": 1, "3": 2}).options["logit_bias"] == {"3": 2, "7": 1}


def test_the_corpus_counts_in_equality() -> None:
    one, two = ["One text is about cats that purr."], ["Another text is about dogs that bark."]
    assert embedded(one) == embedded(list(one)) != embedded(two)


def test_is_immutable_and_weakly_referable() -> None:
    model = bind("embedded")
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.frozen_options = ()  # type: ignore[misc]
    model.options["temperature"] = 1.0
    assert "temperature" not in model.options
    assert weakref.ref(model)() is model


def test_with_options_makes_another_binding() -> None:
    cold = bind("embedded:a", temperature=0.0)
    warm = cold.with_options(temperature=1.0)
    assert (cold.options["temperature"], warm.options["temperature"]) == (0.0, 1.0)
    assert warm.name == cold.name == "embedded:a"


@pytest.mark.parametrize("spec", ["embedded:a", "openai:gpt"])
def test_pickles(spec: str) -> None:
    model = bind(spec, temperature=0.25, seed=3)
    assert pickle.loads(pickle.dumps(model)) == model


def test_repr_shows_options_but_no_key() -> None:
    text = repr(bind("openai:gpt", api_key="sk-secret", temperature=0.5))
    assert text == "ModelBinding('openai:gpt', api_key=***, temperature=0.5)"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("gpt-4", "expected a model of a known provider, found `gpt-4`; help: `embedded`, `embedded:<name>` or"),
        ("openai", "expected the name of a model after `openai:`, found `openai`; help: `openai:<model>`"),
        ("openai:", "expected the name of a model after `openai:`, found `openai:`"),
        ("", "expected a model of a known provider, found ``"),
        (7, "expected a model as `str`, found `int`"),
    ],
)
def test_bad_specs_are_explained(spec: str, message: str) -> None:
    with pytest.raises(XCSError) as caught:
        bind(spec)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temprature": 1.0}, "expected an option of the embedded model (`latency_s`, `temperature`, "),
        ({"temperature": "hot"}, "expected a number for option `temperature`, found `'hot'`"),
        ({"latency_s": -1.0}, "expected option `latency_s` to be 0 or more, found `-1.0`"),
        ({"system": 3}, "expected text for option `system`, found `3`"),
        ({"seed": object}, "expected an integer for option `seed`, found `<class 'object'>`"),
    ],
)
def test_bad_options_of_the_embedded_model_are_explained(options: dict[str, object], message: str) -> None:
    with pytest.raises(XCSError) as caught:
        bind("embedded", **options)
    assert str(caught.value).startswith(message)


def test_unhashable_options_and_wrong_prompts_are_explained() -> None:
    with pytest.raises(XCSError, match=r"expected a hashable value for option `extra_body`, found `bytearray`"):
        bind("openai:m", extra_body={"a": bytearray()})
    with pytest.raises(
        XCSError, match=r"expected a prompt of type `str`, found `int`, in a call of `embedded:default`"
    ):
        bind("embedded")(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("corpus", ["one text", [], ["  "]])
def test_a_corpus_must_hold_texts(corpus: object) -> None:
    with pytest.raises(XCSError, match="expected"):
        embedded(corpus)  # type: ignore[arg-type]


@pytest.fixture
def no_model_in_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("XCS_MODEL", "XCS_BASE_URL", "OPENAI_BASE_URL", "XCS_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_default_model_is_embedded_until_everything_is_set(no_model_in_environment: pytest.MonkeyPatch) -> None:
    assert default_model().name == "embedded:default"
    no_model_in_environment.setenv("XCS_MODEL", "some/model:free")
    no_model_in_environment.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    assert default_model().name == "embedded:default"
    no_model_in_environment.setenv("OPENAI_API_KEY", "theirs")
    no_model_in_environment.setenv("XCS_API_KEY", "ours")
    model = default_model(temperature=0.5)
    assert model.name == "openai:some/model:free"
    assert model.options == {"base_url": "http://127.0.0.1:9", "api_key": "ours", "temperature": 0.5}
    no_model_in_environment.setenv("XCS_MODEL", "openai:named")
    assert default_model().name == "openai:named"


MISSING_CLIENT = """
import sys
sys.modules["openai"] = None
from xcs.runtime.models import bind
try:
    bind("openai:m", api_key="k")("hello")
except Exception as error:
    print(type(error).__name__, error)
"""


def test_a_missing_client_names_the_extra() -> None:
    run = subprocess.run([sys.executable, "-c", MISSING_CLIENT], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("XCSError expected the `openai` package")
    assert "help: `pip install xcs[openai]`" in run.stdout
