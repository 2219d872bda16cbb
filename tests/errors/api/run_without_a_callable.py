import xcs


@xcs.op(effect="unordered")
def ask(prompt):
    return prompt


@xcs.jit
def program(x):
    return ask(x), ask(x + 1)


xcs.run(program.lower(1).as_text(), 1)
