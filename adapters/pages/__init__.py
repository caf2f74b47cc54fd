"""The web pages behind signed links: paint a mask, look through the gallery, walk a thread."""

from adapters.pages.pages import Pages

__all__ = ["Pages"]
