"""The two agents: each a node, since nodes don't loop."""

from .. import two_agents as agents


def found() -> str:
    """What the first one finds."""
    return agents.acting(*agents.AGENTS[0])


def doubts() -> str:
    """What the second one doubts."""
    return agents.acting(*agents.AGENTS[1])


def decision(found: str, doubts: str) -> str:
    """The last call."""
    return agents.decide(found, doubts)
