"""A pool without threads: a call runs when the test, or the schedule it draws, says that it completes."""

from __future__ import annotations

from collections.abc import Callable

from xcs.runtime.task import Completions, Task


class VirtualPool:
    """Holds submitted calls until the driver waits, then completes the one that `choose` picks.

    With `num_workers`, calls beyond that many wait in a queue and can be claimed, as in the real pool.
    """

    def __init__(self, choose: Callable[[list[Task]], int], num_workers: int | None = None) -> None:
        self.running: list[Task] = []
        self.queue: list[Task] = []
        self.submitted: list[str] = []
        self.peak = 0
        self._choose = choose
        self._num_workers = num_workers

    def submit(self, task: Task) -> bool:
        self.submitted.append(name_of(task))
        if self._num_workers is not None and len(self.running) >= self._num_workers:
            task.queued = True
            self.queue.append(task)
            return False
        self.running.append(task)
        self.peak = max(self.peak, len(self.running))
        return True

    def claim(self, task: Task) -> bool:
        if task.queued:
            task.queued = False
            self.queue.remove(task)
            return True
        return False

    def completions(self) -> Completions:
        return _Completions(self)

    def complete_one(self) -> None:
        task = self.running.pop(self._choose(self.running))
        if self.queue:
            successor = self.queue.pop(0)
            successor.queued = False
            self.running.append(successor)
        task.run()


def name_of(task: Task) -> str:
    return task.frame.code.instructions[task.index].name


class Script:
    """Completes calls in the order of the given names, each of which must be running when its turn comes.

    Where the script is exhausted, the oldest running call completes.
    """

    def __init__(self, *names: str) -> None:
        self.names = list(names)

    def __call__(self, running: list[Task]) -> int:
        if not self.names:
            return 0
        name = self.names.pop(0)
        names = [name_of(task) for task in running]
        assert name in names, f"expected `{name}` to be running, found {names}"
        return names.index(name)


class _Completions:
    def __init__(self, pool: VirtualPool) -> None:
        self._pool = pool
        self._done: list[Task] = []

    def put(self, item: Task, /) -> None:
        self._done.append(item)

    def get(self, block: bool = True, timeout: float | None = None, /) -> Task:
        while not self._done:
            assert self._pool.running, "the driver waits for a call that nobody runs"
            self._pool.complete_one()
        return self._done.pop(0)

    def empty(self) -> bool:
        return not self._done
