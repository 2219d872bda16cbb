"""Control flow: joins, ways out, loops, comprehensions and what consumes generators."""
