"""What the core needs from outside: a chat platform, an image provider, a store. As small as they can be."""

from bot.ports.chat import ChatPlatform, Doors
from bot.ports.pictures import Drawn, ImageProvider, ImageRequest, InputImage, Preview, Result, Step
from bot.ports.shelf import Shelf, Viewer, Wall
from bot.ports.store import Rule, Store, UsageRow
from bot.ports.transcript import Said, Transcript

__all__ = [
    "ChatPlatform",
    "Doors",
    "Drawn",
    "ImageProvider",
    "ImageRequest",
    "InputImage",
    "Preview",
    "Result",
    "Rule",
    "Said",
    "Shelf",
    "Step",
    "Store",
    "Transcript",
    "UsageRow",
    "Viewer",
    "Wall",
]
