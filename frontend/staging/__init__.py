"""Staging: abstract interpretation of a Python function's syntax tree into the xcs dialect.

Assumes: the function's source is available and compiles to its code object.
Ensures: no user code has run; the module built means what the function means, or `Unstageable` was raised and
nothing was kept.
"""
