"""Hamilton's drivers, as its documentation builds them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

NUM_THREADS = 64


def dynamic_driver(module: ModuleType, max_tasks: int = NUM_THREADS) -> Any:
    """For `Parallelizable` nodes: their items run on threads."""
    from hamilton import driver
    from hamilton.execution.executors import MultiThreadingExecutor, SynchronousLocalTaskExecutor

    return (
        driver.Builder()
        .enable_dynamic_execution(allow_experimental_mode=True)
        .with_modules(module)
        .with_local_executor(SynchronousLocalTaskExecutor())
        .with_remote_executor(MultiThreadingExecutor(max_tasks=max_tasks))
        .build()
    )


def threaded_driver(module: ModuleType) -> Any:
    """For graphs: each node is a task of a thread pool."""
    from hamilton import base, driver
    from hamilton.plugins.h_threadpool import FutureAdapter

    adapters = (FutureAdapter(NUM_THREADS, result_builder=base.DictResult()),)
    return driver.Builder().with_modules(module).with_adapters(*adapters).build()
