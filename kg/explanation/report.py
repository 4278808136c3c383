"""One patient on paper: record, verdicts and reasons as HTML that prints on a page or so.

The page stands alone: it loads nothing, and runs nothing. Every reason and place is folded into
its end: it is printed where it was opened before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape

from kg.explanation import wording
from kg.explanation.answer import alike, answer, balance_of, headline, notes
from kg.explanation.explanations import (
    CriterionExplanation,
    PatientExplanation,
    TherapyExplanation,
)
from kg.explanation.outline import Line, of_criterion, of_recommendation, outline
from kg.guideline import INDICATION, PRECONDITION, RELATIVE, Guideline
from kg.patients.records import Record
from kg.reasoning.intents import PALLIATIVE
from kg.reasoning.verdicts import EXCLUDED, MET, VERDICT_SIGNS
from kg.texts import NOTE_ON_USE, capitalised

_STYLE = """
body { font: 8.2pt/1.12 system-ui, sans-serif; color: #111; background: #fff;
  max-width: 19cm; margin: 1cm auto; padding: 0 .5cm; overflow-wrap: anywhere; }
h1 { font-size: 13pt; margin: 0 0 .1cm; } h2 { font-size: 10pt; margin: .15cm 0 .05cm; }
p, ul { margin: .08cm 0; } ul { padding-left: .4cm; } .facts { font-size: 7.5pt; }
table { border-collapse: collapse; width: 100%; font-size: inherit; }
th, td { text-align: left; vertical-align: top; padding: .06cm .2cm .06cm 0;
  border-bottom: .5pt solid #bbb; }
th, td:not(:last-child) { overflow-wrap: normal; white-space: nowrap; }
.words td:first-child { white-space: normal; min-width: 3.5cm; }
.short { table-layout: fixed; } .short td:first-child { white-space: normal; width: 3.9cm; }
.short i { white-space: nowrap; }
tr { break-inside: avoid; } .place, footer { color: #444; font-size: 7.5pt; }
.note { border: 1pt solid #111; padding: .1cm .2cm; font-weight: 600; }
details { margin-top: .4cm; } summary { font-weight: 600; cursor: pointer; }
@page { size: A4; margin: 1cm; }
@media print {
  body { margin: 0; max-width: none; padding: 0; } details:not([open]) { display: none; }
}
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
        f'<p class="place">{_edition(guideline)}; printed {datetime.now().astimezone():%Y-%m-%d}'
        "</p>",
        f"<p>{escape(headline(guideline, record))}.</p>",
        f"<p><b>{escape(answer(guideline, explanation))}</b></p>",
        _stage(explanation),
        f'<p class="note">{escape(NOTE_ON_USE)}</p>',
        _section("Record", _told(explanation.facts) or "<p>Nothing is recorded.</p>"),
        _section("Not understood, and treated as unknown", _items(not_understood)),
        _section(wording.ASSUMED, _told(explanation.assumed)),
        _section("Conflicts in the record", _items(c.message for c in explanation.conflicts)),
        _section("Verdicts", _groups(guideline, explanation)),
        _section("Recommendations that are met", _recommendations(explanation, full=False)),
        f"<footer><p>{escape(guideline.source.citation)}</p>"
        f"<p>hcc-kg, ontology version {escape(guideline.version)}. Unknown is not no: "
        "what a verdict says is true for every value of what is unknown, and may be sharpened when "
        "more is known (not indicated to contraindicated); or it is undetermined and names what "
        "is missing.</p></footer>",
        "<details><summary>Every reason, criterion and place (open it to print it)</summary>",
        _section("Verdicts in full", _verdicts(guideline, record, explanation)),
        _section("Criteria behind them", _criteria(explanation.therapies.values())),
        _section("Recommendations in full", _recommendations(explanation, full=True)),
        "</details>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(name)}: verdicts of the guideline</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(body)}</body></html>"
    )


def _edition(guideline: Guideline) -> str:
    source = guideline.source
    return escape(f"{source.title}, {source.country}, edition of {source.year}")


def _groups(guideline: Guideline, explanation: PatientExplanation) -> str:
    """Return the verdicts in short: therapies with equal reasons together."""
    rows = "".join(
        f"<tr><td>{VERDICT_SIGNS[group[0].verdict]}&nbsp;"
        f"{escape(guideline.verdicts[group[0].verdict][0])}{_recorded(guideline, group[0])}</td>"
        f"<td><b>{escape(', '.join(each.label for each in group))}.</b> "
        f"{_short(guideline, group[0])}</td>"
        "</tr>"
        for group in alike(explanation)
    )
    told = notes([*explanation.therapies.values()])
    noted = "".join(f'<p class="facts"><b>{escape(note)}</b></p>' for note in told)
    return f'<table class="short"><tbody>{rows}</tbody></table>{noted}'


def _short(guideline: Guideline, explanation: TherapyExplanation) -> str:
    """Return the reasons in short: of what is for a therapy the criteria alone."""
    balance, told = balance_of(explanation), dict[str, Sequence[str]]()
    if not balance.against:
        for word, roles in (("For", (INDICATION, PRECONDITION)), ("Caution", (RELATIVE,))):
            told[word] = [c.label for role in roles for c in explanation.of(role, MET)]
    told |= {"Against": balance.against, "Open": balance.open if not balance.against else ()}
    parts = [
        f"<i>{w}:</i> {escape(wording.shortened(texts, 4))}." for w, texts in told.items() if texts
    ]
    if explanation.intent == PALLIATIVE:
        therapy = guideline.therapies[explanation.therapy]
        words = wording.intent_words(guideline, therapy, PALLIATIVE)
        parts.insert(0, f"{escape(capitalised(words))}.")
    return " ".join(parts) or escape(explanation.reason)


def _recorded(guideline: Guideline, explanation: TherapyExplanation) -> str:
    """Return the verdict from the record alone, if it rests on what is assumed."""
    recorded = explanation.verdict_recorded
    if recorded in (None, explanation.verdict):
        return ""
    return f'<div class="place">record alone: {escape(guideline.verdicts[recorded][0])}</div>'


def _section(heading: str, content: str) -> str:
    return f"<h2>{heading}</h2>{content}" if content else ""


def _stage(explanation: PatientExplanation) -> str:
    if explanation.stage is None:
        return ""
    missing = "; ".join(missing.label for missing in explanation.stage.missing)
    told = f" <i>{wording.MISSING}: {escape(missing)}.</i>" if missing else ""
    return f"<p>Stage: {escape(explanation.stage.text)}.{told}</p>"


def _items(texts: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>" if items else ""


def _told(facts: Iterable[str]) -> str:
    told = " · ".join(escape(fact) for fact in facts)
    return f'<p class="facts">{told}</p>' if told else ""


def _verdicts(guideline: Guideline, record: Record, explanation: PatientExplanation) -> str:
    rows = (_verdict(guideline, record, each) for each in explanation.therapies.values())
    head = "<tr><th>Therapy</th><th>Verdict</th><th>Reason</th></tr>"
    return f'<table class="words"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'


def _verdict(guideline: Guideline, record: Record, explanation: TherapyExplanation) -> str:
    word, _ = guideline.verdicts[explanation.verdict]
    reason = escape(explanation.reason) + _lines(outline(guideline, record, explanation))
    sign = VERDICT_SIGNS[explanation.verdict]
    return (
        f"<tr><td>{escape(explanation.label)}</td><td>{sign}&nbsp;{escape(word)}</td>"
        f"<td>{reason}</td></tr>"
    )


def _lines(lines: Iterable[Line]) -> str:
    return "".join(
        f'<div class="{line.kind}">{f"<i>{line.label}</i>: " if line.label else ""}'
        f"{escape(line.text)}</div>"
        for line in lines
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
        f'<div class="place">{_lines(of_criterion(c))}</div></td></tr>'
        for c in told.values()
    )
    columns = ("Criterion", "State", "Facts, place in the guideline, reading")
    head = f"<tr>{''.join(f'<th>{column}</th>' for column in columns)}</tr>"
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>" if rows else ""


def _recommendations(explanation: PatientExplanation, *, full: bool) -> str:
    """Return those that are met; those that are of no use to the patient only in full."""
    items = "".join(
        f"<li>{escape(r.advice)} <b>{escape(capitalised(r.strength))}.</b> "
        f'<span class="place">{escape(r.id)} ({escape(", ".join(r.places))})</span>'
        f"{f'<div class=place>{_lines(of_recommendation(r))}</div>' if full else ''}</li>"
        for r in explanation.recommendations
        if r.state == MET and (full or not r.muted)
    )
    return f"<ul>{items}</ul>" if items else ""
