"""The runtime: a frozen `Plan` and the executors that run it. Imports neither xDSL nor JAX."""
