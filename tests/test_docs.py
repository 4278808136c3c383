"""The docs are true: every Python example and every transcript in them is run and compared."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from kg.cli import command_line
from kg.errors import HccKgError
from kg.output import copy_folder
from kg.paths import ONTOLOGY_VARIABLE, example_cohort
from kg.writers import FORMATS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FILES = sorted(example_cohort().parent.iterdir())
COMMAND = "hcc-kg "
TRANSCRIPT = re.compile(r"^```sh\n(.*?)^```\n(\n```text\n(.*?)^```$)?", re.S | re.M)
FOLDER = "examples try && cd try"
WAITS = re.compile(r"^(explore|serve|bench|certify|check)\b|--engine spark|https?://")


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.S | re.M)


def transcripts(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a page, in order, with the lines that it is said to print.

    A block of `sh` holds commands alone, to be copied; a block of `text` right after it is what
    the last of them prints.
    """
    for block, _, told in TRANSCRIPT.findall(page.read_text("utf-8")):
        commands = block.replace("\\\n", " ").splitlines()
        for number, command in enumerate(commands, start=1):
            if command.startswith(COMMAND):
                yield command.removeprefix(COMMAND), told.splitlines() * (number == len(commands))


def matches(expected: list[str], found: list[str]) -> bool:
    """Return whether lines are as expected; a line `...` stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()) + r"\n"
        for line in expected
    )
    return bool(re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in found)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the docs name, and a terminal of 80 columns."""
    copy_folder(example_cohort().parent, tmp_path)
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return tmp_path


with_python = [page for page in PAGES if blocks(page, "python")]
with_transcripts = [page for page in PAGES if any(expected for _, expected in transcripts(page))]


def test_examples_and_transcripts_are_found() -> None:
    assert "python.md" in [page.name for page in with_python]
    assert "patient-table.md" in [page.name for page in with_transcripts]


@pytest.mark.parametrize("page", with_python, ids=lambda page: page.name)
@pytest.mark.usefixtures("folder", "quick_java")
def test_python_examples_give_the_output_that_is_shown(page: Path) -> None:
    text = "\n".join(blocks(page, "python"))
    examples = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    assert examples.examples, "a python block needs >>> prompts"
    told: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    runner.run(examples, out=told.append)
    assert not runner.failures, "".join(told)


@pytest.mark.parametrize("page", with_transcripts, ids=lambda page: page.name)
@pytest.mark.usefixtures("folder")
def test_transcripts_show_what_the_command_prints(page: Path, run: Callable[..., object]) -> None:
    for command, expected in transcripts(page):
        if command == FOLDER or WAITS.search(command):
            continue
        status, out, err = run(*shlex.split(command))  # type: ignore[misc]
        found = (out + err).splitlines()
        either = matches(expected, found) or matches(expected, out.splitlines())
        assert not expected or either, f"hcc-kg {command} prints\n" + "\n".join(found)
        assert expected or status in (0, 1), f"hcc-kg {command}: {err}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_shown_in_one_way_and_can_be_copied(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not blocks(page, "console")
    assert [
        line for block in blocks(page, "sh") for line in block.splitlines() if "$ " in line
    ] == []
    files = [file.name for file in FILES if re.search(rf"hcc-kg .*{re.escape(file.name)}", text)]
    shown = [*with_python, *with_transcripts]
    assert page not in shown or not files or f"hcc-kg {FOLDER}" in text, files


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tables_that_are_shown_are_files(page: Path) -> None:
    contents = {file.read_text("utf-8") for file in FILES if file.suffix == ".csv"}
    for block in blocks(page, "csv"):
        assert block in contents, f"no file in kg/examples/ is\n{block}"


def test_pages_have_transcripts_tables_links_and_commands() -> None:
    assert sum(len(list(transcripts(page))) for page in PAGES) > 20
    assert sum(bool(expected) for page in PAGES for _, expected in transcripts(page)) > 10
    assert sum(len(list(blocks(page, "csv"))) for page in PAGES) >= 2
    assert sum(len(LINK.findall(page.read_text("utf-8"))) for page in PAGES) > 100
    assert sum(len(list(named(page))) for page in PAGES) > 50


def test_transcript_that_differs_is_seen() -> None:
    assert matches(["a", "...", "c"], ["a", "b", "b", "c"])
    assert matches(["a", "..."], ["a"])
    assert not matches(["a", "...", "d"], ["a", "b", "c"])
    assert not matches(["a"], ["a", "b"])


# Commands, links and the index

LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!https?:|#)([^)#\s]+)(?:#([^)\s]+))?\)")
CODE = re.compile(r"^```\w*\n(.*?)^```$|`([^`\n]+)`", re.S | re.M)
NAMED = re.compile(r"(?:^|&& |bin/|\$ )hcc-kg ([a-z][^\n#]*)", re.M)


def commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the commands with their names, as `graph build`."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path}{name} ")
        else:
            yield path + name, command


def named(page: Path) -> Iterator[str]:
    """Yield what follows `hcc-kg` wherever a page has a command as code."""
    for fenced, inline in CODE.findall(page.read_text("utf-8")):
        yield from NAMED.findall((fenced or inline).replace("\\\n", " "))


EVERY = dict(commands(typer.main.get_command(command_line())))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page: those of its headings, and its own."""
    text = page.read_text("utf-8")
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    slugs = {re.sub(r"[^\w-]", "", t.lower().replace(" ", "-").replace("`", "")) for t in titles}
    return slugs | set(re.findall(r'<a id="(.+?)">', text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text("utf-8")):
        file = (page.parent / target).resolve()
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_named_exist_with_their_options(page: Path) -> None:
    for line in named(page):
        words = line.split()
        name = next((n for n in (" ".join(words[:2]), words[0]) if n in EVERY), "")
        assert name or words == ["graph"], line
        params = EVERY[name].params if name else ()
        known = {option for p in params for option in (*p.opts, *p.secondary_opts)}
        for word in words if name else ():
            if word.startswith("--"):
                assert word.partition("=")[0] in {*known, "--help"}, line


def test_the_readme_is_short_and_indexes_every_page() -> None:
    readme = PAGES[0].read_text("utf-8")
    assert readme.count("\n") <= 120
    linked = {target for target, _ in LINK.findall(readme)}
    assert {f"docs/{page.name}" for page in PAGES[1:]} <= linked


def test_the_readme_names_every_command() -> None:
    readme = PAGES[0].read_text("utf-8")
    assert "queries" in EVERY
    assert [name for name in EVERY if f"hcc-kg {name.split()[0]}" not in readme] == []


def test_the_help_of_the_whole_and_of_the_group_shows_an_example() -> None:
    whole = typer.main.get_command(command_line())
    for command in (whole, whole.commands["graph"]):  # type: ignore[attr-defined]
        assert "Example: hcc-kg " in (command.help or "")


@pytest.mark.parametrize("name", EVERY)
def test_every_help_shows_an_example_that_names_the_command(name: str) -> None:
    told = EVERY[name].help or ""
    examples = re.findall(r"^ *(?:Example: )?hcc-kg (.+)$", told, re.M)
    assert examples
    assert all(example.startswith(name) for example in examples)


@pytest.mark.parametrize("name", ["classify", "cohort", "explain", "queries", "show", "template"])
def test_examples_of_a_help_run_with_what_ships(
    folder: Path, run: Callable[..., object], name: str
) -> None:
    if name == "template":  # it makes new files only
        (folder / "patients.csv").unlink()
    told = EVERY[name].help or ""
    for example in re.findall(r"^ *(?:Example: )?hcc-kg (.+)$", told, re.M):
        if "s3a:" not in example:
            status, _, err = run(*shlex.split(example))  # type: ignore[misc]
            assert status == 0, err


# The page of the command line

COMMAND_LINE = (ROOT / "docs" / "command-line.md").read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """Return the rows of the table below a heading of the page of the command line."""
    section = COMMAND_LINE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\|(.*)\|$", section, re.M)[2:]
    return [[cell.strip() for cell in row.split("|")] for row in rows]


def environment(file: Path) -> Iterator[str]:
    """Yield the environment variables that a module reads or lets an option read."""
    names, text = {"ONTOLOGY_VARIABLE": ONTOLOGY_VARIABLE}, file.read_text("utf-8")
    for node in ast.walk(ast.parse(text if "environ" in text or "envvar" in text else "")):
        read: list[ast.expr] = []
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("environ.get"):
            read = node.args[:1]
        elif isinstance(node, ast.Compare) and "environ" in ast.unparse(node.comparators[0]):
            read = [node.left]
        elif isinstance(node, ast.keyword) and node.arg == "envvar":
            read = [node.value]
        for name in read:
            if isinstance(name, ast.Constant):
                yield str(name.value)
            elif isinstance(name, ast.Name) and name.id in names:
                yield names[name.id]


def test_the_page_of_the_command_line_has_every_command() -> None:
    assert [row[0].strip("`") for row in table("Commands")] == list(EVERY)


def test_the_page_says_of_the_right_commands_what_exit_status_1_means() -> None:
    told = {row[0].strip("`") for row in table("Commands") if row[2]}
    sources = {name: inspect.getsource(command.callback) for name, command in EVERY.items()}
    assert told == {name for name, source in sources.items() if "Exit(1)" in source}


def test_the_page_of_the_command_line_has_the_exit_statuses_of_all_errors() -> None:
    statuses = {row[0] for row in table("Exit status")}
    errors = [HccKgError, *HccKgError.__subclasses__()]
    assert {str(error.exit_status) for error in errors} <= statuses
    assert statuses == {"0", "1", "2", "3", "129, 130, 143", "141"}


def test_the_page_of_the_command_line_has_every_environment_variable() -> None:
    told = [
        name for row in table("Environment variables") for name in re.findall("`(.+?)`", row[0])
    ]
    files = sorted((ROOT / "kg").rglob("*.py"))
    found = {name for file in files for name in environment(file)} - {"PATH"}
    assert "HCC_KG_TOKEN" in found
    assert set(told) == found


def test_the_page_of_the_command_line_has_every_format_of_results() -> None:
    (row,) = [row for row in table("Formats") if row[0] == "`classify`"]
    assert re.findall("`(.+?)`", row[2]) == list(FORMATS)
