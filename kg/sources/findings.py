"""What is found in records of other systems, and how it becomes one draft a patient.

1. A reader (FHIR, OMOP) turns each resource into *findings*: one for each part of it whose code
   a rule knows. A resource without such a code is counted by its code.
2. A finding becomes a *reading*, a cell with its date, or the reason why it cannot be one.
3. Of the readings of a variable the newest counts; those that it replaces are counted as older.
   Different values of the same date leave the variable open, and so does a diagnosis that still
   holds beside a newer finding that says otherwise.
4. What is said of the tumour waits for the end: only then is it known which cancers there are.

Every resource ends in one of three places, and the three add up: used, unread with its reason,
counted by code.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from kg.guideline.intervals import Interval
from kg.guideline.values import Knowledge, Variable
from kg.sources.readings import Item, ReadFact, Unread
from kg.sources.rules import LIVER_METASTASIS, LIVER_TUMOUR, OTHER_CANCER, Rule
from kg.sources.values import UnreadError

_TOO_OLD = "older than the period that counts"
_WITHDRAWN = "another version of it was entered in error or deleted"


DraftCell = tuple[str, str]  # a cell of a draft, and where it comes from


@dataclass
class PatientFindings:
    """What is known of one patient so far."""

    newest: dict[str, list[ReadFact]] = field(default_factory=dict)
    lasting: dict[str, list[ReadFact]] = field(default_factory=lambda: defaultdict(list))
    about_tumour: list[ReadFact] = field(default_factory=list)
    cancers: dict[str, str] = field(default_factory=dict)  # a diagnosis -> what it marks
    tumours: dict[Variable, set[str]] = field(default_factory=dict)
    born: str = ""
    mixed: str = ""  # why what was found may be of two patients

    def all_readings(self) -> list[ReadFact]:
        """Return all that may still be used."""
        lists = (*self.newest.values(), *self.lasting.values(), self.about_tumour)
        return [reading for readings in lists for reading in readings]


@dataclass
class Findings:
    """All that is found; `told` has each finding that is not read, `unread` counts resources."""

    as_of: date
    told: list[Unread] = field(default_factory=list)
    patients: dict[str, PatientFindings] = field(
        default_factory=lambda: defaultdict(PatientFindings)
    )
    counted: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    places: dict[str, bool] = field(default_factory=dict)  # a body structure -> in the liver
    withdrawn: set[str] = field(default_factory=set)  # resources of which a version is no more
    resources: int = 0
    unread: int = 0
    used: int = 0

    def mark(self, item: Item, mark: str) -> None:
        """Note a cancer of a patient."""
        cancers = self.patients[item.patient].cancers
        cancers[item.name if item.id else f"{item.name}{len(cancers)}"] = mark

    def count(self, kind: str, code: str, why: str = "") -> None:
        """Count a resource by its code."""
        self.counted[kind, code, why] += 1

    def leave(self, item: Item, reason: str, rule: Rule | None = None) -> None:
        """List a resource as unread."""
        variable = rule.variable.name if rule and rule.variable else ""
        self.told.append(Unread(item.kind, item.id, item.patient, variable, reason))
        item.listed = True

    def diagnose(
        self,
        item: Item,
        rules: Collection[Rule],
        read: Callable[[Item, Rule], ReadFact],
        holds: Callable[[str], bool] = lambda mark: True,
    ) -> None:
        """Take a resource that rules, or its name, tell: a cancer of a mark that `holds`, cells."""
        marks = [rule.marks for rule in rules if rule.marks] or ([] if rules else [OTHER_CANCER])
        counts = bool(marks) and holds(marks[0])
        if counts and item.patient:
            self.mark(item, marks[0])
        telling = [rule for rule in rules if rule.variable or rule.not_read]
        if not telling:
            why = "" if counts else ", not confirmed or no longer there"
            self.count(item.kind, item.code, f"{marks[0]}{why}")
            return
        for rule in telling:
            self.take(item, rule, read)
        self.release(item)

    def take(self, item: Item, rule: Rule, read: Callable[[Item, Rule], ReadFact]) -> None:
        """Take what `read` makes of a resource by a rule, or list why it is nothing."""
        try:
            if not item.patient:
                raise UnreadError(item.nobody)
            if rule.not_read:
                raise UnreadError(rule.not_read)
            self.add(read(item, rule))
        except UnreadError as error:
            self.leave(item, str(error), rule)

    def release(self, item: Item) -> None:
        """Let go of a resource; one of which no reading is left is settled."""
        item.live -= 1
        if item.live:
            return
        if item.listed:
            self.unread += 1
        else:
            self.count(item.kind, item.code, item.why)

    def drop(self, reading: ReadFact, reason: str | None = None) -> None:
        """Give a reading up; a reason lists it, without one it was merely older."""
        if reason:
            self.leave(reading.item, reason, reading.rule)
        self.release(reading.item)

    def add(self, reading: ReadFact) -> None:
        """Take a reading, if its date counts.

        Raises:
            UnreadError: it says nothing, or its date does not count.
        """
        item, rule, when = reading.item, reading.rule, reading.when
        if rule.variable and reading.known in (None, rule.variable.unknown):
            raise UnreadError(f"{reading.said} leaves {rule.variable.name} open")
        if when.first.date() > self.as_of:
            raise UnreadError(f"dated {when.text}, after {self.as_of}")
        if when.last.date() > self.as_of:
            raise UnreadError(f"dated {when.text}, which may be after {self.as_of}")
        days, more = rule.window, ", and is not said to be active"
        if reading.lasting and (reading.active or rule.onset_within is not None):
            days, more = rule.onset_within, ""
        if days is not None and when.first.date() < self.as_of - timedelta(days=days):
            if reading.lasting:
                raise UnreadError(f"it began {when.text}, more than {days} days before{more}")
            item.why = _TOO_OLD
            return
        item.live += 1
        known = self.patients[item.patient]
        if rule.about_tumour or reading.focus:
            known.about_tumour.append(reading)
        else:
            self._keep(known, reading)

    def _keep(self, known: PatientFindings, reading: ReadFact) -> None:
        name = reading.rule.variable.name if reading.rule.variable else ""
        if reading.lasting:
            known.lasting[name].append(reading)
            return
        others = known.newest.get(name)
        if others is None:
            known.newest[name] = [reading]
        elif all(reading.when.first > other.when.last for other in others):
            known.newest[name] = [reading]
            for other in others:
                self.drop(other)
        elif any(other.when.first > reading.when.last for other in others):
            self.drop(reading)
        else:
            others.append(reading)

    def drafts(self) -> Iterator[tuple[str, dict[str, DraftCell]]]:
        """Yield each patient with the cells of the draft; everything is settled after that."""
        for patient, known in self.patients.items():
            for name in [name for name in known.cancers if name in self.withdrawn]:
                del known.cancers[name]
            if known.mixed:
                for reading in known.all_readings():
                    self.drop(reading, known.mixed)
                known.cancers.clear()
                yield patient, {}
                continue
            self._settle_tumour(known)
            used: set[int] = set()
            cells = {}
            for name in dict.fromkeys((*known.newest, *known.lasting)):
                readings = self._current(
                    self._standing(known.newest.get(name, [])),
                    self._standing(known.lasting.get(name, [])),
                )
                cell = self._agreed(readings)
                if cell is not None:
                    cells[name] = cell
                    used.update(id(reading.item) for reading in readings)
            for variable, tumours in known.tumours.items():
                if variable.name not in cells and len(tumours) > 1:
                    source = f"tumours seen: {', '.join(sorted(tumours))}"
                    cells[variable.name] = (f">={len(tumours)}", source)
            self.used += len(used)
            yield patient, cells

    def _standing(self, readings: list[ReadFact]) -> list[ReadFact]:
        """Return the readings of resources of which no version was withdrawn."""
        for reading in readings:
            if reading.item.name in self.withdrawn:
                self.drop(reading, _WITHDRAWN)
        return [one for one in readings if one.item.name not in self.withdrawn]

    def _current(self, timed: list[ReadFact], lasting: list[ReadFact]) -> list[ReadFact]:
        """Return the readings that count: a diagnosis that began later replaces what was found."""
        kept = []
        for reading in timed:
            if any(other.when.first > reading.when.last for other in lasting):
                self.drop(reading)
            else:
                kept.append(reading)
        return [*kept, *lasting]

    def _agreed(self, readings: list[ReadFact]) -> DraftCell | None:
        """Return the cell that readings of one variable agree on; list them where they do not."""
        if not readings:
            return None
        variable = readings[0].rule.variable
        if variable is None:
            return None
        known: Knowledge | None = None
        for cell in [reading.known for reading in readings if reading.known]:
            known = variable.narrowed(known, cell) if known else cell
            if known is None:
                names = ", ".join(
                    f"{one.item.name} ({one.when.text}: {one.said})" for one in readings
                )
                for reading in readings:
                    self.drop(reading, f"{names} contradict one another")
                return None
        best = next((reading for reading in readings if reading.known == known), readings[0])
        known = known or variable.unknown
        for told in map(variable.without_limits, known.intervals):
            if None not in (told.low, told.high):  # no cell leaves out an end of a range
                known = variable.from_intervals((Interval(told.low, told.high),))
        return variable.wording(known), f"{best.item.name}, {best.when.text}, {best.said}"

    def _settle_tumour(self, known: PatientFindings) -> None:
        """Let through what is surely said of the liver tumour."""
        known.about_tumour = self._standing(known.about_tumour)
        marks = set(known.cancers.values())
        for reading in known.about_tumour:
            reason = self._not_the_tumour(known, marks, reading)
            if reason:
                self.drop(reading, reason)
                continue
            self._keep(known, reading)
            if reading.rule.counts:
                names = (name for name in reading.focus if name in self.places)
                known.tumours.setdefault(reading.rule.counts, set()).update(names)
        known.about_tumour = []

    def _not_the_tumour(
        self, known: PatientFindings, marks: set[str], reading: ReadFact
    ) -> str | None:
        """Say why a reading is not surely about the liver tumour; None where it is."""
        for name in reading.focus:
            if known.cancers.get(name) == LIVER_TUMOUR:
                continue
            if not self.places.get(name):
                return f"it is about {name}, which is not known to be the liver tumour"
            if LIVER_METASTASIS in marks:
                return "the tumour may be a metastasis in the liver"
        if reading.focus:
            return None
        if LIVER_TUMOUR not in marks:
            return "it does not say of which tumour, and no liver tumour is diagnosed"
        if marks & {OTHER_CANCER, LIVER_METASTASIS}:
            return "it does not say of which tumour, and there is another cancer"
        return None
