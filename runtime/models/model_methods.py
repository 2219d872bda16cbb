"""What a model can be asked, whether it stands for one endpoint (`ModelBinding`) or for several (`ModelMesh`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ...diagnostics.effect import Behaviour, Effect
from ...diagnostics.errors import XCSError
from ..batch_form import BatchForm
from ..limits.journey import Journey

if TYPE_CHECKING:
    import numpy as np

Answer = TypeVar("Answer")
MAX_EMBEDDED = 128
"""Texts in one request: OpenAI takes 2,048 and 300,000 tokens, so these may have some 2,300 tokens each."""
ASKED = Behaviour(Effect.UNORDERED, external=True)


class ModelMethods:
    """The calls of a model. Options given with a call win over the bound ones; errors are the provider's own.

    All calls commute with everything (`Effect.UNORDERED`), so a compiled program overlaps them; none is dropped,
    repeated or merged. What calling gives (`__xcs_result__`) each class promises itself: promises aren't inherited.
    """

    __slots__ = ()
    __xcs_behaviour__ = ASKED

    @property
    def name(self) -> str:
        """What error messages call it."""
        raise NotImplementedError

    def _ask(self, kind: str, subject: Any, options: Mapping[str, object]) -> Any:
        """Asks a text model's method `kind`."""
        raise NotImplementedError

    def _journey_of(self, kind: str, subject: Any, options: Mapping[str, object]) -> Journey | None:
        """The way of a call that is about to be made; None where nothing bounds it."""
        raise NotImplementedError

    async def _ask_async(self, kind: str, subject: Any, options: Mapping[str, object]) -> Any:
        """The same without a thread that waits."""
        raise NotImplementedError

    def __call__(self, prompt: str, **options: object) -> str:
        """The model's answer; raises what the provider raises."""
        return self._ask("complete", self._checked(prompt), options)

    async def acall(self, prompt: str, **options: object) -> str:
        """The same from a coroutine: any number wait on one event loop, without threads."""
        return await self._ask_async("complete_async", self._checked(prompt), options)

    def embed(self, text: str, **options: object) -> np.ndarray:
        """`f32[dim]`, of length 1: the direction of `text` in the model's space of meanings."""
        import numpy as np  # loaded by whoever embeds; importing it here keeps programs without arrays light

        return np.asarray(self._ask("embed", text, options))

    def embed_batch(self, texts: Sequence[str], **options: object) -> np.ndarray:
        """`f32[texts, dim]`: the directions of several texts, asked for at once."""
        import numpy as np

        return np.asarray(self._ask("embed_batch", list(texts), options))

    async def aembed(self, text: str, **options: object) -> np.ndarray:
        """`embed` from a coroutine, as `acall` is the call."""
        import numpy as np

        return np.asarray(await self._ask_async("embed_async", text, options))

    async def aembed_batch(self, texts: Sequence[str], **options: object) -> np.ndarray:
        """`embed_batch` from a coroutine."""
        import numpy as np

        return np.asarray(await self._ask_async("embed_batch_async", list(texts), options))

    def embed_each(self, texts: Sequence[str], **options: object) -> list[np.ndarray]:
        """What `embed` gives for each text, from one request: the batch form of `embed`."""
        return [row.copy() for row in self.embed_batch(texts, **options)]

    async def aembed_each(self, texts: Sequence[str], **options: object) -> list[np.ndarray]:
        """`embed_each` from a coroutine: the batch form of `aembed`."""
        return [row.copy() for row in await self.aembed_batch(texts, **options)]

    def parse(self, prompt: str, response_format: type[Answer], **options: object) -> Answer:
        """The answer as an instance of a pydantic model, by the client's own helper.

        Raises:
            ValueError: the model refuses, or what it answers is no such instance.
        """
        return self._ask("parse", self._checked(prompt), {**options, "response_format": response_format})

    def message(self, prompt: str | Sequence[Mapping[str, Any]], **options: object) -> Any:
        """The client's own message object, with `content`, `tool_calls` and `refusal`.

        `prompt` may be a whole conversation, as a list of messages; `tools=` and all else go into the request.
        """
        return self._ask("message", prompt, options)

    def _checked(self, prompt: str) -> str:
        if not isinstance(prompt, str):
            raise XCSError(
                f"expected a prompt of type `str`, found `{type(prompt).__name__}`, in a call of `{self.name}`"
            )
        return prompt


def _journey_by(kind: str, subject_name: str) -> Callable[..., Journey | None]:
    """How a call of one method waits for limits, from what it is called with."""

    def journey(model: ModelMethods, *args: Any, **options: Any) -> Journey | None:
        subject = args[0] if args else options.pop(subject_name)
        return model._journey_of(kind, subject, options)

    return journey


ModelMethods.__call__.__xcs_journey__ = _journey_by("complete", "prompt")  # type: ignore[attr-defined]
ModelMethods.parse.__xcs_journey__ = _journey_by("parse", "prompt")  # type: ignore[attr-defined]
ModelMethods.message.__xcs_journey__ = _journey_by("message", "prompt")  # type: ignore[attr-defined]
ModelMethods.embed.__xcs_journey__ = _journey_by("embed", "text")  # type: ignore[attr-defined]
ModelMethods.embed_batch.__xcs_journey__ = _journey_by("embed_batch", "texts")  # type: ignore[attr-defined]
for _method in (ModelMethods.acall, ModelMethods.parse, ModelMethods.message):
    _method.__xcs_behaviour__ = ASKED  # type: ignore[attr-defined]
for _method in (ModelMethods.embed, ModelMethods.embed_batch, ModelMethods.aembed, ModelMethods.aembed_batch):
    _method.__xcs_behaviour__ = ASKED  # type: ignore[attr-defined]
    _method.__xcs_result__ = "numpy.ndarray"  # type: ignore[attr-defined]
ModelMethods.acall.__xcs_result__ = str  # type: ignore[attr-defined]
ModelMethods.embed.__xcs_batch__ = BatchForm(  # type: ignore[attr-defined]
    "embed", ModelMethods.embed_each, MAX_EMBEDDED, position=1, keyword="text"
)
ModelMethods.aembed.__xcs_batch__ = BatchForm(  # type: ignore[attr-defined]
    "aembed", ModelMethods.aembed_each, MAX_EMBEDDED, position=1, keyword="text"
)
