"""Typing and effect inference of callables and code, and the table of known callables."""
