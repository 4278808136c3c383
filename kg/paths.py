"""Where the files that ship with the package are: in a checkout, or inside the wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def ontology_folder() -> Path:
    """Return the folder of the ontology's Turtle modules."""
    packaged = _PACKAGE / "_data" / "ontology"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "ontology"


def example_cohort() -> Path:
    """Return the table of made-up patients that ships with the package."""
    return _PACKAGE / "examples" / "patients.csv"


def example_lesions() -> Path | None:
    """Return the lesions of the example cohort, where it has any."""
    path = example_cohort().with_name("lesions.csv")
    return path if path.is_file() else None
