"""CDS Hooks: one service for the hook `patient-view`, as the standard (version 2.0) has it.

A card says what the guideline says of the patient whose record is open, from what the client sent
along (`prefetch`); nothing is fetched. A patient without a diagnosis of the liver tumour gets no
card. What was sent, what was not, and what was not understood stands in the card.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from kg.engines.registry import engine_of
from kg.explanation.answer import answer, headline
from kg.explanation.explanations import PatientExplanation
from kg.explanation.reasons import explain
from kg.guideline import Guideline
from kg.keys import ID, SOURCES
from kg.patients.given import record_of
from kg.sources.draft import ImportedDraft, draft_of_resources
from kg.sources.elements import Resource
from kg.sources.files import decoded
from kg.sources.rules import Rules
from kg.texts import NOTE_ON_USE

SERVICE = "hcc-kg"
HOOK = "patient-view"
_SUMMARY = 140  # characters: it has to stay below
_NEEDED = "conditions"
_UNSAFE = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>()#+!|~"})


class CdsError(Exception):
    """A request that is refused; `status` is that of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


def discovery(guideline: Guideline, rules: Rules) -> dict[str, Any]:
    """Return what the discovery endpoint answers: the service, and what it wants sent along."""
    loinc = sorted({code for system, code in rules.codes if system == "http://loinc.org"})
    patient = "{{context.patientId}}"
    return {
        "services": [
            {
                "id": SERVICE,
                "hook": HOOK,
                "title": guideline.source.title,
                "description": f"Eligibility for therapies of liver cancer. {NOTE_ON_USE}",
                "prefetch": {
                    "patient": f"Patient/{patient}",
                    _NEEDED: f"Condition?patient={patient}",
                    "observations": f"Observation?patient={patient}&code={','.join(loinc)}"
                    "&_sort=-date",
                    "sites": f"BodyStructure?patient={patient}",
                },
                "usageRequirements": "Nothing is fetched: what is not sent along stays unknown.",
            }
        ]
    }


def respond(guideline: Guideline, rules: Rules, body: bytes, today: date) -> dict[str, Any]:
    """Return the cards on a request.

    Raises:
        CdsError: the request is none of the standard, or lacks what the service needs.
    """
    request = decoded(body, "the request")
    if not isinstance(request, dict):
        raise CdsError(400, request if isinstance(request, str) else "the request is no object")
    if request.get("hook") != HOOK:
        raise CdsError(400, f"the hook {request.get('hook')!r} is not served; use {HOOK}")
    context = request.get("context")
    patient = context.get("patientId") if isinstance(context, dict) else None
    if not isinstance(patient, str) or not request.get("hookInstance"):
        raise CdsError(400, "the request lacks hookInstance or context.patientId")
    sent = request.get("prefetch")
    sent = sent if isinstance(sent, dict) else {}
    states = {name: _state(sent, name) for name in ("patient", _NEEDED, "observations", "sites")}
    if states[_NEEDED] in ("not sent", "failed"):
        how = "failed" if states[_NEEDED] == "failed" else "was not sent"
        raise CdsError(412, f"the prefetch {_NEEDED!r} {how}; the service needs it")
    draft = draft_of_resources(guideline, rules, _resources(sent), today)
    name = patient.rpartition("/")[2]
    if name not in draft.with_tumour:
        return {"cards": []}
    (row,) = draft.frame.filter(draft.frame[ID] == name).to_dicts()
    return {"cards": [_card(guideline, draft, row, states)]}


def _state(sent: Mapping[str, Any], name: str) -> str:
    """Say what became of a prefetch: the standard leaves clients several ways to send nothing."""
    if name not in sent:
        return "not sent"
    value = sent[name]
    if value in (None, {}):
        return "none on file"
    if not isinstance(value, dict) or value.get("resourceType") == "OperationOutcome":
        return "failed"
    if value.get("resourceType") == "Bundle":
        links = value.get("link")
        if any(isinstance(one, dict) and one.get("relation") == "next" for one in links or ()):
            return "incomplete: one page of more"
        return "sent" if value.get("entry") else "none on file"
    return "sent"


def _resources(sent: Mapping[str, Any]) -> Iterator[Resource]:
    for value in sent.values():
        if isinstance(value, dict) and value.get("resourceType") != "OperationOutcome":
            yield value


def _card(
    guideline: Guideline,
    draft: ImportedDraft,
    row: dict[str, str | None],
    states: Mapping[str, str],
) -> dict[str, Any]:
    cells = {name: cell for name, cell in row.items() if not name.startswith("_")}
    record = record_of(guideline, cells)
    found = engine_of("compiled", guideline).classify(record)
    explanation = explain(guideline, record, found)
    source = {"label": guideline.source.title}
    if guideline.source.address:
        source["url"] = guideline.source.address
    return {
        "uuid": str(uuid.uuid4()),
        "summary": _cut(answer(guideline, explanation)),
        "indicator": "warning" if record.conflicts else "info",
        "source": source,
        "detail": "\n\n".join(
            [
                f"**{_safe(NOTE_ON_USE)}**",
                _safe(f"{headline(guideline, record)}. As of {draft.as_of}."),
                *_verdicts(explanation),
                *_facts(guideline, draft, row),
                "Sent along: " + "; ".join(f"{name} {_safe(how)}" for name, how in states.items()),
            ]
        ),
    }


def _cut(text: str) -> str:
    return text if len(text) < _SUMMARY else f"{text[: _SUMMARY - 2].rstrip()}…"


def _verdicts(explanation: PatientExplanation) -> Iterator[str]:
    """Yield the conflicts, and the verdicts as a table with what would settle them."""
    yield from (f"Conflict: {_safe(conflict.message)}" for conflict in explanation.conflicts)
    yield "| therapy | verdict | would be settled by |\n| --- | --- | --- |" + "".join(
        f"\n| {_safe(each.label)} | {_safe(each.reason)} | "
        f"{_safe(', '.join(missing.label for missing in each.missing))} |"
        for each in explanation.therapies.values()
    )


def _facts(
    guideline: Guideline, draft: ImportedDraft, row: Mapping[str, str | None]
) -> Iterator[str]:
    """Yield what was used of the record, and what was not understood."""
    used = "".join(
        f"\n- {_safe(guideline.variables[name].label)}: {_safe(row[name] or '')} ({_safe(source)})"
        for name, source in json.loads(row[SOURCES] or "{}").items()
    )
    yield f"Used:{used}" if used else "Nothing that was sent could be used."
    unread = "".join(
        f"\n- {_safe(one['resource'])}/{_safe(one['id'])}: {_safe(one['reason'])}"
        for one in draft.unread.to_dicts()
        if one["patient"] in (row[ID], "")
    )
    if unread:
        yield f"Not understood:{unread}"


def _safe(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return text.translate(_UNSAFE).replace("\n", " ")
