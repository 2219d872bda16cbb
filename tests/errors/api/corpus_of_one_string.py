import xcs

xcs.embedded("one document")
