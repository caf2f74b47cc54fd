"""What survives a restart: one SQLite file and a folder of content-addressed pictures.

`sqlite.py` is the `Store` port and the door to everything; `engine.py` runs functions in transactions; `schema.py`
has the recorded migrations; `jobs.py`, `ledger.py`, `threads.py` and `transcript.py` hold the SQL by subject, as
functions on an open connection; `files.py` keeps the bytes; `rows.py` turns nouns into rows and back.
"""
