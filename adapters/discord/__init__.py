"""Discord, on discord.py.

incoming.py   payloads → Command, Message, Action: pure
view.py       Card → a Components V2 message; text.py keeps people's words inert
commands.py   /imagine, /imagine-gallery, "Edit image", the form
references.py /imagine-ref, "Save as reference", its form
client.py     the gateway: acknowledge, translate, call the doors
outgoing.py   rooms, threads, sending
files.py      pictures small enough to send; people's files from the CDN
problems.py   Discord's errors as ours
platform.py   all of it as a `bot.ports.ChatPlatform`
"""

from adapters.discord.platform import DiscordPlatform

__all__ = ["DiscordPlatform"]
