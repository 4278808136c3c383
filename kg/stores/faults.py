"""Where a query is wrong: the first token that no valid query could have there.

Oxigraph's parser tells the farthest place that any attempt reached, which lies past the fault
by up to the length of a keyword, and lists that keyword. So the fault is looked for:

1. cut the query into tokens;
2. a beginning of it is sound where the parser, given that beginning, blanks, and a character
   that is never valid, complains of nothing before that character;
3. beginnings of sound beginnings are sound, so bisection finds the first token that is not.

Nothing is ever evaluated, as no text of step 2 is a valid query.
"""

from __future__ import annotations

import re
from itertools import pairwise

import pyoxigraph as ox

from kg.errors import QueryError
from kg.rdf.names import PREFIXES
from kg.stores.lexing import Token, position, tokens

_BLANKS = 40  # longer than any keyword
_PROBE = "\n" + " " * _BLANKS + "\x01"
_PLACE = re.compile(r"error at (\d+):(\d+): (?:expected )?(?:one of )?(.*)", re.DOTALL)
_UNDECLARED = "Prefix not found"  # in the words of the parser
_LONGEST = 40
_BASE = "http://localhost/"  # a relative IRI is not a fault where somebody knows its base


def syntax_error(query: str, message: str) -> QueryError:
    """Return the error for a query that Oxigraph refused, from its message."""
    told = _PLACE.match(message)
    if told is None:
        return QueryError(f"the query is not valid SPARQL: {message}")
    reason = _reason(told[3])
    token = first_fault(query)
    if token is None:
        line, column = int(told[1]), int(told[2])
        seen = "the query ends too early" if query.strip() else "the query is empty"
    else:
        line, column = position(query, token.start)
        text = token.text
        seen = f"unexpected {text if len(text) <= _LONGEST else text[:_LONGEST] + '…'!r}"
    if token and (reason == _UNDECLARED or _lacks_prefix(query, token)):
        prefix = token.text.partition(":")[0]
        known = f"PREFIX {prefix}: <{PREFIXES.get(prefix, '...')}>"
        what = f"the prefix {prefix}: of {token.text!r} is not declared; add {known}"
    else:
        what = f"{reason} (at {token.text!r})" if reason and token else reason or seen
    return QueryError(f"line {line}, column {column}: not valid SPARQL: {what}", line, column)


def _lacks_prefix(query: str, name: Token) -> bool:
    """Return whether a token is a name whose prefix the query does not declare."""
    prefix = name.text.partition(":")[0] + ":"
    words = pairwise(token.text for token in tokens(query))
    return name.kind == "name" and not any(
        first.upper() == "PREFIX" and second == prefix for first, second in words
    )


def first_fault(query: str) -> Token | None:
    """Return the first token at which a query is wrong; None where it is at most unfinished."""
    read = list(tokens(query))
    sound, wrong = 0, len(read) + 1  # numbers of tokens; all of them may be sound
    while wrong - sound > 1:
        middle = (sound + wrong) // 2
        if _is_sound(query[: read[middle - 1].end]):
            sound = middle
        else:
            wrong = middle
    return read[sound] if sound < len(read) else None


def _is_sound(beginning: str) -> bool:
    try:
        ox.Store().query(beginning + _PROBE, base_iri=_BASE)
    except SyntaxError as error:
        told = _PLACE.match(str(error))
        reached = (int(told[1]), int(told[2])) if told else (0, 0)
        return reached > (beginning.count("\n") + 2, _BLANKS)
    return False


def _reason(expected: str) -> str:
    """Return what the parser says in words of its own, where it is not a list of tokens."""
    first = expected.split(", [", maxsplit=1)[0].split(", ", maxsplit=1)[0].strip()
    return first if re.fullmatch(r"[A-Z][\w' ]+ [\w' ]+.*", first) else ""
