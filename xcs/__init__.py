"""XCS: a compiler for compound-AI programs."""
