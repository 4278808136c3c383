"""The catalogue of saved questions: SPARQL files whose headers say what they ask.

A file is one query that stands alone. Its header is YAML behind `#+`:

    #+ title: What is missing
    #+ question: Which variables would settle the undetermined verdicts on a patient?
    #+ tags: [patient, missing]
    #+ parameters:
    #+   patient: {type: string, required: true, example: p1, description: patient identifier}
    #+ expect: 1

`expect` is the least number of rows on the example cohort, or `none` for a check. It is 0 for a
question about several editions. A parameter is a variable that the query binds once by
`VALUES ?name { UNDEF }`; its value takes the place of UNDEF there, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from kg.catalogue.parameters import SORTS, TYPES, Parameter
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.paths import queries_folder
from kg.texts import alike, told_nearest

SUBJECTS: Mapping[str, str] = {  # the folders of the catalogue, in order, with words for each
    "guideline": "The guideline",
    "eligibility": "A patient",
    "cohort": "A cohort",
    "mappings": "Mappings to other vocabularies",
    "checks": "Checks, which must find nothing",
}
_MARK = "#+"
_KEYS = ("title", "question", "tags", "expect")
_PARAMETER_KEYS = {"type", "among", "choices", "required", "example", "description"}
_STEM = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_BLOCK = r"VALUES\s+\?({})\s*\{{\s*UNDEF\s*\}}"


@dataclass(frozen=True)
class Question:
    """A saved question; `subject` is what it is about, `least` how many rows it should give.

    A check has no `least`: any row of it is a fault.
    """

    name: str
    subject: str
    title: str
    question: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    least: int | None
    text: str
    path: Path

    def __repr__(self) -> str:
        return f"<Question {self.name}: {self.question}>"

    @property
    def is_check(self) -> bool:
        """Whether the question must have no answer."""
        return self.least is None

    @property
    def examples(self) -> dict[str, str]:
        """An example value of each parameter."""
        return {parameter.name: parameter.example for parameter in self.parameters}

    def filled(self, values: Mapping[str, str], guideline: Guideline | None = None) -> str:
        """Return the query with values in place; parameters without one stay free.

        Raises:
            InputError: a value is wrong, a required one missing, or there is no such parameter.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known:
                raise InputError(f"{self.name} has no parameter {name!r}; {self._usage()}")
        for parameter in self.parameters:
            if parameter.required and parameter.name not in values:
                raise InputError(
                    f"{self.name} needs parameter {parameter.name}: give {parameter.expected}, "
                    f"such as {parameter.name}={parameter.example}"
                )
        if not values:
            return self.text
        chosen = guideline or load()
        terms = {name: known[name].term(value, chosen) for name, value in values.items()}
        # One pass over the file's own text: a value is never searched for blocks to fill.
        return re.sub(
            _BLOCK.format("|".join(terms)),
            lambda found: f"VALUES ?{found[1]} {{ {terms[found[1]]} }}",
            self.text,
        )

    def absent(
        self, values: Mapping[str, str], guideline: Guideline, ask: Callable[[str], bool]
    ) -> Iterator[str]:
        """Yield the patients and graphs that values name, and that are not where `ask` looks."""
        return (told for told, whether in self.sought(values, guideline) if not ask(whether))

    def sought(self, values: Mapping[str, str], guideline: Guideline) -> list[tuple[str, str]]:
        """Return the patients and graphs that values name, each with the query whether it is."""
        named = (one for one in self.parameters if one.name in values)
        found = (one.presence(values[one.name], guideline) for one in named)
        return [one for one in found if one is not None]

    def as_json(self) -> dict[str, object]:
        """Return what there is to know of the question, for programs."""
        names = ("name", "subject", "title", "question")
        return {
            **{name: getattr(self, name) for name in names},
            "tags": list(self.tags),
            "check": self.is_check,
            "parameters": [parameter.as_json() for parameter in self.parameters],
        }

    def _usage(self) -> str:
        if not self.parameters:
            return "it takes none"
        return "it takes " + ", ".join(f"{p.name} ({p.expected})" for p in self.parameters)


def title(subject: str) -> str:
    """Return the words for a subject; a folder that is none of ours goes by its name."""
    return SUBJECTS.get(subject, subject.capitalize())


@cache
def catalogue(folder: Path | None = None) -> Mapping[str, Question]:
    """Return all questions by name, folder by folder.

    Raises:
        InputError: a file has a wrong header, or two files share a name.
    """
    found: dict[str, Question] = {}
    for path in _files(folder or queries_folder()):
        if path.stem in found:
            raise InputError(f"{path} and {found[path.stem].path} share a name; rename one")
        found[path.stem] = read(path)
    return found


def tagged(tag: str | None) -> list[Question]:
    """Return the questions that have a tag; all where none is named.

    Raises:
        InputError: none has it.
    """
    every = catalogue().values()
    found = [one for one in every if tag is None or tag in one.tags]
    if not found:
        tags = ", ".join(sorted({name for one in every for name in one.tags}))
        raise InputError(f"no question has the tag {tag!r}; the tags are {tags}")
    return found


def question(name: str, folder: Path | None = None) -> Question:
    """Return a question by its name.

    Raises:
        InputError: there is none of that name; the text names the nearest.
    """
    paths = {path.stem: path for path in _files(folder or queries_folder())}
    if name in paths:
        return read(paths[name])
    near = alike(name, paths, 3)
    hint = f"; {told_nearest(near)}" if near else ""
    raise InputError(f"there is no question {name!r}{hint}; 'hcc-kg queries' lists all")


def _files(folder: Path) -> list[Path]:
    order = {name: place for place, name in enumerate(SUBJECTS)}
    paths = [(order.get(path.parent.name, len(order)), path) for path in folder.glob("*/*.rq")]
    if not paths:
        raise InputError(f"{folder}: no queries; the catalogue should be here, as FOLDER/NAME.rq")
    return [path for _, path in sorted(paths)]


def read(path: Path) -> Question:
    """Read a question from its file.

    Raises:
        InputError: the header is wrong, with the file and the key.
    """
    return _read(path, path.read_text("utf-8"))


@lru_cache(maxsize=512)
def _read(path: Path, text: str) -> Question:
    """Return the question that a file holds; the same text is read once."""
    header = _header(path, text)
    _check_keys(path, "", header, _KEYS, {*_KEYS, "parameters"})
    if not _STEM.fullmatch(path.stem):
        raise InputError(f"{path}: the name should be words in kebab-case, such as why-not.rq")
    if not str(header["question"]).endswith("?"):
        raise InputError(f"{path}: question should end in a question mark")
    parameters, least = header.get("parameters", {}), header["expect"]
    if least != "none" and not least.isdecimal():
        raise InputError(f"{path}: expect: {least!r} should be a number of rows, or none")
    if not isinstance(parameters, dict) or not isinstance(header["tags"], list):
        raise InputError(f"{path}: tags should be a list, and parameters a mapping of names")
    return Question(
        name=path.stem,
        subject=path.parent.name,
        title=header["title"],
        question=header["question"],
        tags=tuple(header["tags"]),
        parameters=tuple(_parameter(path, text, *item) for item in parameters.items()),
        least=None if least == "none" else int(least),
        text=text,
        path=path,
    )


class _Loader(yaml.BaseLoader):
    """Reads every scalar as text, and refuses a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(problem=f"{key!r} stands twice")
        return super().construct_mapping(node, deep)


def _header(path: Path, text: str) -> dict[str, Any]:
    lines = [line[len(_MARK) :] for line in text.splitlines() if line.startswith(_MARK)]
    try:
        header = yaml.load("\n".join(lines), Loader=_Loader)  # noqa: S506 - it makes only texts
    except yaml.YAMLError as error:
        raise InputError(f"{path}: the header is not valid YAML: {error}") from error
    if not isinstance(header, dict):
        raise InputError(f"{path}: no header; begin with lines such as '#+ title: ...'")
    return header


def _check_keys(
    path: Path, inside: str, found: Mapping[str, Any], needed: Iterable[str], known: set[str]
) -> None:
    where = f"{path}: {inside}"
    for key in found:
        if key not in known:
            raise InputError(f"{where}unknown key {key!r}; the keys are {', '.join(sorted(known))}")
    for key in needed:
        if not found.get(key):
            raise InputError(f"{where}no {key!r}; add it")


def _parameter(path: Path, text: str, name: str, said: Mapping[str, Any]) -> Parameter:
    inside = f"parameter {name}: "
    if not isinstance(said, dict):
        raise InputError(f"{path}: {inside}should be {{type: ..., example: ..., ...}}")
    _check_keys(path, inside, said, ("type", "example", "description"), _PARAMETER_KEYS)
    for key, allowed in (("type", TYPES), ("among", SORTS), ("required", ("true", "false"))):
        if key in said and said[key] not in allowed:
            raise InputError(f"{path}: {inside}{key} should be one of {', '.join(allowed)}")
    for type_, key in (("term", "among"), ("choice", "choices")):
        if (said["type"] == type_) != (key in said):
            raise InputError(f"{path}: {inside}{key} goes with type {type_}, and only with it")
    if len(re.findall(_BLOCK.format(re.escape(name)), text)) != 1:
        raise InputError(f"{path}: {inside}the query should hold VALUES ?{name} {{ UNDEF }} once")
    return Parameter(
        name=name,
        type=said["type"],
        description=said["description"],
        example=said["example"],
        required=said.get("required") == "true",
        among=said.get("among"),
        choices=tuple(said.get("choices", ())),
    )
