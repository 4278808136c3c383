"""Records from Python: a mapping of variables to values, and a mapping for each lesion.

| value | meaning |
| --- | --- |
| None, NaN, NA, or no entry | unknown |
| True, False | of a boolean variable |
| 2, 2.5, Decimal("2.5") | of a number, in the unit of the variable |
| "vp3" | of an enumerated variable |
| ">=5", "<3", "1..2", "vp3|vp4" | partial knowledge, as in a cell of a table |
| "2.4 mg/dL" | a number in another unit; so is 2.4 under the name "bilirubin_umol_l [mg/dL]" |

A float is read as the shortest decimal that it stands for. `patient_id` is optional; names that
begin with `_` are passed over, as in tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import ID, LESION_ID
from kg.patients.cells import is_unknown
from kg.patients.columns import identifier
from kg.patients.records import Record, read_record
from kg.texts import hint

_NAMELESS = "unnamed"
_NOTHING = ("NAType", "NaTType")  # what pandas has in place of a value


def record_of(
    guideline: Guideline,
    record: Mapping[str, object],
    lesions: Iterable[Mapping[str, object]] | None = None,
) -> Record:
    """Return a mapping as a record; `lesions` has one mapping a lesion.

    Raises:
        InputError: a name is not a variable, or a value is none of its variable.
    """
    cells = _cells(record, [*guideline.variables], "the record")
    name = cells.pop(ID, None)
    patient_id = _NAMELESS if name is None or is_unknown(name) else identifier(name)
    return read_record(guideline, patient_id, cells, _lesions(guideline, lesions))


def _lesions(
    guideline: Guideline, lesions: Iterable[Mapping[str, object]] | None
) -> list[dict[str, str | None]] | None:
    if lesions is None:
        return None
    columns = [ID, LESION_ID, *guideline.lesion_columns]
    found = [_cells(lesion, columns, f"lesion {i}") for i, lesion in enumerate(lesions, start=1)]
    names = [identifier(name) for cells in found if (name := cells.get(LESION_ID)) is not None]
    if len(set(names)) < len(names):
        raise InputError(f"the lesions: more than one of them has the same {LESION_ID}")
    return found


def _with_unit(name: str, allowed: Sequence[str]) -> tuple[str, str | None]:
    """Return a name without the unit that it tells: `bilirubin_umol_l [mg/dL]`."""
    base, sign, unit = name.partition("[")
    found = sign and unit.endswith("]") and base.strip() in allowed
    return (base.strip(), unit[:-1]) if found else (name, None)


def _cells(
    values: Mapping[str, object], allowed: Sequence[str], owner: str
) -> dict[str, str | None]:
    """Return values as the texts of cells, names that begin with `_` left out."""
    cells = {}
    for theirs, value in values.items():
        if theirs.startswith("_"):
            continue
        name, unit = _with_unit(theirs, allowed)
        if name not in allowed:
            near = hint(name.lower(), allowed)
            raise InputError(f"{owner}: {name!r} is not a variable{near}")
        text = cell(value, f"{owner}, {name}")
        cells[name] = text if unit is None or is_unknown(text) else f"{text} {unit}"
    return cells


def cell(value: object, place: str) -> str | None:
    """Return a Python value as the text of a cell.

    Raises:
        InputError: it is no value of a cell.
    """
    if isinstance(value, str):
        _check_characters(value, place)
        return value
    if value is None or type(value).__name__ in _NOTHING:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float.__repr__(value).removesuffix(".0")
    if isinstance(value, int | Decimal):
        return str(value)
    item = getattr(value, "item", None)
    if item is not None and getattr(value, "ndim", None) == 0:  # a scalar of NumPy
        plain = item()
        return str(value).removesuffix(".0") if isinstance(plain, float) else cell(plain, place)
    raise InputError(
        f"{place}: a value of type {type(value).__name__} is not a cell; "
        "give a number, True or False, a text, or None where it is unknown"
    )


def _check_characters(text: str, place: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(
            f"{place}: {text!r} has half of a surrogate pair, which is not a character"
        ) from None
