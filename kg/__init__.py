"""hcc-kg: a liver cancer guideline as an ontology, and verdicts with reasons from it.

The functions of `kg.api` are here too: `import kg; kg.classify({"tumour_count": 1})`. They are
loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path


@cache
def _homes() -> dict[str, str]:
    """Return the module of each public name, as the stub beside this file has them."""
    lines = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8").splitlines()
    imports = (line.split() for line in lines if line.startswith("from "))
    return {name: module for _, module, _, name, *_ in imports}


def __getattr__(name: str) -> object:
    homes = _homes()
    if name == "__all__":
        return sorted(public for public, module in homes.items() if module != __name__)
    if name not in homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if homes[name] == __name__:  # a module, which may need an extra
        from kg.errors import extras_told  # noqa: PLC0415 - importing the package costs nothing

        with extras_told():
            return import_module(f"{__name__}.{name}")
    found: object = getattr(import_module(homes[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*_homes(), *(name for name in globals() if name.startswith("__"))})
