"""Rewriting: the passes of the compiler, the analyses they share, the pipelines they form, and users' patterns."""
