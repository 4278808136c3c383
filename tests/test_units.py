"""Units of variables: their codes, spellings and factors, all from the ontology."""

from __future__ import annotations

import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

import kg
from kg.errors import OntologyError
from kg.paths import ontology_folder

VARIABLES = kg.load().variables


@pytest.mark.parametrize(
    ("variable", "written", "factor"),
    [
        ("bilirubin_umol_l", "mg/dL", "17"),
        ("bilirubin_umol_l", "MG / dl", "17"),
        ("bilirubin_umol_l", "µmol/l", "1"),
        ("bilirubin_umol_l", "μmol/L", "1"),
        ("albumin_g_l", "g/dL", "10"),
        ("max_tumour_diameter_cm", "mm", "0.1"),
        ("platelets_10e9_l", "10^3/µL", "1"),
        ("platelets_10e9_l", "/mm³", "0.001"),
        ("leukocytes_10e9_l", "10⁹/L", "1"),
        ("afp_ng_ml", "µg/L", "1"),
    ],
)
def test_a_unit_is_known_by_its_spellings(variable: str, written: str, factor: str) -> None:
    unit = VARIABLES[variable].unit_named(written)
    assert unit is not None
    assert unit.factor == Decimal(factor)


@pytest.mark.parametrize(
    ("variable", "written"),
    [("platelets_10e9_l", "mmol/l"), ("bilirubin_umol_l", "g/dL"), ("inr", "mg/dL")],
)
def test_a_unit_of_another_kind_is_none_of_the_variable(variable: str, written: str) -> None:
    assert VARIABLES[variable].unit_named(written) is None


def test_the_own_unit_comes_first_and_leaves_numbers_as_they_are() -> None:
    with_units = [v for v in VARIABLES.values() if v.units]
    assert with_units
    for variable in with_units:
        assert (variable.units[0].code, variable.units[0].factor) == (variable.unit, 1)


def test_units_that_are_spelt_alike_are_an_error(tmp_path: Path) -> None:
    shutil.copytree(ontology_folder(), tmp_path / "ontology")
    module = tmp_path / "ontology" / "variables.ttl"
    text = module.read_text("utf-8")
    assert '"gm/dL"' in text
    module.write_text(text.replace('"gm/dL"', '"gm/L"'), "utf-8")
    with pytest.raises(OntologyError, match="albumin_g_l: more than one of its units"):
        kg.load(tmp_path / "ontology")


def test_docs_print_no_factor_that_the_ontology_does_not_have() -> None:
    root = Path(__file__).parents[1]
    pages = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    factors = {f"{unit.factor.normalize():f}" for v in VARIABLES.values() for unit in v.units}
    for page in pages:
        text = page.read_text("utf-8")
        told = re.findall(r"(?:multipl\w+|divid\w+)[^.|]* by (\d+(?:\.\d+)?)", text)
        assert set(told) <= factors, page
        assert "17.1" not in text, f"{page}: bilirubin is converted by 17"
    assert "| mg/dL | 17 |" in (root / "docs" / "limits.md").read_text("utf-8")
