"""Letters that look like Latin ones, for comparing words: nobody is shown them."""

from __future__ import annotations

# By the letter they look like. From Unicode Technical Standard #39 (confusables), as far as one letter stands for
# one, in their folded form; with the barred, hooked and boxed letters that it keeps apart.
_LOOK_LIKE = {
    "a": "ᴀɑαаᎪᗅ⍺ⱥꓮ\U000102a0\U00016f40\U0001f150\U0001f170\U0001f1e6",
    "b": "ʙƀƅɓβбвьᏏᏴᑲᖯᗷꓐꞵ\U00010282\U000102a1\U00010301\U0001f151\U0001f171\U0001f1e7",
    "c": "ƈȼсᏟᴄⲥꓚ\U000102a2\U00010302\U0001043d\U0001051c\U0001f152\U0001f172\U0001f1e8\U0001f74c",
    "d": "ᴅđɗԁᎠᏧᑯᗞᗪꓒꓓ\U0001f153\U0001f173\U0001f1e9",
    "e": "ᴇɇəɛεеєҽᎬ℮ⴹꓰꬲ\U00010286\U000118c6\U000118ce\U0001f154\U0001f174\U0001f1ea",
    "f": "ꜰƒϝքᖴẝꓝꞙꬵ\U00010287\U000102a5\U00010525\U000118c2\U0001d213\U0001f155\U0001f175\U0001f1eb",
    "g": "ɢƍǥɠɡԍցᏀᏳᶃꓖ\U0001f156\U0001f176\U0001f1ec",
    "h": "ʜħηнһհᎻᏂᕼⲏꓧ\U000102cf\U0001f157\U0001f177\U0001f1ed",
    "i": "ıɨɩɪιіӏᎥ⍳ꙇ\U000118c3\U0001f158\U0001f178\U0001f1ee",
    "j": "ᴊɉʝϳјᎫᒍꓙ\U0001f159\U0001f179\U0001f1ef",
    "k": "ᴋƙκкᏦᛕⲕꓗꝁ\U00010518\U0001f15a\U0001f17a\U0001f1f0",
    "l": (
        "ʟłǀᏞᒪᛁ⏽ⲓⳑⵏꓡꓲ\U0001028a\U00010309\U00010443\U00010526\U000118d2\U00016f16\U00016f28\U0001d22a"
        "\U0001f15b\U0001f17b\U0001f1f1"
    ),
    "m": "ᴍɱμϻмᎷᗰᛖⲙꓟ\U000102b0\U00010311\U0001f15c\U0001f17c\U0001f1f2",
    "n": "ɴŋƞɲոռⲛꓠ\U00010513\U0001f15d\U0001f17d\U0001f1f3",
    "o": (
        "øοσоօଠഠဝჿዐᴏᴑⲟⵔꓳꬽ\U00010292\U000102ab\U0001042c\U000104ea\U00010516\U000118c8\U000118d5\U000118d7"
        "\U0001f15e\U0001f17e\U0001f1f4"
    ),
    "p": "ᴘƥρрᏢᑭ⍴ⲣꓑ\U00010295\U0001f15f\U0001f17f\U0001f1f5",
    "q": "ʠԛգզⵕ\U0001f160\U0001f180\U0001f1f6",
    "r": "ɍʀгᎡᎱᏒᖇᴦⲅꓣꭇꭈ\U000104dc\U00016f35\U0001d216\U0001f161\U0001f181\U0001f1f7",
    "s": "ƽѕտᏕᏚꓢꜱ\U00010296\U00010448\U000118c1\U00016f3a\U0001f162\U0001f182\U0001f1f8",
    "t": "ᴛŧƭτтᎢⲧꓔ\U00010297\U000102b1\U00010315\U00016f0a\U0001f163\U0001f183\U0001f1f9\U0001f768",
    "u": "ʉʋυսሀᑌᴜꓴꞟꭎꭒ\U000104f6\U000118d8\U00016f42\U0001f164\U0001f184\U0001f1fa",
    "v": "νѵᏙᐯᴠⴸꓦꛟ\U0001051d\U00011706\U000118c0\U00016f08\U0001d20d\U0001f165\U0001f185\U0001f1fb",
    "w": "ɯωѡԝաᎳᏔᴡⱳꓪ\U0001170a\U0001170e\U0001170f\U0001f166\U0001f186\U0001f1fc",
    "x": "χхᕁᕽ᙭ᚷⲭⵝꓫꭓ\U00010290\U000102b4\U00010317\U00010527\U0001f167\U0001f187\U0001f1fd",
    "y": "ƴɏɣʏγуүყᎩᎽᶌỿⲩꓬꭚ\U000102b2\U000118dc\U00016f43\U0001f168\U0001f188\U0001f1fe",
    "z": "ƶȥζᏃᴢꓜ\U000118c4\U000118c9\U0001f169\U0001f189\U0001f1ff",
}

LOOK_ALIKES = str.maketrans({look: letter for letter, looks in _LOOK_LIKE.items() for look in looks})
"""For `str.translate`, on folded text."""

LOOK_CYRILLIC = str.maketrans(
    {"a": "а", "b": "в", "c": "с", "e": "е", "h": "н", "i": "і", "j": "ј", "k": "к", "m": "м", "o": "о", "p": "р",
     "r": "г", "s": "ѕ", "t": "т", "u": "и", "x": "х", "y": "у", "n": "п", "ο": "о", "α": "а", "ρ": "р", "υ": "у"}
)  # fmt: skip
"""The other way: for Russian words that are written with Latin letters in between."""
