"""N-Quads as columns: terms and lines of text, made for many rows at once; patients and verdicts.

A line is null where one of its terms is; `together` leaves such lines out. What a verdict says in
RDF is stated here alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence

import polars as pl
import pyoxigraph as ox

from kg.guideline import Guideline, Therapy
from kg.keys import ID
from kg.ontology import HCC, RDF
from kg.patients.column_records import CONFLICTS
from kg.rdf.names import LONGEST, PLAIN, segment, verdict_path
from kg.reasoning.coded import LISTS, Coded, answers
from kg.reasoning.intents import INTENTS
from kg.reasoning.results import CODE, STATE_, VERDICT_
from kg.reasoning.verdicts import ELIGIBLES, EXCLUDED, MET, VERDICTS

TYPE = RDF + "type"
_ELIGIBLE = [VERDICTS.index(word) for word in ELIGIBLES]
_PATIENT, _NODE = "patient", "node"
_ROWS = 5_000  # patients whose text is held at once, where their IRIs are short
_USUAL = 80
_ESCAPED = r'["\\\x00-\x1f\x7f]'


def ending(graph: str | None) -> str:
    """Return the end of a line: a quad of a graph, or a triple where there is none."""
    return " .\n" if graph is None else f" <{graph}> .\n"


def segments(identifiers: pl.Series) -> pl.Series:
    """Return identifiers as parts of IRIs; see `kg.rdf.names.segment`."""
    odd = (~identifiers.str.contains(PLAIN) | identifiers.str.contains(r"^\.+$")).arg_true()
    told = pl.Series([segment(text) for text in identifiers.gather(odd)], dtype=pl.String)
    return identifiers.clone().scatter(odd, told) if len(odd) else identifiers


def literals(texts: pl.Series) -> pl.Series:
    """Return texts as plain literals."""
    odd = texts.str.contains(_ESCAPED).arg_true()
    told = pl.Series([str(ox.Literal(text)) for text in texts.gather(odd)], dtype=pl.String)
    quoted = '"' + texts + '"'
    return quoted.scatter(odd, told) if len(odd) else quoted


def line(subject: pl.Expr, predicate: str, value: pl.Expr, end: str) -> pl.Expr:
    """Return one line per row; subject and value are terms."""
    return pl.concat_str([subject, pl.lit(f" <{predicate}> "), value, pl.lit(end)])


def lines(subject: pl.Expr, predicate: str, values: pl.Expr, end: str) -> pl.Expr:
    """Return a line for each term in the list of a row; empty lists should be null."""
    head = pl.concat_str([subject, pl.lit(f" <{predicate}> ")])
    joined = values.list.join(pl.concat_str([pl.lit(end), head]))
    return pl.concat_str([head, joined, pl.lit(end)])


def together(texts: Iterable[pl.Expr]) -> pl.Expr:
    """Return all lines of a row as one text."""
    return pl.concat_str(list(texts), ignore_nulls=True)


def slices(height: int, parts: pl.Series) -> Iterator[slice]:
    """Yield runs of rows whose text fits into memory; `parts` are parts of their IRIs."""
    longest = int(parts.str.len_bytes().max() or 0)  # type: ignore[arg-type]
    rows = max(_ROWS * _USUAL // max(longest, _USUAL), _ROWS * _USUAL // (2 * LONGEST))
    for start in range(0, height, rows):
        yield slice(start, min(start + rows, height))


def patient_terms(identifiers: pl.Series) -> pl.Series:
    """Return the IRIs of patients as terms."""
    return f"<{HCC}patient/" + segments(identifiers) + ">"


def identity_lines(identifiers: pl.Series, graph: str | None) -> pl.Series:
    """Return of each patient that it is one, and its identifier."""
    end, patient = ending(graph), pl.col(_PATIENT)
    frame = pl.DataFrame(
        [patient_terms(identifiers).alias(_PATIENT), literals(identifiers).alias(ID)]
    )
    return frame.select(
        together(
            [
                line(patient, TYPE, _own("Patient"), end),
                line(patient, HCC + ID, pl.col(ID), end),
            ]
        )
    ).to_series()


def verdict_lines(
    guideline: Guideline, therapies: Sequence[str], frame: pl.DataFrame, graph: str | None
) -> pl.Series:
    """Return one text a patient: what a result frame says of it, as N-Quads or N-Triples."""
    end, patient = ending(graph), pl.col(_PATIENT)
    frame = frame.with_columns(
        patient_terms(frame[ID]).alias(_PATIENT),
        _conflicts(frame[CONFLICTS]).alias(CONFLICTS),
    )
    told = [lines(patient, HCC + "conflict", pl.col(CONFLICTS), end)]
    for name in guideline.stages:
        possible = pl.when(pl.col(STATE_ + name) != CODE[EXCLUDED]).then(_own(name))
        told.append(line(patient, HCC + "possibleStage", possible, end))
    for name in guideline.recommendations:
        met = pl.col(STATE_ + name) == CODE[MET]
        told.append(line(patient, HCC + "meetsRecommendation", pl.when(met).then(_own(name)), end))
    first = frame.select(together(told).alias(_PATIENT)).to_series()
    nodes = [
        _therapy_lines(guideline, guideline.therapies[name], told_of, frame, end).alias(name)
        for name, told_of in zip(therapies, answers(guideline, therapies, frame), strict=True)
    ]
    return pl.DataFrame([first, *nodes]).select(together([pl.all()])).to_series()


def _therapy_lines(
    guideline: Guideline, therapy: Therapy, told: dict[str, Coded], frame: pl.DataFrame, end: str
) -> pl.Series:
    """Return the lines of the verdicts on one therapy: the eligible class, and the node."""
    patient, node = pl.col(_PATIENT), pl.col(_NODE)
    path = verdict_path(therapy.id, guideline.qualifier)
    # Of the edition that is meant by default no verdict says so: its graphs stay as they were.
    edition = pl.lit(_term(guideline.source.name) if guideline.qualifier else None)
    terms = [_term(word.title().replace("_", "") + "Verdict") for word in VERDICTS]
    words = Coded(pl.Series(terms), told["verdict"].places)
    named = [word and _term(f"{word.capitalize()}Intent") for word in INTENTS]
    intents = Coded(pl.Series(named), told["intent"].places)
    recorded, lists = [], list(LISTS)
    if "assumed" in told:
        recorded = [Coded(words.table, told["verdict_recorded"].places)]
        lists.append("assumed")
    columns = pl.DataFrame(
        [
            frame[_PATIENT],
            (frame[_PATIENT].str.strip_suffix(">") + path + ">").alias(_NODE),
            frame[VERDICT_ + therapy.id].is_in(_ELIGIBLE).alias("eligible"),
            words.column().alias("verdict"),
            intents.column().alias("intent"),
            *(_terms(told[name]).column().alias(name) for name in lists),
            *(c.column().alias("recorded") for c in recorded),
        ]
    )
    eligible = pl.when(pl.col("eligible")).then(_own(therapy.classes["eligible"]))
    return columns.select(
        together(
            [
                line(patient, TYPE, eligible, end),
                line(node, TYPE, _own("TherapyVerdict"), end),
                line(node, HCC + "verdictOn", patient, end),
                line(node, HCC + "therapy", pl.lit(f"<{therapy.iri}>"), end),
                line(node, HCC + "edition", edition, end),
                line(node, HCC + "verdict", pl.col("verdict"), end),
                line(node, HCC + "intent", pl.col("intent"), end),
                *(lines(node, HCC + name, pl.col(name), end) for name in lists),
                *(line(node, HCC + "verdictRecorded", pl.col("recorded"), end) for _ in recorded),
            ]
        )
    ).to_series()


def _term(name: str) -> str:
    return f"<{HCC}{name}>"


def _own(name: str) -> pl.Expr:
    return pl.lit(_term(name))


def _terms(coded: Coded) -> Coded:
    """Return lists of names as lists of terms, empty ones as null."""
    table = coded.told(coded.table).cast(pl.List(pl.String)).alias("names")
    term = pl.concat_str([pl.lit(f"<{HCC}"), pl.element(), pl.lit(">")])
    named = pl.col("names").list.eval(term)
    some = pl.when(pl.col("names").list.len() > 0).then(named)
    return Coded(table.to_frame().select(some).to_series(), coded.places)


def _conflicts(column: pl.Series) -> pl.Series:
    """Return the messages in the JSON texts of conflicts as lists of terms, none as null."""

    def messages(text: str) -> list[str] | None:
        told = dict.fromkeys(conflict["message"] for conflict in json.loads(text))
        return [str(ox.Literal(message, language="en")) for message in told] or None

    return by_distinct(column, messages, pl.List(pl.String))


def by_distinct(column: pl.Series, make: Callable[[str], object], dtype: pl.DataType) -> pl.Series:
    """Return what is made of each text, each distinct one once; null stays null."""
    distinct = column.unique(maintain_order=True).drop_nulls().alias("text")
    table = pl.DataFrame(
        [distinct, pl.Series("made", [make(text) for text in distinct], dtype=dtype)]
    )
    return column.to_frame("text").join(table, on="text", how="left", maintain_order="left")["made"]
