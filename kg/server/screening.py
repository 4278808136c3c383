"""What is refused before a query is evaluated: updates, federation, foreign datasets, deep nesting.

1. The query is read twice: as it stands, and with its escapes replaced. Parsers differ in when
   they replace them; what either reading shows is refused.
2. Strings, IRIs and comments are passed over, so that they may contain any word.
3. A word is refused where it contains SERVICE, LOAD or FROM, because the parser has no word
   boundaries. FROM may name graphs that the store holds: nothing is ever fetched for them.
4. Where one of those words is in the text and a `<` can be read in two ways, the query is refused
   as doubtful. The process that evaluates it could open no socket and no file anyway.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import urljoin

from kg.stores.lexing import FORMS, UPDATES, Token, decoded, tokens


class RefusedError(Exception):
    """A request that is not carried out, with the HTTP status and the words to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


MAX_DEPTH = 100
_REFUSED = re.compile("SERVICE|LOAD|FROM", re.IGNORECASE)
_OPENING, _CLOSING = "{[(", "}])"
_READ_ONLY = "this endpoint is read-only: {} is refused"
_SERVICE = "SERVICE is refused: this endpoint asks no other; send it the inner query yourself"
_FOREIGN = (
    "{} is refused: this endpoint fetches nothing, and a dataset may only name the graphs that it "
    "holds; ask for them by SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}"
)


def screen(query: str, graphs: Collection[str]) -> bool:
    """Pass a query, and tell whether it names its dataset; `graphs` are those that FROM may name.

    Raises:
        RefusedError: with 400 for nesting and doubtful text, with 403 for a refused feature.
    """
    plain = decoded(query)
    risky = bool(_REFUSED.search(query) or _REFUSED.search(plain))
    has_dataset = False
    for text in dict.fromkeys((query, plain)):
        read = list(tokens(text))
        _check_depth(read)
        if risky:
            _check_doubt(read)
            has_dataset |= _check_words(read, graphs)
        _check_updates(read)
    return has_dataset


def _check_depth(read: list[Token]) -> None:
    depth = 0
    for token in read:
        if token.kind == "sign":
            depth += _OPENING.count(token.text[0]) - _CLOSING.count(token.text[-1])
            depth += token.text.startswith("<<") - token.text.endswith(">>")
        if depth > MAX_DEPTH:
            message = f"the query nests brackets deeper than {MAX_DEPTH}; write it flatter"
            raise RefusedError(400, message)


def _check_doubt(read: list[Token]) -> None:
    for token in read:
        if token.doubtful:
            raise RefusedError(
                400,
                f"{token.text[:60]} can be read as an IRI or as a comparison; "
                "write the IRI in full or with a prefix, or put a space after <",
            )


def _check_updates(read: list[Token]) -> None:
    """Refuse a text that is an update: the verb comes before any bracket."""
    for token in read:
        if token.text == "{" or token.text.upper() in FORMS:
            return
        if token.kind == "word" and token.text.upper() in UPDATES:
            raise RefusedError(403, _READ_ONLY.format(token.text.upper()))


def _check_words(read: list[Token], graphs: Collection[str]) -> bool:
    """Refuse SERVICE, LOAD and foreign graphs; return whether the query names its dataset."""
    has_dataset = False
    prefixes = _prefixes(read)
    outside = True  # of any braces
    for place, token in enumerate(read):
        following = read[place + 1 : place + 3]
        outside = outside and token.text != "{"
        if token.kind == "name":
            declared = place > 0 and read[place - 1].text.upper().endswith("PREFIX")
            _check_name(token, following, outside and not declared)
        word = token.text.upper() if token.kind == "word" else ""
        if "SERVICE" in word:
            raise RefusedError(403, _SERVICE)
        if "LOAD" in word:
            raise RefusedError(403, _READ_ONLY.format("LOAD"))
        if "FROM" in word:
            _check_source(word, following, prefixes, graphs)
            has_dataset = True
    return has_dataset


def _check_name(token: Token, following: list[Token], could_be_dataset: bool) -> None:
    """Refuse a prefixed name that the parser could take apart: SERVICEex:a {, FROMex:g."""
    prefix = token.text.partition(":")[0].upper()
    if "SERVICE" in prefix and following and following[0].text == "{":
        raise RefusedError(403, _SERVICE)
    if "FROM" in prefix and could_be_dataset:
        raise RefusedError(403, _FOREIGN.format(token.text))


def _check_source(
    word: str, following: list[Token], prefixes: Mapping[str, str], graphs: Collection[str]
) -> None:
    """Refuse FROM or FROM NAMED where what it names is not a graph that the store holds."""
    named = word == "FROM" and following and following[0].text.upper() == "NAMED"
    source = following[1 if named else 0 :][:1]
    name = _resolved(source[0], prefixes) if source and word in ("FROM", "FROMNAMED") else None
    if name is None or name not in graphs:
        shown = source[0].text if source else ""
        raise RefusedError(403, _FOREIGN.format(f"{word}{' NAMED' if named else ''} {shown}"))


def _prefixes(read: list[Token]) -> dict[str, str]:
    """Return the prefixes that the query declares; the base is under None's stand-in, `base`."""
    found: dict[str, str] = {}
    for first, second, third in zip(read, read[1:], [*read[2:], Token("sign", "")], strict=False):
        if first.text.upper() == "BASE" and second.kind == "iri":
            found["base"] = urljoin(found.get("base", ""), second.text[1:-1])
        if first.text.upper() == "PREFIX" and second.kind == "name" and third.kind == "iri":
            found[second.text] = urljoin(found.get("base", ""), third.text[1:-1])
    return found


def _resolved(token: Token, prefixes: Mapping[str, str]) -> str | None:
    if token.kind == "iri":
        return urljoin(prefixes.get("base", ""), token.text[1:-1])
    prefix, colon, local = token.text.partition(":")
    if token.kind != "name" or prefix + colon not in prefixes:
        return None
    return prefixes[prefix + colon] + local
