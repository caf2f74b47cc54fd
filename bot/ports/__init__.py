"""What the core needs from outside: a chat platform, an image provider, a store. As small as they can be."""

from bot.ports.chat import ChatPlatform, Doors
from bot.ports.checking import Finding, PromptChecker
from bot.ports.pictures import Drawn, ImageProvider, ImageRequest, InputImage, Preview, Result, Step
from bot.ports.privacy import Before, Belongings, LedgerLine, Privacy, Purged
from bot.ports.reviews import Reviews
from bot.ports.shelf import Shelf, Viewer, Wall
from bot.ports.store import AuditCheck, By, Rule, Store, Tally, UsageRow
from bot.ports.transcript import Said, Transcript

__all__ = [
    "AuditCheck",
    "Before",
    "Belongings",
    "By",
    "ChatPlatform",
    "Doors",
    "Drawn",
    "Finding",
    "ImageProvider",
    "ImageRequest",
    "InputImage",
    "LedgerLine",
    "Preview",
    "Privacy",
    "PromptChecker",
    "Purged",
    "Result",
    "Reviews",
    "Rule",
    "Said",
    "Shelf",
    "Step",
    "Store",
    "Tally",
    "Transcript",
    "UsageRow",
    "Viewer",
    "Wall",
]
