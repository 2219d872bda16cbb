import sys

import xcs

kept = {name: sys.modules.get(name) for name in ("tqdm", "tqdm.auto")}
sys.modules["tqdm"] = sys.modules["tqdm.auto"] = None
try:
    xcs.jit(progress=True)(lambda question: question)
finally:
    for name, module in kept.items():
        del sys.modules[name]
        if module is not None:
            sys.modules[name] = module
