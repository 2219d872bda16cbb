"""The lanes: a lane's stages are the nodes between `Parallelizable` and `Collect`."""

from hamilton.htypes import Collect, Parallelizable

from ..slow_diagonal import SIZE, one_stage


def lane() -> Parallelizable[int]:
    """Each lane."""
    yield from range(SIZE)


def stage0(lane: int) -> str:
    """The first stage; the others likewise."""
    return one_stage(str(lane), lane, 0)


def stage1(stage0: str, lane: int) -> str:
    return one_stage(stage0, lane, 1)


def stage2(stage1: str, lane: int) -> str:
    return one_stage(stage1, lane, 2)


def stage3(stage2: str, lane: int) -> str:
    return one_stage(stage2, lane, 3)


def stage4(stage3: str, lane: int) -> str:
    return one_stage(stage3, lane, 4)


def stage5(stage4: str, lane: int) -> str:
    return one_stage(stage4, lane, 5)


def stage6(stage5: str, lane: int) -> str:
    return one_stage(stage5, lane, 6)


def stage7(stage6: str, lane: int) -> str:
    return one_stage(stage6, lane, 7)


def lanes(stage7: Collect[str]) -> list:
    """All lanes."""
    return list(stage7)
