"""The Python API: one record, tables in memory, files; the same answers as every other way in."""

from __future__ import annotations

import csv
import inspect
import pickle
import re
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import kg
from kg.paths import example_cohort

PATIENTS, LESIONS = example_cohort(), example_cohort().with_name("lesions.csv")
FACTS = {"patient_id": "p", "tumour_count": 1, "max_tumour_diameter_cm": Decimal("4.2")}


class Arrow:
    """A frame that is known by the Arrow PyCapsule interface alone."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def example() -> kg.TableResult:
    return kg.classify_table(PATIENTS, LESIONS)


# The package


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, kg; print([m for m in sys.modules if m in ('polars', 'kg.api')])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_every_exported_name_is_there_and_hides_no_module() -> None:
    modules = {path.stem for path in Path(kg.__file__).parent.iterdir()}
    assert not modules & set(kg.__all__)
    assert all(getattr(kg, name) is not None for name in kg.__all__)
    assert set(kg.__all__) <= set(dir(kg))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'clasify'"):
        kg.clasify  # type: ignore[attr-defined]  # noqa: B018


# One record


def test_records_and_tables_give_the_same_results(example: kg.TableResult) -> None:
    lesions = defaultdict(list)
    for row in rows(LESIONS):
        lesions[row["patient_id"]].append(row)
    single = [kg.classify(row, lesions.get(row["patient_id"])) for row in rows(PATIENTS)]
    for one, found in zip(single, example.patients(), strict=True):
        assert one.patient_id == found.patient_id
        assert one.therapies == found.therapies
        assert one.recommendations == found.recommendations
        assert len(one.conflicts) == len(found.conflicts)


@pytest.mark.parametrize("number", [2, 2.0, Decimal("2.00"), "2", ">=2"])
def test_a_number_may_come_in_any_type(number: object) -> None:
    found = kg.classify({"ablations_with_residual": number})
    assert found.therapies["rfa"].verdict == "contraindicated"


@pytest.mark.parametrize(("value", "verdict"), [(True, "contraindicated"), (False, "undetermined")])
def test_a_boolean_is_a_boolean(value: bool, verdict: str) -> None:
    assert kg.classify({"cachexia": value}).therapies["rfa"].verdict == verdict


def test_a_float_is_the_decimal_that_it_is_written_as() -> None:
    assert (
        "HAI-C8a"
        in kg.classify({"leukocytes_10e9_l": 2.9999999999, "hypersplenism": False})
        .therapies["tace"]
        .met
    )
    at_limit = kg.classify({"leukocytes_10e9_l": 0.1 + 2.9, "hypersplenism": False})
    assert "HAI-C8a" not in at_limit.therapies["tace"].met


def test_none_and_notes_say_nothing() -> None:
    noted = kg.classify({**FACTS, "cachexia": None, "_note": "seen on Monday"})
    assert noted == kg.classify(FACTS)


def test_a_scalar_with_item_is_unwrapped() -> None:
    class Scalar:
        ndim = 0

        def item(self) -> int:
            return 2

    found = kg.classify({"ablations_with_residual": Scalar()})
    assert found.therapies["rfa"].verdict == "contraindicated"


def test_number_in_another_unit_is_converted_exactly() -> None:
    child_pugh = {"inr": 1.8, "albumin_g_l": 32, "ascites": "mild", "encephalopathy": "none"}
    ours = kg.classify({**child_pugh, "bilirubin_umol_l": 51})
    assert kg.classify({**child_pugh, "bilirubin_umol_l": "3.0 mg/dL"}) == ours
    assert kg.classify({**child_pugh, "bilirubin_umol_l [mg/dL]": 3.0}) == ours
    assert kg.classify({**child_pugh, "bilirubin_umol_l [mg/dL]": 3.01}) != ours
    with pytest.raises(kg.InputError, match="'3 g/dL' is not a number in a unit of this variable"):
        kg.classify({"bilirubin_umol_l [g/dL]": 3})


def test_row_of_a_frame_is_read_as_the_frame_is() -> None:
    pd, np = pytest.importorskip("pandas"), pytest.importorskip("numpy")
    frame = pd.DataFrame(
        {"patient_id": ["a", "b"], "tumour_count": [2.0, None], "child_pugh_class": ["A", pd.NA]}
    )
    frame["cachexia"] = pd.array([True, pd.NA], dtype="boolean")
    frame["max_tumour_diameter_cm"] = np.array([2.3, np.nan], dtype=np.float32)
    table = list(kg.classify_table(frame).patients())
    assert [kg.classify(row.to_dict()) for _, row in frame.iterrows()] == table
    assert kg.classify({"patient_id": "b", "ecog": pd.NaT}) == table[1]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"tumor_count": 1}, "'tumor_count' is not a variable; the nearest is 'tumour_count'"),
        ({"tumour_count": 1.5}, "patient unnamed, tumour_count: '1.5' is not whole"),
        ({"tumour_count": float("inf")}, "'inf' is not a number"),
        ({"tumour_count": [1, 2]}, "a value of type list is not a cell"),
        ({"child_pugh_class": "D"}, "expected one of A, B, C"),
        ("tumour_count", "the record is no mapping of variables to what is known of them"),
        ({1: 2}, "'1' is not a variable"),
    ],
)
def test_what_cannot_be_read_is_an_error(record: Any, message: str) -> None:
    with pytest.raises(kg.InputError, match=message):
        kg.classify(record)


def test_lesions_are_counted_and_checked() -> None:
    found = kg.classify({}, [{"lesion_id": "a", "diameter_cm": 2}, {"diameter_cm": "<=3"}])
    assert "ABL-I1" in found.therapies["rfa"].met
    with pytest.raises(
        kg.InputError, match=r"lesion 1: 'diameter' is not a variable; .*diameter_cm"
    ):
        kg.classify({}, [{"diameter": 2}])
    with pytest.raises(kg.InputError, match="more than one of them has the same lesion_id"):
        kg.classify({}, [{"lesion_id": "a"}, {"lesion_id": "a"}])
    with pytest.raises(kg.InputError, match="are of more than one patient: p, q"):
        kg.classify({"patient_id": "p"}, [{"patient_id": "q", "diameter_cm": 2}])
    same = [{"patient_id": " p", "diameter_cm": 2}, {"patient_id": None}]
    assert kg.classify({"patient_id": "p"}, same) == kg.classify({"patient_id": "p"}, [same[0], {}])
    with pytest.raises(kg.InputError, match="type int is not a list of lesions"):
        kg.classify({}, 5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "call",
    [
        lambda **options: kg.classify_table(MIXED, **options),
        lambda **options: kg.cohort_report(MIXED, **options),
        lambda **options: kg.open_cohort(MIXED, **options),
        lambda **options: kg.compare(MIXED, **options),
        kg.graph,
        lambda **options: kg.owl(FACTS, **options),
    ],
)
def test_a_misspelt_option_is_an_error_and_not_passed_over(call: Any) -> None:
    with pytest.raises(kg.InputError, match="option"):
        call(mising=["999"])


@pytest.mark.parametrize("code", ["99", 99, ["99"], [99.0], {"tumour_count": 99}])
def test_a_code_that_means_unknown_may_be_one_text_or_number(code: object) -> None:
    frame = pl.DataFrame({"patient_id": ["a", "b"], "tumour_count": [99.0, 9.0]})
    table = kg.classify_table(frame, therapies="rfa", missing=code)
    assert ["tumour_count" in names for names in table.frame["missing"]] == [True, False]


def test_options_may_be_none_and_units_need_their_variables() -> None:
    table = kg.classify_table(MIXED, keep=None, units=None, mapping=None, sheet=None)  # type: ignore[arg-type]
    assert table.frame.equals(kg.classify_table(MIXED).frame)
    with pytest.raises(kg.InputError, match="units='mm' names no variables"):
        kg.classify_table(MIXED, units="mm")  # type: ignore[arg-type]


def test_what_looks_odd_in_a_table_is_told_where_it_is_shown() -> None:
    rows = [{"patient_id": name, "bilirubin_umol_l": 1.1} for name in "ab"]
    for shown in (kg.classify_table(rows), kg.open_cohort(rows)):
        (note,) = shown.summary.notes
        assert "are these mg/dL?" in note
        assert repr(shown).endswith("2 patients, 0 rejected rows, 0 in conflict, 1 note>")
        assert "are these mg/dL?" in shown._repr_html_()


def test_an_error_comes_whole_out_of_another_process() -> None:
    with pytest.raises(kg.UnknownColumnsError) as caught:
        kg.classify_table([{"patient_id": "a", "egoc": 1}])
    copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert (str(copied), copied.found) == (str(caught.value), caught.value.found)


def test_verdicts_are_counted_of_therapies_that_there_are(example: kg.TableResult) -> None:
    assert sum(example.summary.of("rfa").values()) == example.summary.patients
    with pytest.raises(
        kg.InputError, match="no verdicts on 'RFA'; there are on local_ablation_radical"
    ):
        example.summary.of("RFA")


def test_reasons_are_of_therapies_that_were_asked_for() -> None:
    table = kg.classify_table([{"patient_id": "p"}], therapies="rfa")
    assert table.reasons()["therapy"].to_list() == table.reasons("RFA")["therapy"].to_list()
    with pytest.raises(kg.InputError, match="not classified for tace, but for rfa only"):
        table.reasons("tace")


def test_every_function_that_takes_a_guideline_takes_an_edition() -> None:
    functions = [one for name in kg.__all__ if inspect.isfunction(one := getattr(kg, name))]
    given = [set(inspect.signature(one).parameters) for one in functions]
    assert sum("guideline" in names for names in given) > 10
    assert all("edition" in names for names in given if "guideline" in names)


def test_several_therapies_may_be_an_array() -> None:
    np = pytest.importorskip("numpy")
    names = np.array(["tace", "rfa"])
    assert list(kg.explain(FACTS, therapies=names).therapies) == ["rfa", "tace"]
    assert kg.classify(FACTS, assume=np.array(["all", "ecog=0"])).assumed
    compared = kg.compare([{"patient_id": "p"}], before=2011, therapies=names)  # type: ignore[arg-type]
    assert compared.frame.height == 2
    assert repr(compared) == f"<Comparison of 2011 and 2026: {compared.summary.words}>"
    assert kg.compare([{"patient_id": "p"}], therapies="RFA").frame.height == 1


def test_an_account_can_be_narrowed() -> None:
    explanation = kg.explain(FACTS, therapies=["tace", "rfa"])
    assert list(explanation.therapies) == ["rfa", "tace"]
    assert explanation.patient_id == "p"
    with pytest.raises(kg.InputError, match="no criteria for a therapy 'rfb'"):
        kg.explain(FACTS, therapies=["rfb"])


def test_an_unknown_engine_is_an_error() -> None:
    with pytest.raises(kg.InputError, match="'magic' is not an engine"):
        kg.classify(FACTS, engine="magic")
    with pytest.raises(kg.InputError, match="'magic' is not an engine"):
        kg.classify_table(pl.DataFrame({"patient_id": ["p"]}), engine="magic")


def test_another_ontology_is_followed(ontology_copy: Path) -> None:
    file = ontology_copy / "2011/criteria.ttl"
    text = file.read_text("utf-8")
    changed = re.sub(r"(leukocytes_10e9_l .*maxExclusive) 3\.0", r"\1 3.5", text)
    assert changed != text
    file.write_text(changed, "utf-8")
    record = {"leukocytes_10e9_l": 3.2, "hypersplenism": False}
    other = kg.load(str(ontology_copy))
    assert "HAI-C8a" in kg.classify(record, guideline=other).therapies["tace"].met
    assert "HAI-C8a" not in kg.classify(record).therapies["tace"].met


# Tables


def test_frames_and_files_give_the_same_results(example: kg.TableResult) -> None:
    frame, lesions = pl.read_csv(PATIENTS), pl.read_csv(LESIONS)
    for patients, second in ((frame, lesions), (Arrow(frame), Arrow(lesions))):
        found = kg.classify_table(patients, second)
        assert found.frame.equals(example.frame)
        assert found.compact.equals(example.compact)


def test_pandas_frames_are_read(example: kg.TableResult) -> None:
    pandas = pytest.importorskip("pandas")
    found = kg.classify_table(pandas.read_csv(PATIENTS), pandas.read_csv(LESIONS))
    assert found.frame.equals(example.frame)


def test_the_frame_has_a_row_a_patient_and_therapy(example: kg.TableResult) -> None:
    assert example.frame.columns == [
        "patient_id", "therapy", "verdict", "met", "missing", "unchecked",
    ]  # fmt: skip
    assert example.frame.height == example.compact.height * len(kg.therapies())
    assert example.summary.patients == example.compact.height
    assert sum(example.summary.of("rfa").values()) == example.compact.height


def test_bad_rows_are_set_aside_whole() -> None:
    frame = pl.DataFrame({"patient_id": ["a", "b", "b"], "ecog": ["9", "1", "2"], "_n": [1, 2, 3]})
    found = kg.classify_table(frame)
    assert found.frame.is_empty()
    assert found.rejected.columns == ["patient_id", "ecog", "_n", "_row", "_reason"]
    assert found.rejected["_row"].to_list() == [1, 2, 3]
    assert found.rejected["ecog"].to_list() == ["9", "1", "2"]
    assert found.summary.rejected == 3
    with pytest.raises(kg.InputError, match="the frame, row 1: column ecog"):
        kg.classify_table(frame, strict=True)


def test_lesions_of_rejected_patients_are_set_aside() -> None:
    lesions = pl.DataFrame({"patient_id": ["a", "x"], "lesion_id": ["1", "1"], "diameter_cm": 99.0})
    found = kg.classify_table(pl.DataFrame({"patient_id": ["a", "b"]}), lesions, therapies=["rfa"])
    assert found.frame["patient_id"].to_list() == ["b"]
    assert found.rejected["patient_id"].to_list() == ["a"]
    assert sorted(found.rejected_lesions["patient_id"]) == ["a", "x"]
    assert found.summary.rejected_lesions == 2


def test_no_rejected_row_is_an_empty_frame(example: kg.TableResult) -> None:
    assert example.rejected.is_empty()
    assert example.rejected.columns[-2:] == ["_row", "_reason"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"patient_id": ["p"]}, "a dict is not a table"),
        ([["p"]], "row 1: a list is not a row; give a mapping"),
        ([], "the list holds no rows"),
        (pl.DataFrame({"patient_id": ["p"], "age": [1]}), r"'age' \(nearest: age_years\)"),
        (pl.DataFrame({"patient_id": ["p"], "ecog": [[1]]}), "column ecog: values of type List"),
        ("nowhere.csv", "nowhere.csv: no such file"),
    ],
)
def test_what_is_no_table_is_an_error(table: object, message: str) -> None:
    with pytest.raises(kg.InputError, match=message):
        kg.classify_table(table)  # type: ignore[arg-type]


def test_a_cohort_may_have_other_columns_where_they_are_ignored() -> None:
    frame = pl.DataFrame({"patient_id": ["p"], "ward": ["3"]})
    with pytest.raises(kg.UnknownColumnsError, match=r"unknown column 'ward'.*ignore_unknown=True"):
        kg.cohort_report(frame)
    assert kg.cohort_report(frame, ignore_unknown=True).patients == 1


def test_files_hold_what_the_frame_holds(tmp_path: Path, example: kg.TableResult) -> None:
    out = tmp_path / "verdicts.parquet"
    summary = kg.classify_file(PATIENTS, out, LESIONS)
    assert summary == example.summary
    words = pl.col("verdict").cast(pl.String)
    written = pl.read_parquet(out).with_columns(words)
    assert written.select("patient_id", "verdict").equals(
        example.frame.with_columns(words).select("patient_id", "verdict")
    )


@pytest.mark.parametrize(
    ("name", "asked", "told"),
    [("out.csv", {"explain": True}, "json or jsonl"), ("out.json", {"compact": True}, "csv or")],
)
def test_what_a_format_has_no_room_for_is_refused(
    tmp_path: Path, name: str, asked: dict[str, bool], told: str
) -> None:
    with pytest.raises(kg.InputError, match=f"goes with format {told}"):
        kg.classify_file(PATIENTS, tmp_path / name, **asked)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (".", "is a folder; name a file to write to"),
        ("verdicts", "has no extension; end it in one of .csv, .json"),
    ],
)
@pytest.mark.parametrize("form", [None, "csv"])
def test_output_that_tells_no_format_is_an_error_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: str, form: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    if form and name != ".":
        assert kg.classify_file(PATIENTS, name, format=form).patients
        return
    with pytest.raises(kg.InputError, match=told):
        kg.classify_file(PATIENTS, name, format=form)


def test_files_never_take_the_place_of_their_input(tmp_path: Path) -> None:
    table = tmp_path / "patients.csv"
    table.write_text("patient_id\np\n")
    with pytest.raises(kg.InputError, match="is a file that is read"):
        kg.classify_file(table, table)


def test_rejected_rows_of_a_file_go_beside_the_output(tmp_path: Path) -> None:
    frame = pl.DataFrame({"patient_id": ["a", "b"], "ecog": ["0", "worse"]})
    summary = kg.classify_file(frame, tmp_path / "out.csv", therapies=["rfa"], compact=True)
    assert (summary.patients, summary.rejected) == (1, 1)
    assert pl.read_csv(tmp_path / "out.rejected.csv")["_row"].to_list() == [2]
    assert (tmp_path / "out.csv").read_text().startswith("patient_id,rfa,")


# Lists


def test_variables_criteria_and_therapies_are_those_of_the_guideline() -> None:
    guideline = kg.load()
    assert [v.name for v in kg.variables()] == [
        n for n in guideline.variables if n in guideline.used
    ]
    assert [c.id for c in kg.criteria()] == list(guideline.criteria)
    assert [t.id for t in kg.therapies()] == list(guideline.therapies)
    assert guideline is kg.load()


# What is given in another form


MIXED = [
    {"patient_id": "ann", "tumour_count": 1, "max_tumour_diameter_cm": 4.2},
    {"patient_id": "ben", "tumour_count": ">=4", "portal_vein_thrombus": None},
    {"patient_id": "cal", "tumour_count": float("nan"), "portal_vein_thrombus": "vp3"},
    {"patient_id": "dot", "tumour_count": ["1"]},
]


def test_a_list_of_mappings_is_a_table() -> None:
    found = kg.classify_table(MIXED)
    assert [p.patient_id for p in found.patients()] == ["ann", "ben", "cal"]
    for record, patient in zip(MIXED, found.patients(), strict=False):
        assert kg.classify(record).therapies == patient.therapies
    assert found.rejected["_row"].to_list() == [4]
    assert "column tumour_count: a value of type list" in found.rejected["_reason"][0]
    assert kg.cohort_report(MIXED).patients == 3


def test_half_of_a_surrogate_pair_is_no_cell() -> None:
    row = {"patient_id": "eve", "tumour_count": "\ud800"}
    found = kg.classify_table([MIXED[0], row])
    told = "column tumour_count: '\\ud800' has half of a surrogate pair"
    assert told in found.rejected["_reason"][0]
    with pytest.raises(kg.InputError, match="half of a surrogate pair"):
        kg.classify({"patient_id": "\ud800"})


def test_a_list_of_mappings_may_hold_the_lesions() -> None:
    lesions = [{"patient_id": "ann", "lesion_id": "s1", "diameter_cm": 2}]
    found = kg.classify_table([*MIXED[1:3], {"patient_id": "ann"}], lesions)
    assert next(p for p in found.patients() if p.patient_id == "ann").therapies == (
        kg.classify({}, lesions).therapies
    )


def test_what_a_pandas_frame_hides_is_told() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"patient_id": ["a"], "tumour_count": [1]})
    for table, message in (
        (frame.set_index("patient_id"), r"is the index of the frame; pass frame.reset_index\(\)"),
        (pd.concat([frame, frame], axis=1), "more than one column is patient_id, tumour_count;"),
        (frame["tumour_count"], "a Series is not a table"),
        (frame.assign(inr=[1j]), "the frame, column inr: "),
    ):
        with pytest.raises(kg.InputError, match=message):
            kg.classify_table(table)


def test_a_lazy_frame_is_a_table(example: kg.TableResult) -> None:
    lazy = pl.scan_csv(PATIENTS, infer_schema=False)
    assert kg.classify_table(lazy, pl.scan_csv(LESIONS, infer_schema=False)).frame.equals(
        example.frame
    )


def test_one_therapy_may_be_a_text(tmp_path: Path) -> None:
    assert list(kg.explain(FACTS, therapies="rfa").therapies) == ["rfa"]
    table = kg.classify_table(MIXED, therapies="RFA")
    assert table.frame["therapy"].unique().to_list() == ["rfa"]
    kg.classify_file(MIXED, tmp_path / "one.csv", therapies="rfa")
    assert {row["therapy"] for row in rows(tmp_path / "one.csv")} == {"rfa"}
    with pytest.raises(kg.InputError, match="no criteria for a therapy 'rfb'"):
        kg.explain(FACTS, therapies="rfb")


# The audit


def test_findings_are_a_frame_and_count_patients() -> None:
    found = kg.findings("readings", pl.read_csv(PATIENTS, infer_schema=False))
    assert found["kind"].unique().to_list() == ["readings"]
    assert found.height > 10
    assert found["share_even"].dtype == pl.Float64
    assert found["patients"].sum() > 0


def test_rows_that_cannot_be_counted_are_warned_of_and_other_kinds_refused() -> None:
    with pytest.warns(UserWarning, match="1 row rejected"):
        kg.findings("idle", [{"patient_id": "a"}, {"patient_id": "b", "ecog": 9}])
    with pytest.raises(kg.InputError, match="the kinds are gaps, contradictions"):
        kg.findings("faults")  # type: ignore[arg-type]


def test_findings_are_of_the_edition_that_is_asked() -> None:
    about = {name for names in kg.findings("idle", edition="2026")["about"] for name in names}
    assert "TACE26-C3" in about
    assert "ABL-C4" not in about
    read = {name for names in kg.findings("readings", edition="2026")["about"] for name in names}
    assert "TAB26-I1" in read
    assert "ABL-I1" not in read
