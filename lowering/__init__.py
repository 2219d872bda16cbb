"""Modules of the dialect to what runs: plans, kernels of array regions, StableHLO."""
