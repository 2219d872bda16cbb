"""The irregular graph: parameters name the nodes they come from."""

from .. import irregular_dag as steps


def page(topic: str) -> str:
    """The page."""
    return steps.fetch(topic)


def hits(topic: str) -> str:
    """What a search finds."""
    return steps.search(topic)


def outline(page: str) -> str:
    """Its outline."""
    return steps.write_outline(page)


def facts(hits: str) -> str:
    """The facts."""
    return steps.find_facts(hits)


def title(page: str) -> str:
    """A title."""
    return steps.find_title(page)


def draft(outline: str) -> str:
    """A draft."""
    return steps.write_draft(outline)


def checked(facts: str) -> str:
    """The facts, checked."""
    return steps.check(facts)


def finished(title: str, draft: str, checked: str) -> str:
    """The report."""
    return steps.report(title, draft, checked)
