import xcs

xcs.grad(lambda x: x * x)(3)
