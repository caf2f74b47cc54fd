"""What survives a restart: one SQLite file and a folder of content-addressed pictures.

`sqlite.py` is the `Store` port and the door to everything; `engine.py` runs functions in transactions; `schema.py`
has the recorded migrations, `filling.py` what one of them fills in; `jobs.py`, `ledger.py`, `threads.py`,
`references.py`, `gallery.py` and `transcript.py` hold the SQL by subject, as functions on an open connection;
`shelf.py` is the `Shelf` port; `words.py` folds what people write so that it is found; `files.py` keeps the bytes;
`rows.py` turns nouns into rows and back.
"""
