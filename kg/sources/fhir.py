"""FHIR R4: bundles, single resources and bulk files, one resource after another.

Numbers keep the digits they are written with. A line or a file that cannot be read is listed, and
the others are read.
"""

from __future__ import annotations

import gzip
import json
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from kg.errors import InputError
from kg.sources.findings import Findings, Item, Reading, Unread, UnreadError, When, when_of
from kg.sources.forms import QUESTIONNAIRE
from kg.sources.rules import OTHER_CANCER, Rule, Rules
from kg.sources.values import Number, Words, cell_of, checked

_LINES, _DOCUMENTS = (".ndjson", ".jsonl"), (".json",)
_FINAL = frozenset({"final", "amended", "corrected"})
_HOLDING = frozenset({"active", "recurrence", "relapse"})
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
Resource = dict[str, Any]


def fhir_files(source: Path) -> list[Path]:
    """Return the files of FHIR that a path names: itself, or those in a folder, by name."""
    files = sorted(source.rglob("*")) if source.is_dir() else [source]
    return [file for file in files if _kind(file) in (*_LINES, *_DOCUMENTS)]


def _kind(file: Path) -> str:
    return Path(file.name.removesuffix(".gz")).suffix.lower()


def resources(file: Path) -> Iterator[Resource | str]:
    """Yield the resources of a file; a text says what of it could not be read.

    Raises:
        InputError: the file cannot be opened.
    """
    try:
        if _kind(file) in _LINES:
            yield from _lines(file)
            return
        with _opened(file) as opened:
            text = opened.read()
    except (OSError, EOFError) as error:
        raise InputError(f"{file}: cannot be read: {error}") from error
    found = decoded(text, file.name)
    if isinstance(found, str) and b"\n" in text.strip():  # lines under the name of a document
        yield from (found,) if _broken(text) else _lines(file)
    elif isinstance(found, list):
        yield from found
    else:
        yield found


def _broken(text: bytes) -> bool:
    return isinstance(decoded(text.strip().split(b"\n")[0], ""), str)


def _opened(file: Path) -> Any:
    return gzip.open(file, "rb") if file.suffix.lower() == ".gz" else file.open("rb")


def _lines(file: Path) -> Iterator[Resource | str]:
    with _opened(file) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.isspace():
                found = decoded(line, f"{file.name}, line {number}")
                yield from found if isinstance(found, list) else (found,)


def decoded(text: bytes, place: str) -> Resource | list[Resource | str] | str:
    """Return what a JSON text holds, numbers as they are written; a text says why it is none."""
    try:
        found = _DECODER.decode(text.removeprefix(BOM_UTF8).decode().strip())
        if b"\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return f"{place}: it has half of a surrogate pair, which is not a character"
    except (ValueError, RecursionError) as error:
        why = "it nests too deeply" if isinstance(error, RecursionError) else str(error)
        return f"{place}: it is not JSON: {why}"
    if isinstance(found, list):
        return [one if isinstance(one, dict) else f"{place}: not a resource" for one in found]
    return found if isinstance(found, dict) else f"{place}: it is not a resource"


def _list(value: object) -> list[Any]:
    """Return what should be a list as one of objects, whatever is there."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return value
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, dict)]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def codings(concept: object) -> list[tuple[str, str]]:
    """Return the codes of a CodeableConcept with their systems."""
    return [
        (str(coding.get("system", "")), str(coding["code"]))
        for coding in _list(_object(concept).get("coding"))
        if coding.get("code") is not None
    ]


def _status(concept: object) -> str | None:
    found = codings(concept)
    return found[0][1] if found else None


class FhirReader:
    """Reads resources into findings."""

    def __init__(self, rules: Rules, findings: Findings) -> None:
        self.rules, self.findings = rules, findings
        self.aliases: dict[str, str] = {}  # the address of an entry -> the resource

    def read(self, files: Iterable[Path]) -> None:
        """Read all files."""
        for file in files:
            for resource in resources(file):
                self.resource(resource)

    def resource(self, resource: Resource | str, address: str | None = None) -> None:
        """Read one resource, and those in it where it is a bundle."""
        if isinstance(resource, str):
            self._unreadable(resource)
            return
        kind = _text(resource.get("resourceType"))
        if kind == "Bundle":
            self._bundle(resource)
            return
        self.findings.resources += 1
        for inner in _list(resource["contained"]) if "contained" in resource else ():
            self.findings.resources += 1
            self.findings.count(str(inner.get("resourceType")), "", "contained in another")
        if kind is None:
            self._list_plain("?", resource, "it has no resourceType")
            return
        if address and resource.get("id"):
            self.aliases[address] = str(resource["id"])
        read = {
            "Patient": self._patient,
            "BodyStructure": self._body_structure,
            "Condition": self._condition,
            "Observation": self._observation,
            "QuestionnaireResponse": self._response,
        }.get(kind, self._other)
        try:
            read(kind, resource)
        except UnreadError as error:
            self._list_plain(kind, resource, str(error))

    def _bundle(self, bundle: Resource) -> None:
        for entry in _list(bundle.get("entry")):
            address, inner = _text(entry.get("fullUrl")), _object(entry.get("resource"))
            if address and inner.get("id"):
                self.aliases[address] = str(inner["id"])
        for entry in _list(bundle.get("entry")):
            inner = entry.get("resource")
            if isinstance(inner, dict):
                self.resource(inner, _text(entry.get("fullUrl")))
        if any(link.get("relation") == "next" for link in _list(bundle.get("link"))):
            self.findings.resources += 1
            self._list_plain("Bundle", bundle, "it is one page of more: the next is not here")

    def _unreadable(self, reason: str) -> None:
        self.findings.resources += 1
        self.findings.tell(Unread("?", "", "", "", reason))
        self.findings.unread += 1

    def _list_plain(self, kind: str, resource: Resource, reason: str) -> None:
        patient = self._reference(resource.get("subject"))
        self.findings.tell(Unread(kind, str(resource.get("id", "")), patient, "", reason))
        self.findings.unread += 1

    def _other(self, kind: str, resource: Resource) -> None:
        self.findings.count(kind, _first_code(resource))

    def _patient(self, kind: str, resource: Resource) -> None:
        if resource.get("id") is None:
            raise UnreadError("it has no id")
        self.findings.of(str(resource["id"]))
        self.findings.used += 1

    def _body_structure(self, kind: str, resource: Resource) -> None:
        sites = codings(resource.get("location"))
        liver = any((self.rules.systems.get(s), c) in self.rules.liver_places for s, c in sites)
        self.findings.places[f"{kind}/{resource.get('id')}"] = liver
        self.findings.count(kind, _first_code({"code": resource.get("location")}))

    def _condition(self, kind: str, resource: Resource) -> None:
        codes = codings(resource.get("code"))
        rules = self._rules(codes)
        status = _status(resource.get("verificationStatus"))
        if not rules and not self._named_cancer(resource):
            self._other(kind, resource)
            return
        item = self._item(kind, resource, codes)
        marks = [rule.marks for rule in rules if rule.marks] or ([] if rules else [OTHER_CANCER])
        if marks and status in (None, "confirmed") and item.patient:
            self.findings.of(item.patient).cancers[item.name] = marks[0]
        read = [rule for rule in rules if rule.variable or rule.not_read]
        if not read:
            self.findings.count(kind, item.code, marks[0])
            return
        for rule in read:
            self._try(item, rule, partial(self._diagnosis, item, rule, resource))
        self.findings.release(item)

    def _named_cancer(self, resource: Resource) -> bool:
        concept = _object(resource.get("code"))
        names = [
            _text(concept.get("text")),
            *(_text(c.get("display")) for c in _list(concept.get("coding"))),
        ]
        words = " ".join(filter(None, names)).casefold()
        return any(word in words for word in self.rules.cancer_words)

    def _diagnosis(self, item: Item, rule: Rule, resource: Resource) -> Reading:
        if rule.not_read:
            raise UnreadError(rule.not_read)
        status = _status(resource.get("verificationStatus"))
        if status not in (None, "confirmed", "refuted"):
            raise UnreadError(f"its verification status is {status}")
        period = _object(resource.get("onsetPeriod")).get("start")
        begun = _text(resource.get("onsetDateTime")) or _text(period)
        recorded = _text(resource.get("recordedDate"))
        if status == "refuted":
            if rule.refuted_gives is None:
                raise UnreadError("it is refuted, which says nothing of other causes")
            return Reading(rule, rule.refuted_gives, _dated(recorded or begun), item, "refuted")
        clinical = _status(resource.get("clinicalStatus"))
        if clinical not in (None, *_HOLDING):
            raise UnreadError(f"its clinical status is {clinical}")
        if any(name.startswith("abatement") for name in resource):
            raise UnreadError("it has abated")
        if rule.gives is None:
            raise UnreadError("its presence gives no cell")
        if rule.onset_within is not None and begun is None:
            raise UnreadError("it does not say when it began")
        return Reading(rule, rule.gives, _dated(begun or recorded), item, "diagnosis", lasting=True)

    def _observation(self, kind: str, resource: Resource) -> None:
        codes = codings(resource.get("code"))
        parts = [(resource, self._rules(codes))]
        if "component" in resource:
            inner = _list(resource["component"])
            parts += [(part, self._rules(codings(part.get("code")))) for part in inner]
        if not any(rules for _, rules in parts):
            self._other(kind, resource)
            return
        item = self._item(kind, resource, codes)
        for part, rules in parts:
            if part is resource and len(parts) > 1 and not _has_value(part):
                continue  # a panel: its components hold the values
            for rule in rules:
                self._try(item, rule, partial(self._measured, item, rule, resource, part))
        self.findings.release(item)

    def _response(self, kind: str, resource: Resource) -> None:
        """Read the answers to a form of ours; others are counted."""
        form = str(resource.get("questionnaire", "")).partition("|")[0]
        if form != QUESTIONNAIRE:
            self.findings.count(kind, form)
            return
        item = self._item(kind, resource, [("", form)])
        for answered in _answers(resource):
            rule = self.rules.of_form.get(str(answered.get("linkId")))
            if rule is None:
                self.findings.leave(item, f"{answered.get('linkId')!r} is no question of the form")
                continue
            self._try(item, rule, partial(self._answer, item, rule, resource, answered))
        self.findings.release(item)

    def _answer(self, item: Item, rule: Rule, resource: Resource, answered: Resource) -> Reading:
        if resource.get("status") not in ("completed", "amended"):
            raise UnreadError(f"its status is {resource.get('status')}")
        cell = "|".join(answer_cell(rule, one) for one in _list(answered["answer"]))
        return Reading(
            rule, checked(rule, cell), _dated(_text(resource.get("authored"))), item, cell
        )

    def _measured(self, item: Item, rule: Rule, resource: Resource, part: Resource) -> Reading:
        if rule.not_read:
            raise UnreadError(rule.not_read)
        status = resource.get("status")
        if _text(status) not in _FINAL:
            raise UnreadError(f"its status is {status}")
        if rule.gives is not None and "dataAbsentReason" not in part and not _has_value(part):
            cell, said = rule.gives, "found"
        else:
            cell, said = cell_of(rule, _value(part))
        focus = _list(resource["focus"]) if "focus" in resource else []
        about = tuple(self._named(_reference_text(one)) for one in focus)
        return Reading(rule, cell, _effective(resource), item, said, focus=about)

    def _named(self, reference: str) -> str:
        """Return a reference as the resource is named, whatever its address."""
        kind = reference.rpartition("/")[0].rpartition("/")[2]
        return f"{kind}/{self._resolved(reference)}"

    def _rules(self, codes: list[tuple[str, str]]) -> list[Rule]:
        """Return the rules of any of the codes, each once."""
        found = [rule for system, code in codes for rule in self.rules.of(system, code)]
        return list(dict.fromkeys(found)) if len(found) > 1 else found

    def _item(self, kind: str, resource: Resource, codes: list[tuple[str, str]]) -> Item:
        code = "|".join(codes[0]) if codes else ""
        patient = self._reference(resource.get("subject"))
        return Item(kind, str(resource.get("id", "")), patient, code)

    def _try(self, item: Item, rule: Rule, read: Callable[[], Reading]) -> None:
        try:
            if not item.patient:
                raise UnreadError("it does not say of which patient")
            self.findings.add(read())
        except UnreadError as error:
            self.findings.leave(item, str(error), rule)

    def _reference(self, subject: object) -> str:
        reference = _reference_text(subject)
        return self._resolved(reference)

    def _resolved(self, reference: str) -> str:
        return self.aliases.get(reference) or reference.rpartition("/")[2].removeprefix("urn:uuid:")


def _answers(resource: Resource) -> Iterator[Resource]:
    """Yield the items of a response that are answered, those within groups too."""
    open_ = _list(resource.get("item"))
    while open_:
        item = open_.pop(0)
        open_ += _list(item.get("item"))
        if _list(item.get("answer")):
            yield item


def answer_cell(rule: Rule, answer: Resource) -> str:
    """Return one answer as a cell, or as one of several alternatives."""
    for name, value in answer.items():
        if name == "valueCoding":
            return str(_object(value).get("code"))
        if name == "valueBoolean":
            return "true" if value is True else "false"
        if name in ("valueInteger", "valueDecimal", "valueString"):
            return str(value)
        if name == "valueQuantity":
            return cell_of(rule, _value(answer))[0]
    raise UnreadError("the answer has no value that is read")


def _reference_text(value: object) -> str:
    return str(_object(value).get("reference") or "")


def _first_code(resource: Resource) -> str:
    found = codings(resource.get("code"))
    return "|".join(found[0]) if found else ""


def _has_value(part: Resource) -> bool:
    return any(name.startswith("value") for name in part)


def _value(part: Resource) -> Number | Words:
    for name, value in part.items():
        if not name.startswith("value"):
            continue
        if name == "valueQuantity":
            quantity = _object(value)
            if quantity.get("value") is None:
                raise UnreadError("its quantity has no value")
            unit = _text(quantity.get("code")) or _text(quantity.get("unit"))
            return Number(str(quantity["value"]), unit, _text(quantity.get("comparator")))
        if name == "valueInteger":
            return Number(str(value))
        if name == "valueString":
            return Words((str(value).strip(),))
        if name == "valueBoolean":
            return Words(("true" if value is True else "false",))
        if name == "valueCodeableConcept":
            names = [code for _, code in codings(value)]
            return Words((*names, *filter(None, [_text(_object(value).get("text"))])))
        raise UnreadError(f"its value is a {name}, which is not read")
    absent = _object(part.get("dataAbsentReason"))
    why = _status(absent) or _text(absent.get("text"))
    raise UnreadError(f"it has no value{f': {why}' if why else ''}")


def _effective(resource: Resource) -> When:
    period = _object(resource.get("effectivePeriod"))
    text = _text(resource.get("effectiveDateTime")) or _text(resource.get("effectiveInstant"))
    return _dated(text or _text(period.get("end")) or _text(period.get("start")))


def _dated(text: str | None) -> When:
    if text is None:
        raise UnreadError("it has no date")
    return when_of(text)


_DATES = ("effectiveDateTime", "effectiveInstant", "recordedDate", "onsetDateTime", "authored")


def newest_date(found: Iterable[Resource | str]) -> tuple[set[str], date | None]:
    """Return the patients among resources, and the newest full date."""
    patients: set[str] = set()
    newest: date | None = None
    for resource in _flat(found):
        if resource.get("resourceType") == "Patient":
            patients.add(str(resource.get("id")))
        for text in filter(None, (_text(resource.get(name)) for name in _DATES)):
            try:
                day = when_of(text).first.date()
            except UnreadError:
                continue
            newest = day if newest is None else max(day, newest)
    return patients, newest


def _flat(found: Iterable[Resource | str]) -> Iterator[Resource]:
    for resource in found:
        if isinstance(resource, str):
            continue
        if resource.get("resourceType") == "Bundle":
            yield from _flat(
                _object(entry.get("resource")) for entry in _list(resource.get("entry"))
            )
        else:
            yield resource
