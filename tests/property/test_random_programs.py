"""Random natural programs: `xcs.jit(f)` does what `f` does, in value, exception, ordered effects, arguments and calls.

Programs are drawn as source text, written to a file (so that their source is found) and imported. The run in CI is
small and always the same; `XCS_FUZZ_EXAMPLES=5000` makes it long and random. A program that fails is printed whole.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import sys
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "programs"))

from observe import check, observe
from program_source import Source

NUM_EXAMPLES = int(os.environ.get("XCS_FUZZ_EXAMPLES", "150"))
_numbers = itertools.count()

CI = settings(
    max_examples=NUM_EXAMPLES,
    deadline=None,
    database=None,
    derandomize="XCS_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink] if NUM_EXAMPLES > 150 else [Phase.explicit, Phase.generate],
)


def load(text: str, folder: Path) -> Any:
    """The module of a program's text."""
    path = folder / f"random_program_{next(_numbers)}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.timeout(1200)
@CI
@given(st.data())
def test_random_programs(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    text = Source(data).program()
    folder = tmp_path_factory.getbasetemp() / "random_programs"
    folder.mkdir(exist_ok=True)
    module = load(text, folder)
    arguments = data.draw(st.lists(st.sampled_from(ARGUMENTS), min_size=1, max_size=2, unique_by=id))
    for case in arguments:
        seen = observe(module.program, case, setup=module.reset)
        assume(seen.calls.total() < MAX_CALLS)
    try:
        check(module.program, *arguments, setup=module.reset, state=module.state, more_calls="try:" in text, raises=ANY)
    except Exception as failure:
        raise AssertionError(f"{failure}\n\narguments {arguments}\n{text}") from None
    finally:
        del sys.modules[module.__name__]


MAX_CALLS = 60  # external calls of one run: more take time and show nothing new
ANY = "*"
ARGUMENTS: list[tuple[Any, ...]] = [
    (3, "ab", [1, 2, 3], {"a": 1, "b": 2}),
    (0, "", [], {}),
    (2, "xyz", [5], {"c": 7, "a": 0, "z": -1}),
    (7, "q", [4, 4, 0, 2], {"b": 3}),
]
_ = hypothesis
