"""Slack: slash commands, shortcuts, thread replies, mentions and buttons, over Socket Mode or HTTP.

Pure: `incoming.py` turns payloads into our nouns and `blocks.py` cards into blocks; `form.py`, `editing.py` and
`reference.py` are the forms, made of `parts.py`, which carry where they were `opened.py`; `shortcuts.py` finds what
stands on a message. `listening.py` takes what happens, `connection.py` and `files.py` talk to Slack, `problems.py` maps
its errors; `platform.py` is the `ChatPlatform`; `manifest.yaml` creates the app in Slack.
"""

from adapters.slack.platform import SlackPlatform

__all__ = ["SlackPlatform"]
