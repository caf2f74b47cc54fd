"""Pictures without a network: an honest offline sketch engine, so that every flow can be tried with no key.

Read in this order: `provider.py` (the port), `order.py` (what is wanted), `recipe.py` and `edits.py` with
`vocabulary.py` (words), `drawing.py` (how a picture comes together), `paint/` (scenes), `lettering/` (fonts),
`retouch.py` (pixels), `marks.py` (titles, notes and the label "offline sketch"), `files.py`.
"""

from adapters.sketch.provider import SketchProvider

__all__ = ["SketchProvider"]
