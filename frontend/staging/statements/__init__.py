"""Statements: assignment, `try`, `match`, `with`, and the walk over a block."""
