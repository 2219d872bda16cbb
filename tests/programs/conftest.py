"""A program that hangs must not hold up the tests for long."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/programs" in item.nodeid or "tests/property" in item.nodeid:
            item.add_marker(pytest.mark.timeout(60))
