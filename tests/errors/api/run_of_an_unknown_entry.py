import xcs


@xcs.jit
def program(x):
    return len(x)


lowered = program.lower([1])
xcs.run(lowered.module, [1], callables=lowered.objects, entry="main")
