"""Files of FHIR R4: bundles, single resources and bulk files, one resource after another.

Numbers keep the digits they are written with. A line or a file that cannot be read becomes a text
that says why, and the others are read.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from kg.errors import InputError
from kg.sources.elements import Resource, listed, mapping, moments
from kg.sources.values import UnreadError, when_of

_LINES, _DOCUMENTS = (".ndjson", ".jsonl"), (".json",)
_OTHERS = (".xml", ".zip", ".bz2", ".xz", ".zst", ".7z", ".tgz", ".tar")  # may hold resources
_NO_RESOURCE = "it is not a resource, which is an object in braces"
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def fhir_files(source: Path) -> list[Path]:
    """Return the files of FHIR that a path names: itself, or those in a folder, by name."""
    if not source.is_dir():
        return [source] if _kind(source) in (*_LINES, *_DOCUMENTS) else []
    kinds = (*_LINES, *_DOCUMENTS, *_OTHERS)
    return [file for file in sorted(source.rglob("*")) if _kind(file) in kinds]


def _kind(file: Path) -> str:
    return Path(file.name.removesuffix(".gz")).suffix.lower()


def resources(file: Path) -> Iterator[Resource | str]:
    """Yield the resources of a file; a text says what of it could not be read.

    Raises:
        InputError: the file cannot be opened.
    """
    if _kind(file) in _OTHERS:
        yield f"{file.name}: only .json and .ndjson are read, and these packed as .gz"
        return
    try:
        if _kind(file) in _LINES:
            yield from _lines(file)
            return
        with _opened(file) as opened:
            text = opened.read()
    except (OSError, EOFError) as error:
        raise InputError(f"{file}: cannot be read: {error}") from error
    found = decoded(text, file.name)
    first, _, more = text.strip().partition(b"\n")
    if isinstance(found, str) and more and not isinstance(decoded(first, ""), str):
        yield from _lines(file)  # lines under the name of a document
    else:
        yield from found if isinstance(found, list) else (found,)


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
        found = _json(text)
    except ValueError as error:
        return f"{place}: {error}"
    if isinstance(found, list):
        return [one if isinstance(one, dict) else f"{place}: {_NO_RESOURCE}" for one in found]
    return found if isinstance(found, dict) else f"{place}: {_NO_RESOURCE}"


def _json(text: bytes) -> object:
    try:
        found: object = _DECODER.decode(text.removeprefix(b"\xef\xbb\xbf").strip().decode())
    except UnicodeDecodeError as error:
        raise ValueError("it is not JSON in UTF-8; save it in that encoding") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error.msg}{_where(error)}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON: it nests too deeply") from error
    if b"\\u" in text and b"\\ud" in text.lower():
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            why = "it has half of a surrogate pair, which is not a character"
            raise ValueError(why) from error
    return found


def _where(error: json.JSONDecodeError) -> str:
    """Say where a text stops being JSON; of one line, the line is known already."""
    if not error.doc:
        return ", for it is empty"
    line = f"line {error.lineno}, " if "\n" in error.doc else ""
    return f", {line}column {error.colno}"


def newest_date(found: Iterable[Resource | str]) -> tuple[set[str], date | None]:
    """Return the patients among resources, and the newest date at which something was found."""
    patients: set[str] = set()
    newest: date | None = None
    for resource in _flat(found):
        if resource.get("resourceType") == "Patient":
            patients.add(str(resource.get("id")))
        for text in moments(resource):
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
                mapping(entry.get("resource")) for entry in listed(resource.get("entry"))
            )
        else:
            yield resource
