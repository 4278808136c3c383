"""The elements of a FHIR resource, of whatever form they are: what does not fit is passed over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from kg.sources.values import Number, UnreadError, When, Words, when_of

Resource = dict[str, Any]
_UCUM = ("http://unitsofmeasure.org", "urn:oid:2.16.840.1.113883.6.8")
_HL7 = "http://terminology.hl7.org/"
# The certainty of a German diagnosis stands beside its code: excluded, suspected, state after.
_CERTAINTY = "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit"
_CERTAINTIES = {"A": "refuted", "V": "provisional", "Z": "resolved"}
_DATES = ("effectiveDateTime", "effectiveInstant", "recordedDate", "onsetDateTime", "authored")


def listed(value: object) -> list[Any]:
    """Return the objects of what should be a list of them."""
    found = value if isinstance(value, list) else (value,)
    return [one for one in found if isinstance(one, dict)]


def text_of(value: object) -> str | None:
    """Return what should be a text, or None."""
    return value if isinstance(value, str) else None


def mapping(value: object) -> dict[str, Any]:
    """Return what should be an object, or an empty one."""
    return value if isinstance(value, dict) else {}


def codings(concept: object) -> list[tuple[str, str]]:
    """Return the codes of a CodeableConcept with their systems."""
    found = concept.get("coding") if isinstance(concept, dict) else None
    if found is None:
        return []
    codes = []
    for coding in found if isinstance(found, list) else (found,):
        if isinstance(coding, dict) and coding.get("code") is not None:
            codes.append((str(coding.get("system", "")), str(coding["code"])))
    return codes


def names(concept: object) -> str:
    """Return the words of a CodeableConcept in one text, in small letters."""
    found = mapping(concept)
    words = [found.get("text"), *(coding.get("display") for coding in listed(found.get("coding")))]
    return " ".join(filter(None, map(text_of, words))).casefold()


def status(concept: object) -> str | None:
    """Return the code of a status, that of the standard first; its words where it has no code."""
    found = codings(concept)
    standard = (code for system, code in found if system.startswith(_HL7))
    code = next(standard, found[0][1] if found else None)
    return code or text_of(mapping(concept).get("text")) or text_of(concept)


def certainty(resource: Resource) -> str | None:
    """Return the verification status of a Condition; None where it says nothing."""
    said = status(resource.get("verificationStatus"))
    if said is not None:
        return said
    extensions = (
        mapping(extension.get("valueCoding")).get("code")
        for coding in listed(mapping(resource.get("code")).get("coding"))
        for extension in listed(coding.get("extension"))
        if extension.get("url") == _CERTAINTY
    )
    return next((_CERTAINTIES[code] for code in extensions if code in _CERTAINTIES), None)


def reference(value: object) -> str:
    """Return what a Reference refers to, whatever its version; empty where it says nothing."""
    return str(mapping(value).get("reference") or "").partition("/_history/")[0]


Version = tuple[datetime, int]


def _version(resource: Resource) -> Version | None:
    """Return what orders the versions of a resource: when it was written, and which one it is.

    None where it does not say, or is not named.
    """
    meta = mapping(resource.get("meta"))
    number = text_of(meta.get("versionId")) or ""
    try:
        written = when_of(text_of(meta.get("lastUpdated")) or "").first
    except UnreadError:
        written = datetime.min.replace(tzinfo=UTC)
    which = int(number) if number.isdecimal() and len(number) < 19 else 0
    known = resource.get("id") is not None and (which or written.year > 1)
    return (written, which) if known else None


def newest_versions(resources: list[Resource]) -> tuple[list[Resource], list[Resource]]:
    """Return the newest version of each resource, and the older ones."""
    newest: dict[tuple[str, str], Version] = {}
    named = [(str(one.get("resourceType")), str(one.get("id"))) for one in resources]
    versions = list(map(_version, resources))
    for name, version in zip(named, versions, strict=True):
        if version:
            newest[name] = max(version, newest.get(name, version))
    kept, older = list[Resource](), list[Resource]()
    for resource, name, version in zip(resources, named, versions, strict=True):
        (kept if version in (None, newest.get(name)) else older).append(resource)
    return kept, older


def retracted(resource: Resource) -> bool:
    """Return whether a resource says of itself that it was entered in error."""
    said = (text_of(resource.get("status")), status(resource.get("verificationStatus")))
    return "entered-in-error" in said


def first_code(concept: object) -> str:
    """Return the first code of a CodeableConcept with its system, or its text, for a count."""
    found = codings(concept)
    return "|".join(found[0]) if found else text_of(mapping(concept).get("text")) or ""


def has_value(part: Resource) -> bool:
    """Return whether an observation, or a component of one, holds a value."""
    return any(name.startswith("value") for name in part)


def value_of(part: Resource) -> Number | Words:
    """Return the value of an observation, of a component or of an answer.

    Raises:
        UnreadError: there is none, or one of a kind that is not read.
    """
    name = "valueQuantity" if "valueQuantity" in part else None
    name = name or next((one for one in part if one.startswith("value")), None)
    value = part.get(name) if name else None
    match name:
        case "valueQuantity":
            quantity = mapping(value)
            if quantity.get("value") is None:
                raise UnreadError("its quantity has no value")
            code, called = (text_of(quantity.get(name)) for name in ("code", "unit"))
            if called and quantity.get("system") not in (None, *_UCUM):
                code = called  # a code of another system says nothing here
            sign = text_of(quantity.get("comparator"))
            return Number(str(quantity["value"]), code or called, sign, called)
        case "valueInteger":
            return Number(str(value))
        case "valueString":
            return Words((str(value).strip(),))
        case "valueBoolean":
            return Words(("true" if value is True else "false",))
        case "valueCodeableConcept":
            words = [code for _, code in codings(value)]
            return Words((*words, *filter(None, [text_of(mapping(value).get("text"))])))
        case None:
            why = status(part.get("dataAbsentReason"))
            raise UnreadError(f"it has no value{f': {why}' if why else ''}")
    raise UnreadError(f"its value is a {name}, which is not read")


def effective(resource: Resource) -> When:
    """Return when an observation was made.

    Raises:
        UnreadError: it has no date, or one that is none.
    """
    text = text_of(resource.get("effectiveDateTime")) or text_of(resource.get("effectiveInstant"))
    return dated(text or _end(resource))


def _end(resource: Resource) -> str | None:
    period = mapping(resource.get("effectivePeriod"))
    return text_of(period.get("end")) or text_of(period.get("start"))


def dated(text: str | None) -> When:
    """Return a date.

    Raises:
        UnreadError: there is none, or it is no date.
    """
    if text is None:
        raise UnreadError("it has no date")
    return when_of(text)


def moments(resource: Resource) -> Iterator[str]:
    """Yield the dates at which what a resource says was found."""
    yield from filter(None, (*(text_of(resource.get(name)) for name in _DATES), _end(resource)))


def answers(response: Resource) -> Iterator[Resource]:
    """Yield the items of a response that are answered, those within groups too."""
    waiting = listed(response.get("item"))
    while waiting:
        item = waiting.pop(0)
        waiting += listed(item.get("item"))
        if listed(item.get("answer")):
            yield item
