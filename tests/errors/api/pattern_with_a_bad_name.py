import xcs

xcs.register_pattern("My Pattern", object())
