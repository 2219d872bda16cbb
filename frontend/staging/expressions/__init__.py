"""Expressions: native pieces, order of evaluation, array work, calls and awaits."""
