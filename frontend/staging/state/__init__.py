"""What the stager knows while it walks: the module being made, what names are bound to, what is written."""
