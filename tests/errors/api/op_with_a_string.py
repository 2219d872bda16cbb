import xcs


@xcs.op("unordered")
def ask(prompt):
    return prompt
