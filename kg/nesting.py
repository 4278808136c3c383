"""How deep a text nests, found before a parser sees it: some parsers end the process at depth.

Each language has a pattern of its tokens: what opens, what closes, and what has to be passed over
because brackets in it mean nothing (texts, IRIs, comments). Repetition in the patterns is
possessive, so that reading is linear in the length of the text.
"""

from __future__ import annotations

import mmap
import re
from pathlib import Path

from kg.errors import InputError

DEEPEST = 200  # parsers fall at some thousand
_TOLD = f"the text nests too deeply; at most {DEEPEST} levels are read"
_JSON = re.compile(rb'"(?:[^"\\]|\\.)*+"?|(?P<open>[\[{])|(?P<close>[\]}])', re.DOTALL)
_TURTLE = re.compile(
    rb'\\.|"""(?:[^"\\]|\\.|"(?!""))*+(?:""")?|' + rb"'''(?:[^'\\]|\\.|'(?!''))*+(?:''')?|"
    rb'"(?:[^"\\\n\r]|\\.)*+"?|' + rb"'(?:[^'\\\n\r]|\\.)*+'?|"
    rb"<(?!<)[^<>\s]*+>|#[^\n\r]*+|(?P<open><<|[\[({])|(?P<close>>>|[\])}])",
    re.DOTALL,
)
_XML = re.compile(
    rb"<!--(?:[^-]|-(?!->))*+(?:-->)?|<!\[CDATA\[(?:[^]]|\](?!\]>))*+(?:\]\]>)?|"
    rb"<\?(?:[^?]|\?(?!>))*+(?:\?>)?|(?P<close></)|"
    rb"(?P<open><(?![!/?])(?:[^>\"'/]|\"[^\"]*+\"?|'[^']*+'?|/(?!>))*+(?:/>)?)",
)
_LANGUAGES = {
    **dict.fromkeys((".json", ".jsonld"), _JSON),
    **dict.fromkeys((".ttl", ".trig", ".nt", ".nq"), _TURTLE),
    **dict.fromkeys((".rdf", ".owl"), _XML),
}


def check_nesting(path: Path, content: bytes | None = None) -> None:
    """Check that a text nests no deeper than its parser can take, by the ending of its name.

    The text is what the file holds, or `content` where it is in memory.

    Raises:
        InputError: it nests too deeply; the line is told.
    """
    pattern = _LANGUAGES.get(path.suffix.lower())
    if pattern is None:
        return
    line = None
    if content is not None:
        line = _too_deep(pattern, content, path.suffix)
    elif path.is_file() and path.stat().st_size:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        ):
            line = _too_deep(pattern, mapped, path.suffix)
    if line is not None:
        raise InputError(f"{path}, line {line}: {_TOLD}")


def check_turtle(content: bytes) -> None:
    """Check Turtle whose file is told elsewhere, as `check_nesting`."""
    if (line := _too_deep(_TURTLE, content, ".ttl")) is not None:
        raise InputError(f"line {line}: {_TOLD}")


def _too_deep(pattern: re.Pattern[bytes], content: bytes | mmap.mmap, ending: str) -> int | None:
    if ending in (".nt", ".nq") and content.find(b"<<") < 0:
        return None  # millions of lines, in which nothing else nests
    depth = 0
    for token in pattern.finditer(content):
        if token.lastgroup == "open" and not token.group().endswith(b"/>"):
            depth += 1
            if depth > DEEPEST:
                return content[: token.start()].count(b"\n") + 1
        elif token.lastgroup == "close":
            depth = max(depth - 1, 0)
    return None
