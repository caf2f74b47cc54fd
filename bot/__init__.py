"""The core of Retouch: what happens, on whatever platform. It imports no SDK and no SQL.

A request, in the order to read: an adapter hands a Command, Message or Action (`models.py`) to `studio/doors.py`;
`intents.py` reads the words; `catalog.py`, `sizes.py`, `moderation/`, `limits/` say yes or no; `studio/submit.py`
reserves its cost and posts a placeholder; `queue.py` gives it its turn; `studio/draw.py` asks the image service and
keeps the result; `studio/show.py` turns the placeholder into the finished card, worded by `replies/`.
`ports.py` is what the core needs from outside, `app.py` plugs in what there is.
"""
