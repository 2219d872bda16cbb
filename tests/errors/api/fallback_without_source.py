import xcs

space = {}
exec("def program(x):\n    return x", space)
xcs.jit(space["program"])(1)
