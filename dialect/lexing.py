"""xDSL's lexer without its exponential time on a string literal that doesn't end."""

from __future__ import annotations

import re

from xdsl.utils.mlir_lexer import MLIRLexer


class XcsLexer(MLIRLexer):
    """The lexer of textual IR, in time linear in the text."""

    # the same literals as xDSL's expression, with possessive repetition: nothing is tried twice
    _unescaped_characters_regex = re.compile(r'"(?:[^"\\\n\v\f]++|\\(?:["nt\\]|[0-9A-Fa-f]{2}))*+"')
