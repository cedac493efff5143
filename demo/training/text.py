"""The training text: the World English Bible as plain ASCII, from Debian's package sword-text-web.

Paragraphs and lines of poetry each end with a newline; headings, verse numbers, notes and cross-references are left out.
"""

import re
import subprocess

SOURCE = (
    "The World English Bible with Deuterocanon, public domain, from the Debian package sword-text-web; "
    "markup, headings and notes removed, punctuation made ASCII."
)

MODULE = "engWEB2015eb"

# A run of neighbouring books with both narrative and letters, none of which retells another book.
# The very end of the text, short letters and the Revelation, is less like the rest.
HELD_OUT_BOOKS = ("Acts", "Romans", "I Corinthians")

# Elements whose content is not the running text. The glossary follows the end of the last book.
ASIDES = re.compile(r"<(note|title|speaker)\b.*?</\1>|<div [^>]*eID=[^>]*type=\"book\".*", re.DOTALL)
LINE_ENDS = re.compile(r'<lg? eID[^>]*>|<div eID="[^"]*" type="x-p"/>|<lb [^>]*>')
TAGS = re.compile(r"<[^>]*>")

# Brackets mark doubtful passages, a handful in all: too few to learn.
TO_ASCII = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "--", "…": "...", "\u00a0": " ", "[": "", "]": ""}
)


def read_text() -> tuple[str, str]:
    """Returns the text to train on and the held-out text."""
    books: dict[str, list[str]] = {}
    entries = subprocess.run(["mod2imp", MODULE], check=True, capture_output=True, encoding="utf-8").stdout
    for entry in entries.split("$$$")[1:]:
        key, _, osis = entry.partition("\n")
        place = re.fullmatch(r"(.+) \d+:[1-9]\d*", key)  # chapter 0 and verse 0 hold headings and introductions
        if place:
            books.setdefault(place[1], []).append(plain(osis.strip()))
    train = "".join(join_verses(verses) for book, verses in books.items() if book not in HELD_OUT_BOOKS)
    held_out = "".join(join_verses(books[book]) for book in HELD_OUT_BOOKS)
    return train, held_out


def plain(osis: str) -> str:
    """Returns one verse of OSIS markup as ASCII."""
    # A note stands for a space: the module has none after it, as in `God<note>...</note><w>created</w>`.
    text = ASIDES.sub(" ", osis)
    text = LINE_ENDS.sub("\n", text)
    text = TAGS.sub("", text).translate(TO_ASCII)
    return re.sub(r"[^\x20-\x7e\n]", "", text)


def join_verses(verses: list[str]) -> str:
    """Returns a book as lines, each ended by a newline, none blank."""
    text = re.sub(r"[ \t]+", " ", " ".join(verses))
    text = re.sub(r" ([,.;:!?)])", r"\1", text)
    lines = (line.strip() for line in text.split("\n"))
    return "".join(line + "\n" for line in lines if line)
