"""Straight code: a plan as one compiled Python function, for runs in which nothing is worth a worker."""
