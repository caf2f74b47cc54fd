"""What is written on a sketch beside its picture: posters' lettering, captions, and the honest label."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFilter, ImageOps, ImageStat

from adapters.sketch.colours import INK, NAMED, PAPER, RGB, contrast, darken, lighten, mix
from adapters.sketch.lettering import Block, FontBook, fitted, write
from adapters.sketch.recipe import Recipe

LABEL = "offline sketch"
_GAP = 0.35  # between title and subtitle, in the subtitle's font size


def letter(image: Image.Image, recipe: Recipe, book: FontBook) -> None:
    """The recipe's quoted texts: the first as a title, the others as subtitles, all as large as they fit."""
    texts = [text for text in recipe.texts if _drawable(text, book)]
    if recipe.layout == "poster":
        _poster_line(image)
    if not texts:
        return
    top, bottom = _area(recipe, image)
    blocks = _blocks(texts, image, (bottom - top) * image.height, recipe.text_scale, book)
    total = sum(block.height for block in blocks) + sum(block.size * _GAP for block in blocks[1:])
    centre = (top + bottom) / 2 * image.height
    y = (
        top * image.height
        if top < 0.2 and bottom < 0.7
        else bottom * image.height - total
        if bottom > 0.9
        else centre - total / 2
    )
    y = min(max(y, image.height * 0.02), max(0.0, image.height * 0.98 - total))
    for place, block in enumerate(blocks):
        write(image, block, image.width / 2, y, colour=_text_colour(recipe))
        y += block.height + (blocks[place + 1].size * _GAP if place + 1 < len(blocks) else 0)


def caption_band(image: Image.Image, recipe: Recipe, book: FontBook) -> None:
    """Lettering on a photo: a solid band of fixed place, so that changed words cover those before them."""
    box = _band(image, recipe)
    tone = darken(_mean(image, box), 0.72)
    if recipe.texts:
        image.paste((*tone, 255) if image.mode == "RGBA" else tone, box)
        text = " · ".join(recipe.texts)
        high = box[3] - box[1]
        block = fitted(text, book, image.width * 0.92, high * 0.86, largest=min(image.size) * 0.11 * recipe.text_scale)
        write(
            image,
            block,
            image.width / 2,
            box[1] + (high - block.height) / 2,
            colour=_text_colour(recipe) or PAPER,
        )


def uncover_band(image: Image.Image, before: Recipe) -> None:
    """Take a caption band off a photo: the part beside it, mirrored and blurred, comes in its place."""
    left, top, right, bottom = _band(image, before)
    high = bottom - top
    other = (
        (left, max(0, top - high), right, top)
        if top >= high
        else (left, bottom, right, min(image.height, bottom + high))
    )
    strip = ImageOps.flip(image.crop(other)).resize((right - left, high))
    image.paste(strip.filter(ImageFilter.GaussianBlur(max(1, high / 14))), (left, top))


def footnotes(image: Image.Image, recipe: Recipe, book: FontBook, region: Image.Image | None = None) -> None:
    """The caption of an edit nobody understood, what could not be lettered, and always the label.

    `region` is where the picture may change (255), or None for everywhere.
    """
    size = max(8.0, min(image.size) * 0.03)
    lines = [f"“{recipe.caption}”"] if recipe.caption else []
    missing = "".join(
        dict.fromkeys(letter for text in (*recipe.texts, recipe.caption) for letter in book.missing(text))
    )
    if missing:
        codes = " ".join(f"U+{ord(letter):04X}" for letter in missing[:6])
        lines.append(f"No font here for: {codes}{' …' if len(missing) > 6 else ''}")
    y = image.height * 0.93 - size * 1.4 * len(lines)
    for line in lines:
        block = fitted(line, book, image.width * 0.9, size * 2.6, largest=size, bold=False, least=7)
        _plate(image, block, image.width / 2, y)
        y += block.height * 1.25
    label(image, book, region, inset=recipe.layout == "poster")


def label(image: Image.Image, book: FontBook, region: Image.Image | None = None, *, inset: bool = False) -> None:
    """The words "offline sketch", small, in the lower right or the first corner that may change."""
    size = max(10.0, min(image.size) * 0.02, image.width * 0.009)
    size = max(4.0, min(size, image.width / 7.5))  # in one line even on a thumbnail
    pad = size * 0.55 + (min(image.size) * 0.026 if inset else 0)
    block = fitted(LABEL, book, image.width, image.height, largest=size, bold=False, least=4)
    x, y = _spot(image, block, pad, region)
    write(image, block, x, y)


def _spot(image: Image.Image, block: Block, pad: float, region: Image.Image | None) -> tuple[float, float]:
    """The lower right corner, or the first place that may change altogether, or the one that mostly may."""
    right, low = image.width - block.width / 2 - pad, image.height - block.height - pad
    left, high, middle = block.width / 2 + pad, pad, image.width / 2
    spots = [(right, low), (left, low), (middle, low), (right, high), (left, high), (middle, high)]
    spots += [(middle, image.height * share) for share in (0.86, 0.78, 0.7, 0.6, 0.5)]
    whole = (spot for spot in spots if _free(region, block, spot) > 254)
    return next(whole, None) or max(spots, key=lambda spot: _free(region, block, spot))


def _free(region: Image.Image | None, block: Block, spot: tuple[float, float]) -> float:
    if region is None:
        return 255.0
    left, top = spot[0] - block.width / 2, spot[1]
    box = (
        max(0, round(left)),
        max(0, round(top)),
        min(region.width, round(left + block.width) + 1),
        min(region.height, round(top + block.height) + 1),
    )
    return ImageStat.Stat(region.crop(box)).mean[0] if box[2] > box[0] and box[3] > box[1] else 0.0


def _plate(image: Image.Image, block: Block, x: float, y: float) -> None:
    """A line on its own small rounded ground."""
    pad = block.size * 0.5
    draw = ImageDraw.Draw(image, "RGBA")
    box = (x - block.width / 2 - pad, y - pad * 0.4, x + block.width / 2 + pad, y + block.height + pad * 0.2)
    draw.rounded_rectangle(box, block.size * 0.5, fill=(*INK, 226))
    write(image, block, x, y, colour=PAPER)


def _area(recipe: Recipe, image: Image.Image) -> tuple[float, float]:
    """From where to where, in shares of the height, the lettering may go."""
    grow = max(1.0, recipe.text_scale)
    if recipe.layout in ("logo", "icon", "sticker"):
        return 0.76, 0.94
    scene = bool(recipe.things or recipe.mood)
    place = recipe.text_place or ("top" if scene else "middle")
    if place == "middle":
        return max(0.04, 0.5 - 0.3 * grow), min(0.94, 0.5 + 0.3 * grow)
    share = min(0.8, (0.34 if scene else 0.5) * grow)
    return (0.055, 0.055 + share) if place == "top" else (0.935 - share, 0.935)


def _blocks(texts: list[str], image: Image.Image, high: float, scale: float, book: FontBook) -> list[Block]:
    """Title and subtitles within this height."""
    unit = min(image.width, image.height * 1.1, image.width * image.height / max(image.size) * 1.6)
    title_share = 1.0 if len(texts) == 1 else 0.66
    wide = image.width * min(0.95, 0.84 * max(1.0, scale**0.4))
    title = fitted(texts[0], book, wide, high * title_share, largest=unit * 0.2 * scale)
    blocks = [title]
    left = high * (1 - title_share) / max(1, len(texts) - 1) - title.size * 0.1
    for text in texts[1:]:
        largest = max(8.0, title.size * 0.42)
        blocks.append(fitted(text, book, wide * 0.92, max(left, 8.0), largest=largest))
    return blocks


def _poster_line(image: Image.Image) -> None:
    """A thin line inside the edge."""
    inset, width = round(min(image.size) * 0.026), max(1, round(min(image.size) * 0.0028))
    tone = PAPER if contrast(PAPER, _mean(image, (0, 0, image.width, image.height))) > 2.2 else mix(INK, PAPER, 0.15)
    ImageDraw.Draw(image, "RGBA").rectangle(
        (inset, inset, image.width - inset - 1, image.height - inset - 1), outline=(*tone, 190), width=width
    )


def _text_colour(recipe: Recipe) -> RGB | None:
    return NAMED.get(recipe.text_colour)


def _drawable(text: str, book: FontBook) -> bool:
    return any(not letter.isspace() and book.face(letter) is not None for letter in text)


def _band(image: Image.Image, recipe: Recipe) -> tuple[int, int, int, int]:
    high = round(image.height * min(0.5, 0.17 * max(1.0, recipe.text_scale)))
    if recipe.text_place == "top":
        return 0, 0, image.width, high
    top = (image.height - high) // 2 if recipe.text_place == "middle" else image.height - high
    return 0, top, image.width, top + high


def _mean(image: Image.Image, box: tuple[int, int, int, int]) -> RGB:
    patch = image.crop(box).convert("RGB")
    red, green, blue = ImageStat.Stat(patch.reduce(max(1, min(patch.size) // 32))).mean[:3]
    return lighten((round(red), round(green), round(blue)), 0)
