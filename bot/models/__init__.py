"""The nouns: frozen dataclasses that every room shares.

Times are integers, milliseconds since 1970 in UTC. Money is integers, micro-dollars ($1 = 1,000,000).
Pixels are integers. Ids of our own are short random strings from `new_id`; ids of a platform are kept as text.
"""

from bot.models.chat import Action, Address, Attachment, Command, Message, Place, Request, Role, User
from bot.models.ids import new_id, now_ms
from bot.models.versions import (
    Asset,
    Found,
    Kind,
    NamedReference,
    Options,
    Planning,
    Reference,
    Source,
    Thread,
    Usage,
    Version,
)
from bot.models.work import Entry, Job, JobStatus, PanelNote, Policy, Spent, ThreadMode, Who

__all__ = [
    "Action",
    "Address",
    "Asset",
    "Attachment",
    "Command",
    "Entry",
    "Found",
    "Job",
    "JobStatus",
    "Kind",
    "Message",
    "NamedReference",
    "Options",
    "PanelNote",
    "Place",
    "Planning",
    "Policy",
    "Reference",
    "Request",
    "Role",
    "Source",
    "Spent",
    "Thread",
    "ThreadMode",
    "Usage",
    "User",
    "Version",
    "Who",
    "new_id",
    "now_ms",
]
