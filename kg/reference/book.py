"""The reference as a page in Markdown: every term of the guideline, its card, and a contents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from kg.explanation.wording import GRADE, MET_WHEN, READING, words
from kg.guideline import Derivation, Guideline
from kg.guideline.formula import Atom
from kg.guideline.values import Variable, bands_of
from kg.ontology import HCC
from kg.reference.cards import Card, Item, card_of, groups
from kg.reference.inventory import counts, read_as, sections

_HEAD = """\
# Ontology reference

<!-- Made by `hcc-kg renew` from the files in ontology/. Change those, not this. -->

Every term of the ontology, version {version}, with the edition of {edition} of the guideline, for
reading without Protege. `hcc-kg reference --edition` writes another edition in the same form, and
`hcc-kg show ID` prints one term. The IRI of a criterion, a definition, a recommendation, a
statement or a variable is `{namespace}` followed by its identifier; that of a therapy is given
with the therapy.

Each class of patients is given in words and in the Manchester syntax of OWL. Places are sections
of the guideline; characters are counted in its source text. A *reading* says how we read wording
that the guideline leaves open.

{counts}"""
_LINES = (  # of a card, in their order
    *("iri", "also_called", "kind_of", "scope", "strength", "grade", "advice", "concerns"),
    *("comes_before", "outcome", "cell", "unit", "values", "bands", "lesion_column"),
    *("over_lesions", "derived_by", "met_when", "manchester", "classes", "places", "statements"),
    *("reading", "notes", "remarks", "criteria", "recommendations", "variables", "therapies"),
    "used_in",
)
_HEADINGS = {  # what a line is called, where not as it is named
    "iri": "IRI",
    "grade": GRADE,
    "lesion_column": "Column of the lesion table",
    "over_lesions": "Over the lesions",
    "met_when": MET_WHEN,
    "classes": "Classes in Manchester syntax",
    "reading": READING,
}
_CODE = ("manchester", "classes", "lesion_column", "iri", "outcome")
_TERMS = (
    *("kind_of", "concerns", "comes_before", "statements", "recommendations", "variables"),
    "used_in",
)
_LISTED = ("classes", "values", "notes", "remarks")  # one a line
_ITEMS: Mapping[str, Callable[[Item], str]] = {
    "statements": lambda i: (
        f"{linked(i['id'])} ({i['section']}, characters {i['start']}–{i['end']}): "
        f"{escaped(i['paraphrase'])}"
    ),
    "values": lambda i: f"`{i['id']}` ({escaped(i['label'])}) {escaped(i['definition'])}".strip(),
    "therapies": lambda i: linked(i["id"]),
    "criteria": lambda i: f"{linked(i['id'])} {escaped(i['label'])}",
}
PAGE = "ontology.md"


def escaped(text: object) -> str:
    """Return a text so that Markdown shows it as it is, in a table too."""
    return re.sub(r"([|*<\[\]])", r"\\\1", str(text))


def linked(name: object, page: str = "") -> str:
    """Return an identifier as a link to its place on the page of the reference."""
    return f"[{name}]({page}#{str(name).lower()})"


def book(guideline: Guideline) -> str:
    """Return the page about every term of the guideline."""
    parts = _parts(guideline)
    facts = {"version": guideline.version, "edition": guideline.edition}
    lines = [_HEAD.format(**facts, namespace=HCC, counts=counts(guideline))]
    lines += ["## Contents", ""]
    lines += [f"- [{title}](#{_slug(title)}): {_names(names)}" for title, names in parts.items()]
    rules, statements = "Derivations and conflicts", "Statements"
    lines += [f"- [{title}](#{_slug(title)})" for title in (rules, statements)]
    for title, names in parts.items():
        lines += ["", f"## {title}"]
        for name in names:
            lines += _entry(guideline, name)
    lines += ["", f"## {rules}", "", *_rules(guideline)]
    lines += ["", f"## {statements}", *_statements(guideline)]
    return "\n".join(lines) + "\n"


def _parts(guideline: Guideline) -> dict[str, list[str]]:
    """Return the terms of each part of the page, in order."""
    parts = {
        "Therapies": list(guideline.therapies),
        "Therapies without criteria": list(guideline.mentioned),
        "Shared definitions": list(guideline.definitions),
        "Groups of criteria": list(groups(guideline)),
        "Stages": list(guideline.stages),
    }
    for kind, label in guideline.kinds.items():
        own = [name for name, c in guideline.criteria.items() if c.kind == kind]
        parts[f"Criteria: {label}s"] = own
    parts["Recommendations"] = list(guideline.recommendations)
    parts["Responses"] = list(guideline.responses)
    variables = guideline.variables.values()
    parts["Variables: key"] = [v.name for v in variables if v.group is None]
    for group, label in guideline.groups.items():
        parts[f"Variables: {label.lower()}"] = [v.name for v in variables if v.group == group]
    return {title: names for title, names in parts.items() if names}


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(linked, names))


def _slug(title: str) -> str:
    """Return the anchor that a heading gets."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def _entry(guideline: Guideline, name: str) -> Iterator[str]:
    """Yield the lines about one term."""
    card = dict(card_of(guideline, name))
    therapies = {**guideline.therapies, **guideline.mentioned}
    if name in therapies:
        card["iri"] = therapies[name].iri
        about = [s.id for s in guideline.statements.values() if name in s.therapies]
        card["statements"] = about  # there are many; the table of statements has their words
    if card["kind"] == "variable: boolean":
        del card["values"]  # yes and no
    definition = f": {card['definition']}" if "definition" in card else ""
    yield from ("", f"### {name}", "")
    yield from (f"**{card['label']}** ({card['kind']}){escaped(definition)}", "")
    yield from _lines(card)


def _lines(card: Card) -> Iterator[str]:
    """Yield the lines of a card under its definition."""
    for key in _LINES:
        heading = _HEADINGS.get(key, key.replace("_", " ").capitalize())
        value = card.get(key)
        if not value:
            continue
        values: list[str | Item] = [value] if isinstance(value, str) else [*value]
        by_role: dict[str, list[str]] = {}
        for one in values:
            role = str(one.get("role", "")) if isinstance(one, Mapping) else ""
            by_role.setdefault(role, []).append(_marked(key, one))
        for role, each in by_role.items():
            title = f"{heading}: {role}" if role else heading
            alone = key in _LISTED or (key == "statements" and isinstance(values[0], Mapping))
            if alone and len(each) > 1:
                yield f"- {title}:"
                yield from (f"  - {line}" for line in each)
            else:
                yield f"- {title}: {'; '.join(each) if key == 'criteria' else ', '.join(each)}"


def _marked(key: str, value: str | Item) -> str:
    """Return one value of a line of a card, marked up."""
    if isinstance(value, Mapping):
        return _ITEMS[key](value)
    if key in _CODE:
        return f"`{value}`"
    return linked(value) if key in _TERMS else escaped(value)


def _rules(guideline: Guideline) -> Iterator[str]:
    """Yield a line about each rule that derives values, and each that finds conflicts."""
    for rule in guideline.derivations:
        yield from _derivation(guideline, rule)
    for conflict in guideline.conflict_rules:
        said = (_said(guideline, guideline.variables[name], mask) for name, mask in conflict.parts)
        parts = " and ".join(said)
        yield f"- **{escaped(conflict.label)}** where {parts}: {escaped(conflict.message)}"


def _derivation(guideline: Guideline, rule: Derivation) -> Iterator[str]:
    yield f"- **{escaped(rule.label)}** gives {_names(rule.targets)}."
    for narrowing in rule.narrowings:
        source, target = (guideline.variables[n] for n in (narrowing.source, narrowing.target))
        when = _said(guideline, source, narrowing.when)
        yield f"  - Where {when}, then {_said(guideline, target, narrowing.then)}."
    if rule.score is not None:
        for name, mask, points in rule.score.points:
            said = _said(guideline, guideline.variables[name], mask)
            yield f"  - {said}: {points} point{'' if points == 1 else 's'}."
        target = guideline.variables[rule.score.target]
        for mask, low, high in rule.score.totals:
            yield f"  - {low} to {high} points: {_said(guideline, target, mask)}."
    if rule.note:
        yield f"  - {READING}: {escaped(rule.note)}"
    yield f"  - Where two sources disagree: {escaped(rule.message)}"


def _said(guideline: Guideline, variable: Variable, mask: int) -> str:
    """Return in words that a variable lies in the bands of a mask."""
    if not variable.is_number:
        chosen = tuple(variable.words[i] for i in bands_of(mask))
        return escaped(words(guideline, Atom(variable.name, words=chosen)))
    return escaped(words(guideline, Atom(variable.name, intervals=variable.runs(mask))))


def _statements(guideline: Guideline) -> Iterator[str]:
    """Yield the tables of statements, one for each section."""
    for section in sections(guideline):
        yield from ("", f"### Section {section}", "")
        yield "| statement | characters | kind | decidable | says | read as |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for statement in guideline.statements.values():
            if statement.section == section:
                reads = _names(each.id for each in read_as(guideline, statement.id))
                yield (
                    f'| <a id="{statement.id.lower()}"></a>{statement.id} '
                    f"| {statement.start}–{statement.end} | {guideline.kinds[statement.kind]} "
                    f"| {'yes' if statement.decidable else 'no'} "
                    f"| {escaped(statement.paraphrase)} | {reads} |"
                )
