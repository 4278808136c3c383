"""CDS Hooks: what the service answers, by the standard, whatever a client sends along."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from serving import children, serving
from starlette.requests import Request
from test_import import DAY, condition, observation

import kg
from kg.server import cds, handlers
from kg.server.screening import RefusedError
from kg.sources.cds import CdsError, discovery, respond
from kg.sources.rules import read_rules

GUIDELINE = kg.load()
RULES = read_rules(GUIDELINE)
# The response of the standard: https://cds-hooks.hl7.org/2.0/, "CDS Service Response".
RESPONSE = {
    "type": "object",
    "required": ["cards"],
    "properties": {
        "cards": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["summary", "indicator", "source"],
                "additionalProperties": False,
                "properties": {
                    "uuid": {"type": "string", "pattern": "^[0-9a-f-]{36}$"},
                    "summary": {"type": "string", "minLength": 1, "maxLength": 139},
                    "detail": {"type": "string"},
                    "indicator": {"enum": ["info", "warning"]},
                    "source": {
                        "type": "object",
                        "required": ["label"],
                        "additionalProperties": False,
                        "properties": {"label": {"type": "string"}, "url": {"type": "string"}},
                    },
                },
            },
        }
    },
}


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "entry": [{"resource": resource} for resource in resources],
        **more,
    }


def ask(day: date = DAY, hook: str = "patient-view", **prefetch: Any) -> dict[str, Any]:
    sent = {name: value for name, value in prefetch.items() if value != "absent"}
    request = {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/1", "patientId": "p1"},
        "prefetch": sent,
    }
    found = respond(GUIDELINE, RULES, json.dumps(request).encode(), day)
    jsonschema.validate(found, RESPONSE)
    return found


PATIENT = {"resourceType": "Patient", "id": "p1"}
TUMOUR = bundle(condition("C22.0"))
LABS = bundle(observation("777-3", 55, "10*3/uL"), observation("1975-2", 3, "mmol", id="odd"))


def test_a_card_says_what_follows_and_from_what() -> None:
    (card,) = ask(patient=PATIENT, conditions=TUMOUR, observations=LABS)["cards"]
    assert "TACE" in card["summary"]
    assert card["indicator"] == "info"
    assert card["source"]["label"] == GUIDELINE.source.title
    assert "never the sole basis of a decision" in card["detail"]
    assert "Observation/o1, 2026-02-20, 55 10\\*3/uL" in card["detail"]
    assert "- Observation/odd: the unit 'mmol' is none of bilirubin" in card["detail"]
    assert "links" not in card


def test_a_card_is_of_one_patient() -> None:
    other = observation("777-3", 3, "mmol", id="other", subject={"reference": "Patient/p2"})
    (card,) = ask(patient=PATIENT, conditions=TUMOUR, observations=bundle(other))["cards"]
    assert "Observation/other" not in card["detail"]


def test_a_conflict_warns() -> None:
    labs = bundle(observation("1751-7", 2.0, "g/dL"), observation("1975-2", 4, "mg/dL", id="b"))
    labs["entry"].append({"resource": observation("6301-6", 2.5, "1", id="i")})
    said = observation("98153-0", 0, None, id="c")
    del said["valueQuantity"]
    labs["entry"].append({"resource": {**said, "valueString": "A"}})
    (card,) = ask(patient=PATIENT, conditions=TUMOUR, observations=labs)["cards"]
    assert card["indicator"] == "warning"
    assert "Conflict: " in card["detail"]


@pytest.mark.parametrize("conditions", [bundle(condition("C50.9")), bundle(), None, {}])
def test_a_patient_without_the_tumour_gets_no_card(conditions: Any) -> None:
    assert ask(patient=PATIENT, conditions=conditions, observations=LABS) == {"cards": []}


@pytest.mark.parametrize(
    ("observations", "told"),
    [
        ("absent", "observations not sent"),
        (None, "observations none on file"),
        (bundle(), "observations none on file"),
        ({"resourceType": "OperationOutcome", "issue": []}, "observations failed"),
        (bundle(link=[{"relation": "next"}]), "observations incomplete"),
    ],
)
def test_what_was_not_sent_is_told_apart(observations: Any, told: str) -> None:
    (card,) = ask(patient=PATIENT, conditions=TUMOUR, observations=observations)["cards"]
    assert told in card["detail"]


@pytest.mark.parametrize("conditions", ["absent", {"resourceType": "OperationOutcome"}, ["x"]])
def test_without_conditions_the_request_is_refused(conditions: Any) -> None:
    with pytest.raises(CdsError) as error:
        ask(patient=PATIENT, conditions=conditions)
    assert error.value.status == 412


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"hook": "order-sign", "hookInstance": "x", "context": {"patientId": "p1"}}',
        b'{"hook": "patient-view", "context": {"patientId": "p1"}}',
        b'{"hook": "patient-view", "hookInstance": "x", "context": 3}',
        b"[" * 100_000,
    ],
)
def test_a_request_of_another_form_is_refused(body: bytes) -> None:
    with pytest.raises(CdsError) as error:
        respond(GUIDELINE, RULES, body, DAY)
    assert error.value.status == 400


def test_markdown_of_a_record_is_text_in_a_card() -> None:
    odd = observation("777-3", 55, "<b>|*x*", id="[a](http://example.org)")
    (card,) = ask(patient=PATIENT, conditions=TUMOUR, observations=bundle(odd))["cards"]
    assert "<b>" not in card["detail"].replace("\\<b\\>", "")
    assert "](http" not in card["detail"].replace("\\](", "").replace("\\]\\(", "")


def test_discovery_names_what_is_wanted() -> None:
    (service,) = discovery(GUIDELINE, RULES)["services"]
    assert (service["hook"], service["id"]) == ("patient-view", "hcc-kg")
    assert set(service["prefetch"]) == {"patient", "conditions", "observations", "sites"}
    assert "1975-2" in service["prefetch"]["observations"]


def test_the_endpoint_serves_it_where_it_is_asked_for() -> None:
    request = {
        "hook": "patient-view",
        "hookInstance": "x",
        "context": {"patientId": "p1"},
        "prefetch": {"patient": PATIENT, "conditions": TUMOUR, "observations": LABS},
    }
    with serving("--port", 0, "--cds-hooks") as served:
        where = f"{served.address}cds-services"
        assert served.client.get(where).json() == discovery(GUIDELINE, RULES)
        answer = served.client.post(f"{where}/hcc-kg", json=request)
        jsonschema.validate(answer.json(), RESPONSE)
        assert len(answer.json()["cards"]) == 1
        assert served.client.post(f"{where}/hcc-kg", json={}).status_code == 400
        long = served.client.post(f"{where}/hcc-kg", content=b" " * (5 * 1024 * 1024))
        assert long.status_code == 413
        del request["prefetch"]["conditions"]  # type: ignore[attr-defined]
        assert served.client.post(f"{where}/hcc-kg", json=request).status_code == 412
        assert served.client.post(f"{where}/hcc-kg/feedback", json={}).status_code == 200
        (reader,) = filter(reads_requests, children(served.process.pid))
        with ThreadPoolExecutor(1) as other:
            os.kill(reader, signal.SIGSTOP)  # as if the request took long to read
            try:
                waiting = other.submit(served.client.post, f"{where}/hcc-kg", json=request)
                with pytest.raises(TimeoutError):
                    waiting.result(0.3)
                assert served.client.get(where).status_code == 200  # it holds up nobody
            finally:
                os.kill(reader, signal.SIGCONT)
            assert waiting.result().status_code == 412
        os.kill(reader, signal.SIGKILL)
        assert served.client.post(f"{where}/hcc-kg", json=request).status_code == 503
        assert served.client.post(f"{where}/hcc-kg", json=request).status_code == 412


def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "_SLOW_BODY", 0.0)
    monkeypatch.setattr(cds, "_Reader", lambda _: None)
    *_, feedback = cds.cds_routes(GUIDELINE, None)

    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    with pytest.raises(RefusedError, match="in time"):
        asyncio.run(feedback.endpoint(Request({"type": "http", "method": "POST"}, never)))


def reads_requests(pid: int) -> bool:
    """Return whether a process of the server is the one that reads requests."""
    return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
