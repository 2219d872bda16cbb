import xcs


class Expert(xcs.Operator):
    pass


Expert()("question")
