import xcs


@xcs.jit
def program(x):
    return len(x)


program.lower([1]).as_text("llvm")
