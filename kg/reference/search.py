"""Search over everything that the guideline is made of.

1. A term is found by its identifier, label, other names, definition and codes, a statement also
   by the names of the therapies that it is about.
2. Each word of the search has to begin a word of the term, in any order. Words that mean the
   same (`hcc:sameWords`), a plural in "s", and American spelling, count as one.
3. What is in an identifier or a name comes before what is in a text. For a word that begins none,
   the words spelt alike are offered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pyoxigraph as ox

from kg.guideline import Guideline
from kg.guideline.taxonomy import every_therapy
from kg.ontology import ALT_LABEL, HCC, HIDDEN_LABEL
from kg.texts import alike

SORTS = ("therapy", "criterion", "recommendation", "variable", "statement")
_SPELLING = (  # as the British spelling of the ontology has it
    (re.compile(r"tumor"), "tumour"),
    (re.compile(r"hemorrhag"), "haemorrhag"),
    (re.compile(r"(?<=emboli)z"), "s"),
    (re.compile(r"(?<=li)z(?=e|ing|ation)"), "s"),
    (re.compile(r"^leukocyt"), "leucocyt"),
    (re.compile(r"^esophag"), "oesophag"),
    (re.compile(r"edema"), "oedema"),
    (re.compile(r"anemi"), "anaemi"),
    (re.compile(r"center"), "centre"),
    (re.compile(r"fiber"), "fibre"),
)
_LONG = 4  # letters of a word that may have a plural
_SAME_WORDS = HCC + "sameWords"
_WORD = re.compile(r"[^\W_]+(?:[.'][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Hit:
    """A term that was found: its sort, identifier and label, and the text that says more."""

    sort: str
    id: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a search, the best first; `instead` are searches that may have been meant."""

    hits: tuple[Hit, ...]
    instead: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    hit: Hit
    names: frozenset[str]
    words: frozenset[str]


def search(guideline: Guideline, text: str, codes: Mapping[str, str] | None = None) -> Found:
    """Return what holds all words of a text; `codes` are those of a term, by its identifier."""
    asked = [normal(word) for word in _WORD.findall(text)]
    if not asked:
        return Found((), ())
    entries, known = _index(guideline), _synonyms(guideline)
    coded = {name: frozenset(map(normal, _WORD.findall(c))) for name, c in (codes or {}).items()}
    ways = [_forms(known, word) for word in asked]
    ranked = []
    for place, entry in enumerate(entries):
        names = entry.names | coded.get(entry.hit.id, frozenset())
        every = names | entry.words
        if all(_begins(way, every) for way in ways):
            exact = text.strip().casefold() in (entry.hit.id.casefold(), entry.hit.label.casefold())
            of_names = sum(_begins(way, names) for way in ways)
            ranked.append((not exact, -of_names, SORTS.index(entry.hit.sort), place, entry.hit))
    hits = tuple(each[-1] for each in sorted(ranked, key=lambda each: each[:-1]))
    return Found(hits, () if hits else _instead(entries, text, ways))


def every_hit(guideline: Guideline) -> dict[str, Hit]:
    """Return every term as a hit, by its identifier."""
    return {entry.hit.id: entry.hit for entry in _index(guideline)}


def normal(word: str) -> str:
    """Return a word without case, accents and spelling that make no difference."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    plain = "".join(c for c in parts if not unicodedata.combining(c))
    for pattern, instead in _SPELLING:
        plain = pattern.sub(instead, plain)
    return plain


def highlights(guideline: Guideline, asked: str, text: str) -> list[tuple[str, bool]]:
    """Return a text in pieces, each with whether it is a word that was sought."""
    known = _synonyms(guideline)
    wanted = {way for w in map(normal, _WORD.findall(asked)) for way in _forms(known, w)}
    pieces, end = [], 0
    for match in _WORD.finditer(text):
        if any(normal(match[0]).startswith(way) for way in wanted):
            pieces += [(text[end : match.start()], False), (match[0], True)]
            end = match.end()
    return [piece for piece in (*pieces, (text[end:], False)) if piece[0]]


def _forms(known: Mapping[str, frozenset[str]], word: str) -> frozenset[str]:
    """Return a word, those that mean the same, and what it is the plural of."""
    one = word.removesuffix("s")
    forms = {word, one} if len(one) >= _LONG and one[-1] not in "siu" else {word}
    return frozenset(form for each in forms for form in {each, *known.get(each, ())})


def _begins(ways: Iterable[str], words: frozenset[str]) -> bool:
    return any(word.startswith(way) for way in ways for word in words)


def _instead(entries: Iterable[_Entry], text: str, ways: list[frozenset[str]]) -> tuple[str, ...]:
    """Return the text with words spelt alike in place of those that begin no word."""
    vocabulary = frozenset(word for entry in entries for word in entry.names | entry.words)
    found = [text]
    for word, way in zip(_WORD.findall(text), ways, strict=True):
        if not _begins(way, vocabulary):
            near = alike(normal(word), vocabulary, 3, 0.7)
            found = [each.replace(word, other) for each in found for other in near]
    return tuple(dict.fromkeys(each for each in found if each != text))[:5]


@lru_cache(maxsize=4)
def _synonyms(guideline: Guideline) -> Mapping[str, frozenset[str]]:
    """Return the words that mean the same as a word."""
    found: dict[str, frozenset[str]] = {}
    for node in guideline.ontology.of_type("http://www.w3.org/2002/07/owl#Ontology"):
        for ring in guideline.ontology.texts(node, _SAME_WORDS):
            words = frozenset(map(normal, _WORD.findall(ring)))
            found |= {word: words | found.get(word, frozenset()) for word in words}
    return found


@lru_cache(maxsize=4)
def _index(guideline: Guideline) -> tuple[_Entry, ...]:
    g = guideline
    therapies = every_therapy(g)
    called = {name: (t.label, *t.alt_labels) for name, t in therapies.items()}
    about = {each.id: each.concerns for each in g.recommendations.values()}
    about |= {each.id: each.therapies for each in g.statements.values()}
    hits = [Hit("therapy", n, t.label, t.definition) for n, t in therapies.items()]
    classes = ({**g.stages, **g.criteria, **g.definitions}, g.responses)
    hits += [Hit("criterion", c.id, c.label, c.definition) for k in classes for c in k.values()]
    hits += [Hit("recommendation", r.id, r.label, r.advice) for r in g.recommendations.values()]
    used = [v for name, v in g.variables.items() if name in g.used]
    hits += [Hit("variable", v.name, v.label, v.definition) for v in used]
    hits += [
        Hit("statement", s.id, f"{s.section}: {g.kinds[s.kind]}", s.paraphrase)
        for s in g.statements.values()
    ]
    values = {v.name: [value.label for value in v.values] for v in used}
    return tuple(
        _Entry(
            hit,
            _words([hit.id, hit.label, *_names(g, hit), *values.get(hit.id, ())]),
            _words([hit.text, *(n for t in about.get(hit.id, ()) for n in called[t])]),
        )
        for hit in hits
    )


def _names(guideline: Guideline, hit: Hit) -> list[str]:
    """Return the other names of a term, those that are not shown too."""
    therapy = every_therapy(guideline).get(hit.id)
    node = ox.NamedNode(therapy.iri if therapy else HCC + hit.id)
    return [t for p in (ALT_LABEL, HIDDEN_LABEL) for t in guideline.ontology.texts(node, p)]


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(normal(w) for text in texts for w in (text, *_WORD.findall(text)))
