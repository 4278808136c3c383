"""A first mapping of a table that is in other words: what its columns may be, to be edited."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median

import polars as pl

from kg.guideline import Guideline
from kg.guideline.values import Unit, Variable
from kg.keys import ID, LESION_ID, PROBLEM, ROW
from kg.patients.cells import CellError, is_unknown, parse_cell
from kg.patients.columns import as_text
from kg.patients.plausible import PlausibilityWatch, other_unit, units_in_which
from kg.readers import Source
from kg.texts import alike

_ROWS = 20_000
_SHOWN = 8
_LIKE = 0.85
_LONG = 6  # characters of a name that may be misspelt: ALBI is no ALB
_OWN = 0.8  # of the rows, those that have a cell of their own where it may be an identifier
_SOME = 0.05  # of the numbers of a column, those that make it one of two units
_WITH_UNIT = re.compile(r"(.+?)\s*[\[(]([^\])]+)[\])]\s*")
_NUMBER = re.compile(r"-?\d+(\.\d{1,2})?")  # no sign that may part thousands
_OF_PATIENTS = {"patient", "pat", "pid", "mrn"}
_IDENTIFYING = {*_OF_PATIENTS, "id", "no", "nr", "number", "case", "code"}
_PASSED = {"total", "serum", "max", "major", "level", "value", "no", "number", "of"}


@dataclass(frozen=True)
class Suggestion:
    """A column of a table: what it may be, its units, and its distinct cells, frequent first."""

    name: str
    target: str | None
    variable: Variable | None
    units: tuple[Unit, ...]
    cells: tuple[str, ...]
    distinct: int

    def read_as(self, variable: Variable | None) -> Suggestion:
        """Return what there is to say of the column where it is read as another variable."""
        units = _usual_units(variable, pl.Series(self.cells, dtype=pl.String)) if variable else ()
        target = variable.name if variable else None
        return replace(self, target=target, variable=variable, units=units)

    @property
    def strange(self) -> list[str]:
        """The frequent cells that are none of the words of the variable."""
        variable = self.variable
        if variable is None or variable.is_number:
            return []
        return sorted(cell for cell in self.cells[:_SHOWN] if not _is_cell(variable, cell))

    @property
    def odd(self) -> list[str]:
        """Numbers that are implausible or out of range: some may be codes that mean unknown."""
        if self.variable is None or not self.variable.is_number:
            return []
        if self.units:
            return [cell for cell in self.cells if self._is_odd(cell)][:_SHOWN]
        watch = PlausibilityWatch({self.name: self.variable})
        watch.add(pl.DataFrame({self.name: self.cells}, schema={self.name: pl.String}))
        found = [f"{number:g}" for number in watch.odd(self.name)]
        beyond = (c for c in self.cells if _NUMBER.fullmatch(c) and not _is_cell(self.variable, c))
        return list(dict.fromkeys([*found, *beyond]))[:_SHOWN]

    def _is_odd(self, cell: str) -> bool:
        """Return whether a cell is a number that is plausible in none of the units."""
        if self.variable is None or _NUMBER.fullmatch(cell) is None:
            return False
        fits = {unit.factor for unit in units_in_which(self.variable, float(cell))}
        return fits.isdisjoint(unit.factor for unit in self.units)

    @property
    def guess(self) -> dict[str, str]:
        """What the strange cells may stand for, where all of them may: to be confirmed.

        That is a word followed by a number (`A6`), a label, or, of numbers, the words in their
        order, or no (0) and any of the others (1).
        """
        words, cells = self.variable.words if self.variable else (), self.strange
        named = {cell: found for cell in cells if (found := self._named(cell))}
        if len(named) == len(cells) or not all(cell.isdecimal() for cell in cells):
            return named
        if cells == ["0", "1"] and len(words) > 2:
            return {"0": words[0], "1": "|".join(words[1:])}
        in_order = [str(int(cells[0]) + place) for place in range(len(words))]
        return dict(zip(cells, words, strict=True)) if cells == in_order else {}

    def _named(self, cell: str) -> str | None:
        """Return the word that a cell begins with before a number, or whose label it is."""
        begun, named = re.sub(r"[\s-]*\d+$", "", cell).casefold(), _words(cell)
        values = self.variable.values if self.variable else ()
        found = [v.name for v in values if v.name.casefold() == begun or _words(v.label) == named]
        return found[0] if len(found) == 1 else None

    @property
    def shown(self) -> str:
        """The first cells, as an example of what the column holds."""
        cells = [c if len(c) < 20 else f"{c[:20]}…" for c in self.cells[:_SHOWN]]
        mark = "; " if any("," in cell for cell in cells) else ", "
        return mark.join([*cells, *(["…"] if self.distinct > _SHOWN else [])]) or "empty"


def first_mapping(guideline: Guideline, source: Source) -> str:
    """Return a mapping file for a table, with what could not be told as comments."""
    columns = list(suggestions(guideline, source))
    parts = [
        [
            f"# A first mapping of {source.path}. Check each line: names are matched by how they",
            "# are spelt, units by what is usual. What begins with # is not read.",
        ],
        _names(columns),
        _units(columns),
        *_values(columns),
        _missing(columns),
        ["[constants]", '# distant_metastasis = "none"  # cells that hold for every row'],
    ]
    has_id = any(column.target == ID for column in columns)
    if not has_id:
        parts[-1].append(f'# {ID} = "{{row}}"  # where no column identifies the patient')
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def suggestions(guideline: Guideline, source: Source) -> Iterator[Suggestion]:
    """Yield what each column of a table may be; no variable is suggested twice."""
    known, taken = _known(guideline), set[str]()
    frame = next(iter(source.batches()), pl.DataFrame()).head(_ROWS)
    said = pl.any_horizontal(pl.exclude(ROW, PROBLEM).is_not_null())
    identifier = _identifier(source, frame.filter(said) if source.columns else frame)
    for name in source.columns:
        if name.startswith("_") or name not in frame.columns:
            continue
        found = _WITH_UNIT.fullmatch(name)
        variable = _variable(guideline, known, found[1] if found else name)
        if name == identifier or (variable is not None and variable.name in taken):
            variable = None
        texts = as_text(frame[name]).str.strip_chars().drop_nulls()
        counts = texts.value_counts(sort=True)
        cells = [text for text in counts.to_series().to_list() if not is_unknown(text, variable)]
        units: tuple[Unit, ...] = ()
        if variable is not None:
            taken.add(variable.name)
            unit = variable.unit_named(found[2]) if found else None
            units = (unit,) if unit else _usual_units(variable, texts)
        target = ID if name == identifier else variable.name if variable else None
        yield Suggestion(name, target, variable, units, tuple(cells), len(cells))


def _identifier(source: Source, frame: pl.DataFrame) -> str | None:
    """Return the column that seems to identify the patient, by its name.

    Each row has its own, or nearly each, or the name says nothing else, as in a table of lesions.
    """
    if ID in source.columns:
        return ID
    found = list[str]()
    for name in source.columns:
        if name in frame.columns and not {*_words(name)}.isdisjoint(_IDENTIFYING):
            texts = as_text(frame[name]).str.strip_chars().replace("", None).drop_nulls()
            if len(texts) == len(frame) == texts.n_unique():
                return name
            says = {*_words(name)}
            is_named = says <= _IDENTIFYING and not says.isdisjoint(_OF_PATIENTS)
            if is_named or texts.n_unique() > _OWN * len(frame):
                found.append(name)
    return next(iter(found), None)


def _known(guideline: Guideline) -> dict[str, Variable]:
    """Return the variables by all that they are called."""
    found: dict[str, Variable] = {}
    for variable in guideline.variables.values():
        if variable.name != ID:
            names = (variable.name, variable.label, *variable.alt_labels, *variable.hidden_labels)
            for name in names:
                found.setdefault(" ".join(_words(name)), variable)
    return found


def _variable(guideline: Guideline, known: dict[str, Variable], name: str) -> Variable | None:
    words = _words(name)
    for asked in (words, [word for word in words if word not in _PASSED]):
        text = " ".join(asked)
        if not text or name in (ID, LESION_ID) or _IDENTIFYING.issuperset(words):
            return None
        if text in known:
            return known[text]
        beginning = [v for other, v in known.items() if _begins(other, text)]
        if beginning and len({variable.name for variable in beginning}) == 1:
            return beginning[0]
        for near in alike(text, known if len(text) >= _LONG else (), cutoff=_LIKE):
            return known[near]
    return guideline.variables.get(name)


def _begins(label: str, text: str) -> bool:
    """Return whether a text is a label cut short: one word, or half of the label or more."""
    is_most = " " not in label or 2 * len(text) >= len(label)
    return len(text) > 2 and label.startswith(text) and is_most


def _words(name: str) -> list[str]:
    return re.sub(r"[\W_]+", " ", name.casefold()).split()


def _usual_units(variable: Variable, texts: pl.Series) -> tuple[Unit, ...]:
    """Return the units that the numbers of a column seem to be in; none for the own unit."""
    numbers = texts.cast(pl.Float64, strict=False).drop_nulls().to_list()
    if not variable.is_number or not numbers:
        return ()
    fits = [units_in_which(variable, number) for number in numbers]
    for unit in variable.units[1:]:
        alone = [sum(each == [one] for each in fits) for one in (variable.units[0], unit)]
        if min(alone) > _SOME * len(numbers):
            return (variable.units[0], unit)
    usual = other_unit(variable, median(numbers), variable.typical)
    return () if usual is None else (usual,)


def _key(name: str) -> str:
    """Return a name as a key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _names(columns: list[Suggestion]) -> list[str]:
    lines = ["[columns]"]
    for column in columns:
        if column.name == ID:
            continue
        label = f"{column.variable.label}: " if column.variable else ""
        mark = "" if column.target else "# "
        line = f'{mark}{_key(column.name)} = "{column.target or ""}"'
        lines.append(f"{line}  # {label}{column.shown}")
    return lines


def _units(columns: list[Suggestion]) -> list[str]:
    lines = []
    for column in columns:
        if column.variable is not None and any(unit.factor != 1 for unit in column.units):
            codes = [unit.code for unit in column.units]
            told = json.dumps(codes if len(codes) > 1 else codes[0])
            lines.append(f"{column.variable.name} = {told}  # {column.name}")
    return ["[units]", *lines] if lines else []


def _values(columns: list[Suggestion]) -> Iterator[list[str]]:
    """Yield a part for each variable that has words, with the cells that are none of them."""
    for column in columns:
        if column.variable is not None and column.strange:
            words = ", ".join(column.variable.words)
            lines = [f"[values.{column.variable.name}]  # {words}"]
            guess = column.guess
            yield [*lines, *(f'# {_key(c)} = "{guess.get(c, "")}"' for c in column.strange)]


def _is_cell(variable: Variable, cell: str) -> bool:
    try:
        return parse_cell(variable, cell) is not None
    except CellError:
        return False


def _missing(columns: list[Suggestion]) -> list[str]:
    lines = ["[missing]", "# all = []  # codes that mean unknown in every column"]
    for column in columns:
        if column.variable is not None and column.odd:
            told = f"{column.variable.name} = {json.dumps(column.odd)}"
            lines.append(f"# {told}  # implausible in {column.name}")
    return lines
