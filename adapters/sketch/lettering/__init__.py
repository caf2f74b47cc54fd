"""Lettering: fonts that truly have the letters, text in every direction, fitted and legible on any ground."""

from adapters.sketch.lettering.fonts import FontBook, default_font_folders
from adapters.sketch.lettering.layout import Block, fitted
from adapters.sketch.lettering.write import write

__all__ = ["Block", "FontBook", "default_font_folders", "fitted", "write"]
