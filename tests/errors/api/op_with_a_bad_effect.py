import xcs


@xcs.op(effect="fast")
def ask(prompt):
    return prompt
