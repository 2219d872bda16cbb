import xcs

xcs.bind("openai:")
