"""The options of `xcs.jit`, checked: what selects the pass pipeline, the executor and how much is staged."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from ..diagnostics.errors import XCSError
from ..passes.pipeline import PIPELINES
from ..runtime.executor import Executor, SequentialExecutor, ThreadsExecutor
from ..runtime.limits.policy import checked_timeout
from ..runtime.watched_executor import WatchedExecutor
from ..runtime.workers import ThreadPool, checked_max_workers
from .journal import JournalPath, checked_path

NUMPY = ("numpy", "xla")
STAGES = ("gains", "all")
STAGE_VARIABLE = "XCS_STAGE"  # the default of `stage`, read each time something is jitted


@dataclass(frozen=True, slots=True)
class JitOptions:
    """The options of one jitted function.

    Attributes:
        strategy: the name of a pipeline; `sequential` also runs it on the calling thread.
        window: iterations of one loop that may be in flight at once; None for the executor's default.
        stage: `gains` stages what can gain by it, `all` stages whatever can be staged.
        journal: the file that records the results of external calls.
        progress: whether loops are shown as bars.
        max_workers: external calls that may run on threads at once; None for those of the process.
        timeout_s: seconds that a whole call may take.
        numpy: who runs NumPy's code, `numpy` or `xla`.
    """

    strategy: str
    window: int | None
    stage: str
    journal: JournalPath | None = None
    progress: bool = False
    max_workers: int | None = None
    timeout_s: float | None = None
    numpy: str = "numpy"

    @classmethod
    def of(
        cls,
        strategy: str,
        window: int | None,
        stage: str | None,
        journal: JournalPath | None = None,
        progress: bool = False,
        max_workers: int | None = None,
        timeout_s: float | None = None,
        numpy: str = "numpy",
    ) -> JitOptions:
        """The options as given to `jit`.

        Raises:
            XCSError: one of them is unknown or out of its range.
        """
        if strategy not in PIPELINES:
            raise XCSError(f"expected the strategy to be one of {_choices(PIPELINES)}, found `{strategy}`")
        if stage is None:
            stage = os.environ.get(STAGE_VARIABLE) or STAGES[0]
            where = f" in the environment variable `{STAGE_VARIABLE}`"
        else:
            where = ""
        if stage not in STAGES:
            raise XCSError(f"expected the stage to be one of {_choices(STAGES)}, found `{stage}`{where}")
        if numpy not in NUMPY:
            raise XCSError(f"expected `numpy` to be one of {_choices(NUMPY)}, found `{numpy}`")
        if max_workers is not None:
            checked_max_workers(max_workers)
        if journal is not None:
            checked_path(journal)
        if timeout_s is not None:
            checked_timeout(timeout_s)
            if strategy == "sequential":
                raise XCSError(
                    "expected no `timeout_s` with the strategy `sequential`: its calls run on the calling thread, "
                    "where nothing cuts them off"
                )
        return cls(strategy, window, stage, journal, progress, max_workers, timeout_s, numpy)

    @property
    def pipeline(self) -> tuple[str, ...]:
        """The passes."""
        passes = PIPELINES[self.strategy]
        if self.numpy == "numpy":
            return passes
        return (*passes, *(("xcs-fuse-tensor",) if "xcs-fuse-tensor" not in passes else ()), "xcs-numpy-to-xla")

    def executor(self) -> Executor:
        """A new executor.

        Raises:
            XCSError: progress is to be shown, and `tqdm` isn't installed.
        """
        return WatchedExecutor(self._executor()) if self.progress else self._executor()

    def _executor(self) -> Executor:
        if self.strategy == "sequential":
            return SequentialExecutor()
        pool = None if self.max_workers is None else ThreadPool(self.max_workers)
        return ThreadsExecutor(pool, self.window, self.timeout_s, saves_threads=self.strategy == "adaptive")

    def refuse_plain(self, name: str, fallback: str | None) -> None:
        """A function is about to run as plain Python, where nothing bounds its time; `fallback` says why.

        Raises:
            XCSError: it is to be bounded, and it isn't that none of its calls wait.
        """
        if self.timeout_s is not None and fallback is not None:
            raise XCSError(
                f"expected `{name}` to be compiled, so that `timeout_s` bounds it, found that it runs as plain Python: "
                f"{fallback}"
            )


def _choices(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
