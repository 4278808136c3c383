"""Answers about one therapy, as words and lists of words, for all rows of a result frame.

What many rows share is made once: a column is a table of distinct values, and the place in it of
each row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import polars as pl

from kg.errors import OntologyError
from kg.guideline import Guideline, Therapy
from kg.reasoning.intents import INTENTS
from kg.reasoning.logic import logic_of
from kg.reasoning.results import (
    ASSUMED_,
    CODE,
    INTENT_,
    MISSING_,
    STATE_,
    VERDICT_,
    VERDICT_RECORDED_,
    flags,
    packed,
    unpack,
)
from kg.reasoning.verdicts import (
    MET,
    UNDETERMINED,
    UNKNOWN,
    VERDICTS,
    WITH_OPEN_CAUTIONS,
    variables_of_criteria,
)

_BITS = 64
_ASCII = 128  # characters of one byte
_GROUP, _FEW = 10, 500

LISTS = ("met", "missing", "unchecked")


@dataclass(frozen=True)
class Coded:
    """A column as numbers of rows of a table of its distinct values.

    Where it is of lists of `words`, the table has texts in which each character is the number of
    a word: texts are put together and looked up several times faster than lists.
    """

    table: pl.Series
    places: pl.Series
    words: pl.Enum | None = None

    def column(self) -> pl.Series:
        """Return the values themselves."""
        return self.told(self.table.gather(self.places))

    def told(self, values: pl.Series) -> pl.Series:
        """Return what some values of the table stand for."""
        if self.words is None:
            return values
        if len(self.words.categories) <= _ASCII:
            lists, number = values.cast(pl.Binary).cast(pl.List(pl.UInt8)), pl.element()
        else:  # more bytes than one a character: slower
            signs = pl.Enum([chr(i) for i in range(len(self.words.categories))])
            lists, number = values.str.split(""), pl.element().cast(signs).to_physical()
        named = pl.col("lists").list.eval(number.cat.to(self.words))
        return lists.to_frame("lists").select(named).to_series()

    def joined(self, separator: str) -> Coded:
        """Return lists of words as texts."""
        lists = self.told(self.table).cast(pl.List(pl.String))
        return Coded(lists.list.join(separator), self.places)


def answers(
    guideline: Guideline, therapies: Iterable[str], frame: pl.DataFrame
) -> list[dict[str, Coded]]:
    """Return the answers about each of some therapies, in the order of a result frame.

    The columns are verdict and intent (words; no intent is null), and met, missing and unchecked
    (lists of words, sorted). Under assumptions they are verdict_recorded and assumed besides.
    Words are of enumerated types, which are written and looked up faster than texts.
    """
    named = [guideline.therapies[name] for name in therapies]
    recorded = any(name.startswith(VERDICT_RECORDED_) for name in frame.columns)
    made = {name.removeprefix(ASSUMED_) for name in frame.columns if name.startswith(ASSUMED_)}
    own = [
        tuple(v for v in variables_of_criteria(guideline, therapy.id) if v in made)
        for therapy in named
    ]
    with ThreadPoolExecutor() as pool:  # Polars lets go of the interpreter while it works
        # Many therapies ask for the same variables: what was assumed of them is one column.
        asked = set(own) if recorded else ()
        assumed = {names: pool.submit(_assumed, guideline, names, frame) for names in asked}
        told = list(pool.map(lambda therapy: _answers(guideline, therapy, frame), named))
    if not recorded:
        return told
    return [one | {"assumed": assumed[n].result()} for one, n in zip(told, own, strict=True)]


def _answers(guideline: Guideline, therapy: Therapy, frame: pl.DataFrame) -> dict[str, Coded]:
    verdict = pl.col(VERDICT_ + therapy.id)
    undetermined = verdict == VERDICTS.index(UNDETERMINED)
    cautious = verdict.is_in([VERDICTS.index(name) for name in WITH_OPEN_CAUTIONS])
    none = pl.lit(0, pl.UInt64)
    names = {
        "met": sorted(therapy.criteria),
        "missing": logic_of(guideline).answer_variables(therapy),
        "unchecked": sorted(therapy.relative),
    }
    sets = frame.select(
        _bits(names["met"], CODE[MET]).alias("met"),
        pl.when(undetermined).then(pl.col(MISSING_ + therapy.id)).otherwise(none).alias("missing"),
        pl.when(cautious)
        .then(_bits(names["unchecked"], CODE[UNKNOWN]))
        .otherwise(none)
        .alias("unchecked"),
    )
    types = list_types(guideline)
    words = {
        "verdict": (VERDICT_, pl.Series(VERDICTS, dtype=pl.Enum(VERDICTS))),
        "intent": (INTENT_, pl.Series(INTENTS, dtype=pl.Enum(INTENTS[1:]))),
        "verdict_recorded": (VERDICT_RECORDED_, pl.Series(VERDICTS, dtype=pl.Enum(VERDICTS))),
    }
    return {
        **{
            key: Coded(table, frame[prefix + therapy.id].cast(pl.UInt32))
            for key, (prefix, table) in words.items()
            if prefix + therapy.id in frame.columns
        },
        **{key: _lists(tuple(names[key]), sets[key], types[key]) for key in LISTS},
    }


def _assumed(guideline: Guideline, names: tuple[str, ...], frame: pl.DataFrame) -> Coded:
    """Return which of some variables were assumed, as lists."""
    return _lists(names, frame.select(flags(names)).to_series(), list_types(guideline)["missing"])


def list_types(guideline: Guideline) -> dict[str, pl.Enum]:
    """Return the type of the words in each list of answers."""
    criteria = pl.Enum(list(guideline.criteria))
    return {"met": criteria, "missing": pl.Enum(list(guideline.variables)), "unchecked": criteria}


def interleaved(columns: Sequence[Coded]) -> pl.Series:
    """Return columns of equal length as one: the first row of each, then the second of each."""
    tables = [column.table for column in columns]
    offsets = accumulate(map(len, tables), initial=0)
    places = pl.DataFrame(
        (column.places.cast(pl.UInt32) + offset).alias(str(i))
        for i, (column, offset) in enumerate(zip(columns, offsets, strict=False))
    ).select(pl.concat_arr(pl.all()).explode())
    return columns[0].told(pl.concat(tables, rechunk=True).gather(places.to_series()))


def _lists(names: tuple[str, ...], sets: pl.Series, words: pl.Enum) -> Coded:
    """Return sets of names, one bit a name, as lists; each distinct set is made once.

    Sets of few names are looked up in a table of all sets. Of many names, a set is cut into groups
    of few bits, each looked up in such a table.
    """
    if sets.max() == 0:
        return Coded(pl.Series([""]), sets.cast(pl.UInt32), words)
    if len(names) <= _GROUP and len(sets) > _FEW:
        return Coded(_tables(names, words)[0], sets.cast(pl.UInt32), words)
    distinct = sets.unique().alias("set")
    if len(distinct) <= _FEW:
        signs = _signs(names, words)
        texts = pl.Series(["".join(unpack(signs, bits)) for bits in distinct])
    else:
        parts = [
            table.gather(distinct // (1 << i * _GROUP) % (1 << _GROUP)).alias(str(i))
            for i, table in enumerate(_tables(names, words))
        ]
        texts = pl.DataFrame(parts).select(pl.concat_str(pl.all())).to_series()
    places = sets.to_frame("set").join(
        distinct.to_frame().with_row_index("place"), on="set", how="left", maintain_order="left"
    )
    return Coded(texts, places["place"], words)


@lru_cache(maxsize=256)
def _tables(names: tuple[str, ...], words: pl.Enum) -> list[pl.Series]:
    """Return for each group of names the lists of all its sets, in the signs of `Coded`."""
    tables, signs = [], _signs(names, words)
    for first in range(0, max(len(names), 1), _GROUP):
        texts = [""]
        for sign in signs[first : first + _GROUP]:
            texts += [text + sign for text in texts]
        tables.append(pl.Series(texts))
    return tables


def _signs(names: Sequence[str], words: pl.Enum) -> list[str]:
    """Return the characters that stand for names: those of their numbers."""
    number = {word: chr(i) for i, word in enumerate(words.categories)}
    return [number[name] for name in names]


def _bits(names: Sequence[str], code: int) -> pl.Expr:
    """Return which of some classes are in a state, one bit a class."""
    if len(names) > _BITS:
        raise OntologyError(f"a therapy has {len(names)} criteria; the limit here is {_BITS}")
    return packed([pl.col(STATE_ + name) == code for name in names])
