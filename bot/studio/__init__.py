"""The verbs. Three doors (command, message, action) lead into one corridor: submit, draw, show.

Read in this order: `doors.py` (what was asked), `conversation.py` (what it means inside a thread), `submit.py` (may
it be; the reservation), `intake.py` (people's files), `draw.py` (the image service, previews, keeping), `show.py`
(cards on a platform). `waiting.py`, `review.py` and `removal.py` are the moderators'. `desk.py` holds what they all
work with; `bot/queue.py` decides whose turn it is.
"""
