"""The command line as a chat platform: one request, one answer, files on this disk."""

from adapters.terminal.platform import TerminalPlatform

__all__ = ["TerminalPlatform"]
