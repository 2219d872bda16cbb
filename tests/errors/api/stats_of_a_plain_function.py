import xcs


def program(x):
    return x


xcs.get_jit_stats(len)
