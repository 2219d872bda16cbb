"""Who is compared: XCS, Python itself, hand-written concurrency, and libraries as far as they are installed."""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

RAY_WORKERS = 16
"""Processes of Ray: each takes a second to start and 60 MB, so no more than the workloads other than maps can use."""


@contextmanager
def _ray() -> Iterator[None]:
    import ray

    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)  # for its processes
    ray.init(num_cpus=RAY_WORKERS, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _prefect() -> Iterator[None]:
    os.environ.setdefault("PREFECT_HOME", tempfile.mkdtemp())
    os.environ["PREFECT_LOGGING_LEVEL"] = "CRITICAL"
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        logging.getLogger("prefect").setLevel(logging.CRITICAL)
        yield


@dataclass(frozen=True, slots=True)
class Contender:
    """One column.

    Attributes:
        name: as its functions are called in the workloads.
        title: as tables show it.
        package: the distribution on PyPI; None: nothing to install.
        running: what has to run meanwhile.
    """

    name: str
    title: str
    package: str | None = None
    running: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext

    @property
    def version(self) -> str | None:
        """The installed version, None if it isn't."""
        try:
            return None if self.package is None else importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return None

    @property
    def is_installed(self) -> bool:
        """Whether it can be measured here."""
        return self.package is None or self.version is not None


CONTENDERS = (
    Contender("plain", "plain Python"),
    Contender("xcs_jit", "XCS"),
    Contender("asyncio_by_hand", "asyncio by hand"),
    Contender("threads_by_hand", "threads by hand"),
    Contender("dask_delayed", "dask.delayed", "dask"),
    Contender("ray_tasks", "Ray tasks", "ray", _ray),
    Contender("langchain", "LangChain", "langchain-core"),
    Contender("langgraph", "LangGraph", "langgraph"),
    Contender("pipefunc", "pipefunc", "pipefunc"),
    Contender("hamilton", "Hamilton", "sf-hamilton"),
    Contender("prefect", "Prefect", "prefect", _prefect),
    Contender("joblib", "joblib", "joblib"),
    Contender("dspy", "DSPy Parallel", "dspy"),
)
"""In the order of the tables."""


@contextmanager
def quiet() -> Iterator[None]:
    """Inside, libraries keep what they have to say of themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
