"""Slack: slash command, thread replies, mentions and buttons, over Socket Mode or HTTP.

`incoming.py` turns payloads into our nouns and `blocks.py` cards into blocks, both pure; `files.py` moves pictures;
`problems.py` maps Slack's errors; `platform.py` is the `ChatPlatform`; `manifest.yaml` creates the app in Slack.
"""

from adapters.slack.platform import SlackPlatform

__all__ = ["SlackPlatform"]
