import xcs


@xcs.op(effect="pure")
def remember(answer):
    with open("/dev/null", "w") as file:
        file.write(answer)
    return answer


@xcs.jit
def program(x):
    return remember(x)


with xcs.check_effects():
    program("a")
