"""Folds names that a reader takes for one another: other forms of a letter, invisible characters, look-alike alphabets.

After Unicode's "skeleton" (UTS 39, section 4). Of its table of confusables, only the letters of other alphabets that
look like a Latin letter or a digit are here: those with which a second ``deployment.yaml`` is made.
"""

import unicodedata

_CYRILLIC = dict(zip("авекмнорстухѕіјԁһԛԝґ", "abekmhopctyxsijdhqwr", strict=True))
_GREEK = dict(zip("αβγεικνορτυχϲϳ", "abyeikvoptuxcj", strict=True))
_OTHERS = dict(zip("ıȷɡɑɩℓ՝օսհոԛցյᴄᴏᴠᴡᴢ", "ijgailʼouhnqgjcovwz", strict=True))
_LETTERS = str.maketrans(_CYRILLIC | _GREEK | _OTHERS)
_INVISIBLE = ("Cf", "Mn", "Me")
"""Categories: formats such as a zero-width joiner, and marks on letters."""


def skeleton(text: str) -> str:
    r"""Equal for texts that look alike, and for those that differ only by case. Of ASCII, only the case counts.

    >>> skeleton("depl\\u043eyment.yaml"), skeleton("De\\u200bployment.yaml"), skeleton("\\uff44eployment.yaml")
    ('deployment.yaml', 'deployment.yaml', 'deployment.yaml')
    """
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(character for character in plain if unicodedata.category(character) not in _INVISIBLE)
    return unicodedata.normalize("NFKD", kept.casefold()).translate(_LETTERS)
