"""A draft of a patient table from records of other systems, to look at before it is classified."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from kg.errors import InputError
from kg.guideline import Guideline
from kg.guideline import chosen as _chosen
from kg.keys import AS_OF, ID, SOURCES
from kg.sources.elements import Resource
from kg.sources.fhir import FhirReader
from kg.sources.files import fhir_files, newest_date, resources
from kg.sources.findings import Findings
from kg.sources.forms import is_redcap, read_redcap
from kg.sources.omop import OmopReader, is_omop
from kg.sources.readings import Unread
from kg.sources.rules import LIVER_TUMOUR, Rules, read_rules
from kg.texts import counted

_COUNTED = ("resource", "code", "why")


@dataclass(frozen=True)
class ImportedDraft:
    """What was read: `resources` is the sum of `used`, the unread ones and the counted ones.

    `frame` is a patient table, one row per patient, all cells as text, with `_as_of` and
    `_sources` (JSON: where each cell comes from). `unread` has a row for each finding of a known
    code that gave no cell (resource, id, patient, variable, reason), `counted` how many resources
    there are of every other code (resource, code, why, count). `with_tumour` are the patients of
    whom a confirmed diagnosis of the liver tumour was found.
    """

    frame: pl.DataFrame
    unread: pl.DataFrame
    counted: pl.DataFrame
    as_of: date
    resources: int
    used: int
    left_out: int
    with_tumour: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        patients = counted(len(self.frame), "patient")
        return f"<ImportedDraft as of {self.as_of}: {patients}, {len(self.unread)} not read>"


def import_records(
    sources: str | Path | Iterable[str | Path],
    as_of: date | None = None,
    *,
    rules: Iterable[str | Path] = (),
    guideline: Guideline | None = None,
    edition: str | None = None,
) -> ImportedDraft:
    """Read FHIR (files, folders), OMOP (folders of tables) or a REDCap export as a draft.

    `as_of` is the date for which values count; one patient may do without: then the newest date
    on record takes its place. `rules` are Turtle files with rules for codes of one's own. Nothing
    is classified: look at the `frame` of the draft, and at its `unread` for what was known and not
    read.

    Raises:
        InputError: a source is not there or holds nothing that is read, or the date is missing.
        OntologyError: a rule is at fault.
    """
    chosen = _chosen(guideline, edition)
    paths = [Path(one) for one in ([sources] if isinstance(sources, str | Path) else sources)]
    if not paths:
        raise InputError("no source is named; give files or folders")
    if as_of is not None and type(as_of) is not date:
        raise InputError(f"as_of {as_of!r} is no date; give one such as datetime.date(2026, 2, 28)")
    if any(map(is_redcap, paths)):
        return _of_redcap(chosen, paths, as_of)
    known = read_rules(chosen, [Path(path) for path in rules])
    files = [file for path in paths for file in _files(path)]
    found = (resource for file in files for resource in resources(file))
    tables = [path for path in paths if is_omop(path)]
    return draft_of_resources(chosen, known, found, as_of or _newest(files, tables), tables)


def draft_of_resources(
    guideline: Guideline,
    rules: Rules,
    found: Iterable[Resource | str],
    as_of: date,
    tables: Iterable[Path] = (),
) -> ImportedDraft:
    """Return resources of FHIR that are at hand as a draft; `decoded` makes them of text.

    `tables` are folders of OMOP.
    """
    findings = Findings(as_of)
    reader = FhirReader(rules, findings)
    for resource in found:
        reader.read(resource)
    for folder in tables:
        OmopReader(rules, findings).read(folder)
    return _draft(guideline, findings)


def _draft(guideline: Guideline, findings: Findings) -> ImportedDraft:
    rows = _rows(guideline, findings)
    cancers = {name: known.cancers.values() for name, known in findings.patients.items()}
    draft = ImportedDraft(
        frame=rows,
        unread=pl.DataFrame(
            findings.told, schema=dict.fromkeys(Unread._fields, pl.String), orient="row"
        ),
        counted=_counted(findings),
        as_of=findings.as_of,
        resources=findings.resources,
        used=findings.used,
        left_out=findings.unread,
        with_tumour=frozenset(n for n, marks in cancers.items() if LIVER_TUMOUR in marks),
    )
    if draft.resources != draft.used + draft.left_out + findings.counted.total():
        raise AssertionError("resources were lost between reading and counting")
    return draft


def _of_redcap(guideline: Guideline, paths: Sequence[Path], as_of: date | None) -> ImportedDraft:
    """Return an export of a form as a draft: a table already, of which all is read."""
    if len(paths) > 1:
        raise InputError(f"{paths[0]} is an export of REDCap; import it by itself")
    frame = read_redcap(guideline, paths[0])
    day = as_of or date.fromtimestamp(paths[0].stat().st_mtime)
    nothing = _draft(guideline, Findings(day))
    return replace(nothing, frame=frame, resources=len(frame), used=len(frame))


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; check the path")
    if is_omop(path):
        return []
    found = fhir_files(path)
    if not found:
        raise InputError(
            f"{path} holds neither FHIR (.json, .ndjson) nor OMOP (person.csv or person.parquet), "
            "nor is it an export of REDCap"
        )
    return found


def _newest(files: Sequence[Path], tables: Sequence[Path]) -> date:
    if tables:
        raise InputError("name the date for which values count: --as-of 2026-02-28")
    faults = list[str]()

    def read() -> Iterator[Resource]:
        for source, one in ((file, one) for file in files for one in resources(file)):
            if isinstance(one, str):
                faults.append(one)
            elif "resourceType" not in one:
                faults.append(f"{source.name}: it has no resourceType, so it is not FHIR")
            else:
                yield one

    patients, newest = newest_date(read())
    if newest is None and faults and not patients:
        raise InputError(faults[0])
    if newest is None:
        raise InputError(
            "no value with a date was found; to see what there is instead, name the date for which "
            "values count: --as-of 2026-02-28"
        )
    if len(patients) > 1:
        raise InputError(
            f"there are {len(patients)} patients; name the date for which values count: "
            "--as-of 2026-02-28"
        )
    return newest


def _rows(guideline: Guideline, findings: Findings) -> pl.DataFrame:
    rows, filled = [], set[str]()
    for patient, cells in findings.drafts():
        filled.update(cells)
        row = {ID: patient, **{name: cell for name, (cell, _) in cells.items()}}
        sources = {name: source for name, (_, source) in cells.items()}
        row |= {AS_OF: findings.as_of.isoformat(), SOURCES: json.dumps(sources, ensure_ascii=False)}
        rows.append(row)
    columns = [ID, *(name for name in guideline.variables if name in filled), AS_OF, SOURCES]
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String))


def _counted(findings: Findings) -> pl.DataFrame:
    rows = [(*key, number) for key, number in findings.counted.most_common()]
    schema = {**dict.fromkeys(_COUNTED, pl.String), "count": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")
