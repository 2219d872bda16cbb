"""The frontend: from Python functions to traced modules, and `jit` with what users see of a program."""
