"""FHIR R4: each resource is read into findings, or counted by its code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kg.sources import elements
from kg.sources.elements import Resource, codings, listed, mapping, reference, text_of
from kg.sources.findings import Findings
from kg.sources.forms import QUESTIONNAIRE
from kg.sources.readings import Item, ReadFact, Unread
from kg.sources.rules import LIVER_TUMOUR, Rule, Rules
from kg.sources.values import UnreadError, cell_of, checked

_FINAL = frozenset({"final", "amended", "corrected"})
_HOLDING = frozenset({None, "active", "recurrence", "relapse"})
_CONFIRMED, _DENIED = (None, "confirmed"), ("refuted", "entered-in-error")
_MODIFIED = "it has a modifier extension, which may change what it says"


class FhirReader:
    """Reads resources into findings."""

    def __init__(self, rules: Rules, findings: Findings) -> None:
        self.rules, self.findings = rules, findings
        self.aliases: dict[str, str] = {}  # the address of an entry -> the resource
        self.kinds: dict[str, Callable[[str, Resource], None]] = {
            "Patient": self._patient,
            "BodyStructure": self._body_structure,
            "Condition": self._condition,
            "Observation": self._observation,
            "QuestionnaireResponse": self._response,
        }

    def read(self, resource: Resource | str) -> None:
        """Read one resource, and those in it where it is a bundle."""
        if isinstance(resource, str):
            self.findings.resources += 1
            self._list_plain("?", {}, resource)
            return
        kind = resource.get("resourceType")
        if kind == "Bundle":
            self._bundle(resource)
            return
        self.findings.resources += 1
        if "contained" in resource:
            for inner in listed(resource["contained"]):
                self.findings.resources += 1
                self.findings.count(str(inner.get("resourceType")), "", "contained in another")
        if not isinstance(kind, str):
            self._list_plain("?", resource, "it has no resourceType")
            return
        try:
            self.kinds.get(kind, self._other)(kind, resource)
        except UnreadError as error:
            self._list_plain(kind, resource, str(error))

    def _bundle(self, bundle: Resource) -> None:
        """Read the entries of a bundle; one without an id is named by its address."""
        inside: list[Resource] = []
        for entry in listed(bundle.get("entry")):
            address, inner = text_of(entry.get("fullUrl")), entry.get("resource")
            if not isinstance(inner, dict):
                self._empty(entry)
                continue
            inside.append(inner)
            if address:
                if inner.get("id") is None:
                    inner["id"] = _last(address)
                self.aliases[address] = f"{inner.get('resourceType')}/{inner['id']}"
        kept, older = elements.newest_versions(inside)
        for inner in older:
            self.findings.resources += 1
            code = elements.first_code(inner.get("code"))
            self.findings.count(str(inner.get("resourceType")), code, "an older version")
        for inner in kept:
            self.read(inner)
        if any(link.get("relation") == "next" for link in listed(bundle.get("link"))):
            self.findings.resources += 1
            self._list_plain("Bundle", bundle, "it is one page of more: the next is not here")

    def _empty(self, entry: Resource) -> None:
        """Tell what an entry without a resource says: a request that failed, or a deletion."""
        request, response = mapping(entry.get("request")), mapping(entry.get("response"))
        url = text_of(request.get("url")) or ""
        if request.get("method") == "DELETE":
            self.findings.withdrawn.add(self._resolved(reference({"reference": url})))
        status = text_of(response.get("status")) or ""
        if status and not status.startswith(("2", "3")):
            self.findings.resources += 1
            self._list_plain("Bundle", {}, f"the server answered {status} in place of a resource")

    def _list_plain(self, kind: str, resource: Resource, reason: str) -> None:
        patient = self._subject(resource)
        self.findings.told.append(Unread(kind, str(resource.get("id", "")), patient, "", reason))
        self.findings.unread += 1

    def _other(self, kind: str, resource: Resource) -> None:
        self.findings.count(kind, elements.first_code(resource.get("code")))

    def _patient(self, kind: str, resource: Resource) -> None:
        if resource.get("id") is None:
            raise UnreadError("it has no id")
        name, born = str(resource["id"]), text_of(resource.get("birthDate")) or ""
        known = self.findings.patients[name]  # one is known, if nothing else is
        if not (born.startswith(known.born) or known.born.startswith(born)):
            known.mixed = (
                f"two patients have the id {name}, born {known.born} and {born}; import the "
                "records of each system by themselves"
            )
        known.born = max(known.born, born, key=len)
        self.findings.used += 1

    def _body_structure(self, kind: str, resource: Resource) -> None:
        place = resource.get("location")
        self.findings.places[f"{kind}/{resource.get('id')}"] = self._in_liver(place)
        self.findings.count(kind, elements.first_code(place))

    def _in_liver(self, place: object) -> bool:
        places, system = self.rules.liver_places, self.rules.system
        return any((system(name), code) in places for name, code in codings(place))

    def _condition(self, kind: str, resource: Resource) -> None:
        rules = self._rules(resource)
        if not rules and not self._named_cancer(resource):
            self._other(kind, resource)
            return
        item = self._item(kind, resource, elements.first_code(resource.get("code")))
        read, holds = partial(_diagnosis, resource), partial(_marks, resource)
        self.findings.diagnose(item, rules, read, holds)

    def _named_cancer(self, resource: Resource) -> bool:
        words = elements.names(resource.get("code"))
        return any(word in words for word in self.rules.cancer_words)

    def _observation(self, kind: str, resource: Resource) -> None:
        inside = listed(resource.get("component"))
        parts = [(part, self._rules(part)) for part in (resource, *inside)]
        if not any(rules for _, rules in parts):
            self._other(kind, resource)
            return
        if "component" in resource and not elements.has_value(resource):
            parts = parts[1:]  # in a panel, the components hold the values
        item = self._item(kind, resource, elements.first_code(resource.get("code")))
        for part, rules in parts:
            if variables := self._mistaken(part):
                self.findings.leave(item, f"its codes are those of {' and '.join(variables)}")
                continue
            for rule in rules:
                self.findings.take(item, rule, partial(self._measured, resource, part))
        self.findings.release(item)

    def _mistaken(self, part: Resource) -> list[str]:
        """Return what is measured by the codes of one value, where they are of several things."""
        told = [
            {rule.variable.name for rule in self.rules.of(*code) if rule.variable}
            for code in codings(part.get("code"))
        ]
        together = set[str]().union(*told)
        return [] if together in (set(), *told) else sorted(together)

    def _response(self, kind: str, resource: Resource) -> None:
        """Read the answers to a form of ours; others are counted."""
        form = str(resource.get("questionnaire", "")).partition("|")[0]
        if form != QUESTIONNAIRE:
            self.findings.count(kind, form)
            return
        item = self._item(kind, resource, form)
        for answered in elements.answers(resource):
            rule = self.rules.of_form.get(str(answered.get("linkId")))
            if rule is None:
                self.findings.leave(item, f"{answered.get('linkId')!r} is no question of the form")
                continue
            self.findings.take(item, rule, partial(_answered, resource, answered))
        self.findings.release(item)

    def _measured(self, resource: Resource, part: Resource, item: Item, rule: Rule) -> ReadFact:
        status = resource.get("status")
        if text_of(status) not in _FINAL:
            raise UnreadError(f"its status is {status}" if status else "it has no status")
        if "modifierExtension" in resource or "modifierExtension" in part:
            raise UnreadError(_MODIFIED)
        if rule.counts and "bodySite" in resource and not self._in_liver(resource["bodySite"]):
            raise UnreadError("it is about a place that is not known to be the liver")
        if (
            rule.gives is not None
            and "dataAbsentReason" not in part
            and not elements.has_value(part)
        ):
            known, said = checked(rule, rule.gives), "found"
        else:
            known, said = cell_of(rule, elements.value_of(part))
        focus = self._focus(resource) if "focus" in resource else ()
        return ReadFact(rule, known, elements.effective(resource), item, said, focus=focus)

    def _focus(self, resource: Resource) -> tuple[str, ...]:
        """Return what an observation is about, where that is not the patient as a whole."""
        named = [self._resolved(reference(one)) for one in listed(resource["focus"])]
        return tuple(name for name in named if name != f"Patient/{self._subject(resource)}")

    def _rules(self, part: Resource) -> tuple[Rule, ...]:
        return self.rules.of_any(codings(part.get("code")))

    def _item(self, kind: str, resource: Resource, code: str) -> Item:
        item = Item(kind, str(resource.get("id", "")), self._subject(resource), code)
        if named := reference(resource.get("subject")):
            item.nobody = f"its subject, {named}, is no patient that is read"
        if item.id and elements.retracted(resource):
            self.findings.withdrawn.add(item.name)
        return item

    def _subject(self, resource: Resource) -> str:
        """Return the patient that a resource is of; empty where it is of none, or not named."""
        kind, _, name = self._resolved(reference(resource.get("subject"))).rpartition("/")
        return name if kind in ("", "Patient") and not name.startswith("#") else ""

    def _resolved(self, address: str) -> str:
        """Return a reference as kind and id of the resource, whatever its address."""
        if address in self.aliases:
            return self.aliases[address]
        kind = address.rpartition("/")[0].rpartition("/")[2]
        return f"{kind}/{_last(address)}" if kind else _last(address)


def _last(address: str) -> str:
    return address.rpartition("/")[2].removeprefix("urn:uuid:")


def _marks(resource: Resource, mark: str) -> bool:
    """Return whether a diagnosis counts among the cancers of its patient.

    The liver tumour does where it is confirmed and there; of any other a suspicion is enough.
    """
    certainty = elements.certainty(resource)
    if mark != LIVER_TUMOUR:
        return certainty not in _DENIED
    return certainty in _CONFIRMED and _not_holding(resource) is None


def _not_holding(resource: Resource) -> str | None:
    """Say why a diagnosis does not hold any more; None where it does."""
    if "modifierExtension" in resource:
        return _MODIFIED
    clinical = elements.status(resource.get("clinicalStatus"))
    if clinical not in _HOLDING:
        return f"its clinical status is {clinical}"
    abated = any(name.startswith("abatement") for name in resource)
    return "it has abated" if abated else None


def _diagnosis(resource: Resource, item: Item, rule: Rule) -> ReadFact:
    certainty = elements.certainty(resource)
    if certainty not in (*_CONFIRMED, "refuted"):
        raise UnreadError(f"its verification status is {certainty}")
    begun = text_of(resource.get("onsetDateTime"))
    begun = begun or text_of(mapping(resource.get("onsetPeriod")).get("start"))
    recorded = text_of(resource.get("recordedDate"))
    if certainty == "refuted":
        if "modifierExtension" in resource:
            raise UnreadError(_MODIFIED)
        if rule.refuted_gives is None:
            raise UnreadError("it is refuted, which says nothing of other causes")
        known = checked(rule, rule.refuted_gives)
        return ReadFact(rule, known, elements.dated(recorded or begun), item, "refuted")
    if why := _not_holding(resource):
        raise UnreadError(why)
    if rule.gives is None:
        raise UnreadError("its presence gives no cell")
    if rule.onset_within is not None and begun is None:
        raise UnreadError("it does not say when it began")
    when = elements.dated(begun or recorded)
    active = elements.status(resource.get("clinicalStatus")) is not None
    known = checked(rule, rule.gives)
    return ReadFact(rule, known, when, item, "diagnosis", lasting=True, active=active)


def _answered(resource: Resource, answered: Resource, item: Item, rule: Rule) -> ReadFact:
    if resource.get("status") not in ("completed", "amended"):
        raise UnreadError(f"its status is {resource.get('status')}")
    answers = [_answer(rule, one) for one in listed(answered["answer"])]
    cell, said = ("|".join(texts) for texts in zip(*answers, strict=True))
    when = elements.dated(text_of(resource.get("authored")))
    return ReadFact(rule, checked(rule, cell), when, item, said)


def _answer(rule: Rule, answer: Resource) -> tuple[str, str]:
    """Return one answer as a cell, or as one of several alternatives, and how it was said."""
    for name, value in answer.items():
        if name == "valueCoding":
            return (str(mapping(value).get("code")),) * 2
        if name == "valueBoolean":
            return ("true" if value is True else "false",) * 2
        if name in ("valueInteger", "valueDecimal", "valueString"):
            return (str(value),) * 2
        if name == "valueQuantity" and rule.variable:
            known, said = cell_of(rule, elements.value_of(answer))
            return rule.variable.wording(known) if known else "", said
    raise UnreadError("the answer has no value that is read")
