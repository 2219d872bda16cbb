import xcs


class Document:
    @xcs.jit
    @property
    def summary(self):
        return "short"
