"""What the first page needs, made ready while a browser still loads the program that shows it."""

from __future__ import annotations

import gc
from contextlib import suppress
from threading import Thread

_begun: list[Thread] = []


def begin() -> None:
    """Begin to load the parts of the pages, and to read and compile the guideline."""
    thread = Thread(target=_make_ready, daemon=True)
    _begun.append(thread)
    thread.start()


def wait() -> None:
    """Wait until what was begun is ready, so that nothing is made twice."""
    for thread in _begun:
        thread.join()


def _make_ready() -> None:
    # The server is up before these are there. Streamlit itself loads numpy for the first field.
    import numpy  # noqa: F401, PLC0415

    from kg.engines.registry import engine_of  # noqa: PLC0415
    from kg.errors import HccKgError  # noqa: PLC0415
    from kg.explanation.reasons import explain  # noqa: PLC0415
    from kg.guideline import load_all  # noqa: PLC0415
    from kg.patients.drafts import Draft, read_draft  # noqa: PLC0415
    from kg.ui.patient import form, state, summary, tools, verdicts  # noqa: F401, PLC0415

    with suppress(HccKgError):  # the page says what is wrong
        for guideline in load_all():
            record = read_draft(guideline, Draft()).record
            explain(guideline, record, engine_of("compiled", guideline).classify(record))
            state.examples(guideline)
    gc.freeze()  # all this stays: no search for garbage need go through it
