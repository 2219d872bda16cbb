import xcs


@xcs.op(effect="unordered")
class Client:
    def __call__(self, prompt):
        return prompt
