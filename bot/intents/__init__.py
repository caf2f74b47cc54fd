r"""What people's words mean: a fixed grammar, no guessing.

| You type | It means |
|---|---|
| `/imagine a red fox --ar 2:3 --quality high --n 2` | make pictures |
| `/imagine a fox --series "it wakes \| it eats"` | a series: the same characters in 2 to 12 panels |
| `make it night` (in the thread) | edit the picture replied to, or the newest one |
| `v2: make it night` · `2: make it night` | edit version 2 · edit picture 2 of several |
| `#3: make it night` | edit the picture with that number on its card |
| `left half: make it blue` · `10%,20%-60%,80%: add a sun` | edit that part only; every other pixel stays |
| `paint` · `paint v2` | paint on a page where the picture may change |
| `use #2 and @logo` · `in the style of #3` | edit with these pictures along |
| `zoom out` · `zoom out 1.5x` · `pan up: a kite` | more canvas round it; the old picture stays |
| `make square` · `make wide` · `make tall` | the same, in another shape |
| `undo` · `redo` · `back to v3` | move through the versions; nothing is lost |
| `again` · `vary` · `vary strong` | the same request once more · another picture like this one · less like it |
| `pick 2` · `2` | go on with picture 2 of several |
| `redo panel 2` · `panel 2: it finds a ring` | one panel of a series anew |
| `finalize` | the same picture once more at high quality, up to 4K; its price is on the button |
| `compare` · `compare v2 v5` | both side by side, and where they differ |
| `show v3` · `v3` · `info` · `info v3` | show it again · say everything about it (to you alone) |
| `contact sheet` · `tree` · `gallery` | all pictures on one · the thread's versions, drawn · all threads |
| `star` · `unstar` | keep it among your starred pictures, or no longer |
| `export` · `export v3` · `export all` | a zip of the pictures with their texts |
| `refs` · `refs add #3` · `refs clear` · `save #3 as @logo` | the pictures that go along · keep one by name |
| `new: a blue whale` | start over in this thread |
| `help` | what can be typed |
| `v2:` before a command (`v2: again`) | the same as the command alone in a reply to version 2 |
| `// …`, `thanks!`, 👍, or a message to somebody else | not for the bot; costs nothing |

Flags (`--ar 16:9`, also `—ar 16:9`) work in all that draw. Text in quotation marks is never a flag. Case, accents,
politeness and final punctuation don't matter, and the same words in German, French, Spanish, Portuguese, Italian,
Russian, Japanese, Chinese and Korean do. A command is a command only when it is the whole message: `tree` or `star`
alone is one; "a star", "no mask" and "undo the red tint" are edits.
"""

from bot.intents.flags import split_flags
from bot.intents.grammar import command_intent, message_intent
from bot.intents.nouns import (
    About,
    AboutPicture,
    Again,
    BackTo,
    Compare,
    Edit,
    Export,
    Extend,
    Finalize,
    Gallery,
    Help,
    Imagine,
    Info,
    Intent,
    Misused,
    New,
    NotForUs,
    Paint,
    Panel,
    Pick,
    PictureAlone,
    Redo,
    SaveAs,
    Sheet,
    Show,
    Star,
    Tray,
    Undo,
    Vary,
)
from bot.intents.references import Mention, RefCommand, is_name, mentions, ref_command

__all__ = [
    "About",
    "AboutPicture",
    "Again",
    "BackTo",
    "Compare",
    "Edit",
    "Export",
    "Extend",
    "Finalize",
    "Gallery",
    "Help",
    "Imagine",
    "Info",
    "Intent",
    "Mention",
    "Misused",
    "New",
    "NotForUs",
    "Paint",
    "Panel",
    "Pick",
    "PictureAlone",
    "Redo",
    "RefCommand",
    "SaveAs",
    "Sheet",
    "Show",
    "Star",
    "Tray",
    "Undo",
    "Vary",
    "command_intent",
    "is_name",
    "mentions",
    "message_intent",
    "ref_command",
    "split_flags",
]
