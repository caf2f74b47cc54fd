"""What the core needs from outside: a chat platform, an image provider, a store. As small as they can be."""

from bot.ports.chat import ChatPlatform, Doors
from bot.ports.checking import Finding, PromptChecker
from bot.ports.pictures import Drawn, ImageProvider, ImageRequest, InputImage, Preview, Result, Step
from bot.ports.privacy import Before, Belongings, LedgerLine, Outdated, Privacy, Purged, Why
from bot.ports.reviews import Reviews
from bot.ports.shelf import Shelf, Viewer, Wall
from bot.ports.store import AuditCheck, By, Rule, Store, Tally
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
    "Outdated",
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
    "Viewer",
    "Wall",
    "Why",
]
