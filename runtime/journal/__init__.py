"""The journal: results of completed external calls in an SQLite file, so that a run started again makes none twice."""
