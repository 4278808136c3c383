"""One patient on paper: record, verdicts, reasons and places as a page of HTML that prints well.

The page stands alone: it loads nothing, and runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from kg.explanation.answer import headline
from kg.explanation.explanations import (
    CriterionExplanation,
    PatientExplanation,
    TherapyExplanation,
)
from kg.explanation.outline import outline
from kg.explanation.wording import ASSUMED, GRADE, MISSING, MUTED, READING, sourced
from kg.guideline import Guideline
from kg.guideline.taxonomy import families
from kg.patients.records import Record
from kg.reasoning.verdicts import EXCLUDED, MET, VERDICT_SIGNS
from kg.texts import NOTE_ON_USE

_STYLE = """
body { font: 10pt/1.35 system-ui, sans-serif; color: #111; background: #fff;
  max-width: 19cm; margin: 1cm auto; padding: 0 .5cm; overflow-wrap: anywhere; }
h1 { font-size: 15pt; margin: 0 0 .1cm; } h2 { font-size: 11pt; margin: .35cm 0 .1cm; }
p, ul { margin: .1cm 0; } ul { padding-left: .5cm; } .facts { columns: 2; font-size: 9pt; }
table { border-collapse: collapse; width: 100%; font-size: 9pt; }
th, td { text-align: left; vertical-align: top; padding: .06cm .2cm .06cm 0;
  border-bottom: .5pt solid #bbb; }
th, td:not(:last-child) { overflow-wrap: normal; white-space: nowrap; }
.words td:first-child { white-space: normal; min-width: 3.5cm; }
tr { break-inside: avoid; } .place, footer { color: #444; font-size: 8.5pt; }
.note { border: 1pt solid #111; padding: .1cm .2cm; font-weight: 600; }
@page { size: A4; margin: 1.2cm; } @media print { body { margin: 0; max-width: none; padding: 0; } }
"""


def report(
    guideline: Guideline,
    record: Record,
    explanation: PatientExplanation,
    not_understood: Iterable[str] = (),
) -> str:
    """Return the report of a patient as an HTML document; what was not understood is in it too."""
    name = explanation.patient_id or "without identifier"
    body = [
        f"<h1>Patient {escape(name)}</h1>",
        f"<p>{escape(headline(guideline, record))}.</p>",
        _stage(explanation),
        f'<p class="note">{escape(NOTE_ON_USE)}</p>',
        _section("Record", _items(explanation.facts, "facts") or "<p>Nothing is recorded.</p>"),
        _section("Not understood, and treated as unknown", _items(not_understood)),
        _section(ASSUMED, _items(explanation.assumed, "facts")),
        _section("Conflicts in the record", _items(c.message for c in explanation.conflicts)),
        _section("Verdicts", _verdicts(guideline, record, explanation)),
        _section("Criteria behind them", _criteria(explanation.therapies.values())),
        _section("Recommendations that are met", _recommendations(explanation)),
        f"<footer><p>{escape(guideline.source.citation)}</p>"
        f"<p>hcc-kg, ontology version {escape(guideline.version)}. Unknown is not no: "
        "what a verdict says is true for every value of what is unknown, and may be sharpened when "
        "more is known (not indicated to contraindicated); or it is undetermined and names what "
        "is missing.</p></footer>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(name)}: verdicts of the guideline</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(body)}</body></html>"
    )


def _section(heading: str, content: str) -> str:
    return f"<h2>{heading}</h2>{content}" if content else ""


def _stage(explanation: PatientExplanation) -> str:
    if explanation.stage is None:
        return ""
    missing = "; ".join(missing.label for missing in explanation.stage.missing)
    told = f" <i>{MISSING}: {escape(missing)}.</i>" if missing else ""
    return f"<p>Stage: {escape(explanation.stage.text)}.{told}</p>"


def _items(texts: Iterable[str], style: str = "") -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<ul class="{style}">{items}</ul>' if items else ""


def _verdicts(guideline: Guideline, record: Record, explanation: PatientExplanation) -> str:
    rows = [
        _verdict(guideline, record, explanation.therapies[therapy.id])
        for members in families(guideline).values()
        for therapy in members
        if therapy.id in explanation.therapies
    ]
    head = "<tr><th>Therapy</th><th>Verdict</th><th>Reason</th></tr>"
    return f'<table class="words"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'


def _verdict(guideline: Guideline, record: Record, explanation: TherapyExplanation) -> str:
    word, _ = guideline.verdicts[explanation.verdict]
    told = "".join(
        f'<div class="{line.kind}">{f"<i>{line.label}</i>: " if line.label else ""}'
        f"{escape(line.text)}</div>"
        for line in outline(guideline, record, explanation)
    )
    reason = escape(explanation.reason) + told
    sign = VERDICT_SIGNS[explanation.verdict]
    return (
        f"<tr><td>{escape(explanation.label)}</td><td>{sign}&nbsp;{escape(word)}</td>"
        f"<td>{reason}</td></tr>"
    )


def _criteria(explanations: Iterable[TherapyExplanation]) -> str:
    """Return each criterion that is met, or that decides by being excluded, once."""
    told: Mapping[str, CriterionExplanation] = {
        c.id: c
        for explanation in explanations
        for c in explanation.criteria
        if c.state == MET or (c.state == EXCLUDED and c.id in explanation.decisive)
    }
    rows = "".join(
        f"<tr><td>{escape(c.id)}</td><td>{c.state}</td><td>{escape(c.label)}. "
        f"{escape('; '.join(c.facts))}"
        f'<div class="place">{escape(sourced(c.statements, c.paraphrase))}'
        f"{f' {GRADE}: {escape(c.grade)}.' if c.grade else ''}"
        f"{f' {READING}: {escape(c.note)}' if c.note else ''}</div></td></tr>"
        for c in told.values()
    )
    columns = ("Criterion", "State", "Facts, place in the guideline, reading")
    head = f"<tr>{''.join(f'<th>{column}</th>' for column in columns)}</tr>"
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>" if rows else ""


def _recommendations(explanation: PatientExplanation) -> str:
    items = "".join(
        f"<li>{escape(r.id)} ({escape(r.strength)}): {escape(r.advice)} "
        f'<span class="place">{escape(sourced(r.statements, r.paraphrase))}'
        f"{f' {MUTED}' if r.muted else ''}</span></li>"
        for r in explanation.recommendations
        if r.state == MET
    )
    return f"<ul>{items}</ul>" if items else ""
