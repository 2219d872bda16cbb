import xcs

xcs.run("program(x) -> x", 1)
