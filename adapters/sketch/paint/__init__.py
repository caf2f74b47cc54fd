"""Painting scenes: a canvas and pen; sky, land, town, creatures, things, weather; and what joins them."""
