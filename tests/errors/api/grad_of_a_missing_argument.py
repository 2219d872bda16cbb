import xcs

xcs.grad(lambda x: x * x, argnums=2)(3.0)
