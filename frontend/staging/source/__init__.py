"""What the syntax of a function says, and syntax rewritten: no op is made here."""
