"""The words that go to the image service: the person's own, untouched, and below them what the pictures are for.

Nothing is rewritten, only added, and "Show prompt" shows all of it. A label that the person wrote (`Preserve: …`) is
theirs: no line of ours gets the same one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.models import Kind, Role

VARIATION = "A variation of Image 1: keep its subject and style, change the composition."
STRONG = (
    "A bold variation of Image 1: keep what it shows and how it is drawn; choose another viewpoint, setting and light."
)

_LABEL = re.compile(r"^[ \t]*([A-Za-z][A-Za-z ]{1,24}?)[ \t]*:", re.MULTILINE)
_QUOTED = re.compile(  # a straight mark behind a letter or digit opens nothing: 12" is a measure
    r"“([^”]{1,200})”|„([^“”]{1,200})[“”]|«([^»]{1,200})»|(?<!\w)\"([^\"]{1,200})\"|「([^」]{1,200})」"
)
# Runs of spaces are bounded everywhere: 30,000 of them must not take minutes.
_END = (
    r"(?=\s{1,8}(?:as (?:it is|they are|is)|unchanged|untouched|the same|intact|alone)\b|[,.;:\n]"
    r"|\s{1,8}but\b|\s{0,8}$)"
)
_KEEP = re.compile(
    r"(?<!\w)(?:keep|preserve|retain|leave|do(?: not|n['’]t) (?:change|touch|alter)|without (?:changing|touching))"
    rf"\s{{1,8}}(?!\s|(?:it|this|that|them|him|her|in mind|going|on)\b)(?P<what>.{{2,120}}?){_END}",
    re.IGNORECASE,
)
_ADD_NOTHING = re.compile(
    r"(?:(?<=^)|(?<=[,.;:\n] )|(?<=\bwith )|(?<=\band ))"
    r"(?:no(?! longer| more| one| matter)|do(?: not|n['’]t) add|avoid|without(?! changing| touching))"
    rf"\s{{1,8}}(?!\s)(?P<what>.{{2,80}}?){_END}",
    re.IGNORECASE | re.MULTILINE,
)
_ROLES = {
    Role.IMAGE: "the picture to change",
    Role.REFERENCE: "a reference",
    Role.SUBJECT: "a reference for the subject",
    Role.STYLE: "a reference for the style",
    Role.LOGO: "a logo, to be shown as it is",
    Role.BACKGROUND: "a reference for the background",
}


@dataclass(frozen=True, slots=True)
class Input:
    """A picture that goes along: what it is for and how people call it ("v2", "logo.png")."""

    role: Role
    name: str = ""


def brief(
    words: str,
    *,
    kind: Kind,
    strong: bool = False,
    inputs: Sequence[Input] = (),
    avoid: Sequence[str] = (),
    mask: bool = False,
    region: str = "",
    markup: bool = False,
    most: int = 32_000,
) -> str:
    """What is sent. Beyond `most` characters only the least goes."""
    varied = wished(words, kind, strong=strong)
    where = f"the {region}, marked by the mask" if region else "the part marked by the mask" if mask else ""
    lines = list(_lines(varied, kind, inputs, avoid, where, markup))
    whole = "\n".join([varied, "", *lines]) if lines else varied
    return whole if len(whole) <= most else least(words, avoid)


def wished(words: str, kind: Kind, *, strong: bool = False) -> str:
    """What is wished for: the person's words, and for a variation that it is one."""
    if kind is not Kind.VARIATION:
        return words
    return f"{STRONG if strong else VARIATION} {words}"


def least(words: str, avoid: Sequence[str]) -> str:
    """What is sent however long it is: all that the person said, `--no` included."""
    return f"{words}\n\nDo not add: {'; '.join(avoid)}." if avoid else words


def _lines(
    words: str, kind: Kind, inputs: Sequence[Input], avoid: Sequence[str], where: str, markup: bool
) -> Iterator[str]:
    theirs = {found[1].strip().lower() for found in _LABEL.finditer(words)}
    for index, one in enumerate(inputs, start=1):
        name = f" ({shown_name(one.name)})" if shown_name(one.name) else ""
        yield f"Image {index}: {_ROLES.get(one.role, _ROLES[Role.REFERENCE])}{name}."
    if markup:
        yield "The drawing over Image 1 shows what is meant; it is not part of the picture."
    if kind is Kind.EXTEND:
        yield "Change only: the border marked by the mask, which is a blurred stand-in: continue the picture there."
        yield "Preserve: everything outside the mask, without a seam."
    is_edit = kind is Kind.EDIT and any(one.role is Role.IMAGE for one in inputs)
    if is_edit and not theirs & {"change", "change only"}:
        yield f"Change only: {_change(words, where)}"
    if is_edit and not theirs & {"preserve", "keep"}:
        yield f"Preserve: {'; '.join(_kept(words, where))}."
    if theirs & {"do not add", "avoid"}:
        if avoid:
            yield f"Leave out: {'; '.join(avoid)}."
    elif unwanted := list(dict.fromkeys([*avoid, *_found(_ADD_NOTHING, words)])):
        yield f"Do not add: {'; '.join(unwanted)}."
    for text in _copies(words):
        yield f"Text, letter for letter: “{text}”"


def shown_name(name: str) -> str:
    """One line, and short: a file's name is not the place for a prompt of its own."""
    return "".join(letter for letter in name if letter.isprintable())[:60]


def _change(words: str, where: str) -> str:
    """The wish itself where it is one short line."""
    where = f"{where}: " if where else ""
    short = " ".join(words.split())
    return f"{where}{short}" if len(short) <= 300 and "\n" not in words.strip() else f"{where}what is asked for above."


def _kept(words: str, where: str) -> list[str]:
    rest = "everything outside the mask" if where else "everything else in Image 1"
    return [*_found(_KEEP, words), rest]


def _found(pattern: re.Pattern[str], words: str) -> list[str]:
    unquoted = _QUOTED.sub(lambda quoted: "“" + "x" * (len(quoted[0]) - 2) + "”", words)
    spans = [found.span("what") for found in pattern.finditer(unquoted)]
    return list(dict.fromkeys(words[start:end].strip() for start, end in spans))


def _copies(words: str) -> list[str]:
    """The texts in quotation marks: what shall be read in the picture."""
    texts = ("".join(filter(None, found)).strip() for found in _QUOTED.findall(words))
    return list(dict.fromkeys(" ".join(text.split()) for text in texts if text))
