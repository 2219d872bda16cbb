"""What every stage may say: the effect vocabulary, source locations, errors. Imports nothing of XCS."""
