import xcs


class Expert:
    def __repr__(self):
        return "Expert()"


xcs.jit(Expert())
