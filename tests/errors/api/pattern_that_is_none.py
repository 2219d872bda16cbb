import xcs

xcs.register_pattern("my-pattern", 3)
