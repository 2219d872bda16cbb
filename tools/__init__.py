"""Command line tools, and what XCS tells other tools of xDSL."""
