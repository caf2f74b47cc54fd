"""The settings of a workspace as data.

`table.py`: every setting, its name and its value as text · `lines.py`: limits, budgets, tiers, channels as lines ·
`words.py`: amounts, people, channels, lists · `parts.py`: something more in a list, or less · `advice.py`: what to do
next · `toml.py`: all settings as a file · `changing.py`: change, grant, ban, each written to the audit in the same
transaction.
"""

from bot.policies.table import GROUPS, SETTINGS, Setting, apply, setting

__all__ = ["GROUPS", "SETTINGS", "Setting", "apply", "setting"]
