"""After a change the page of a patient draws anew what that changes: all of it, and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import streamlit
from explorer import app
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest

from kg.ui.patient import parts, summary

Place = tuple[int, ...]
_SEEN = ("label", "body", "help", "placeholder", "expanded", "disabled", "options")
KNOWN = {
    "tumour_count": "1",
    "max_tumour_diameter_cm": "2.1",
    "child_pugh_class": "A",
    "distant_metastasis": "none",
}


class Screen:
    """What a browser shows: what was sent last to each place of the page."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: dict[Place, object] = {}
        self.shown: dict[Place, object] = {}
        self.in_parts = False  # whether the last change was drawn in parts
        self._patch = monkeypatch
        enqueue = ScriptRunContext.enqueue

        def note(context: ScriptRunContext, message: ForwardMsg) -> None:
            if message.WhichOneof("type") == "delta":
                self.sent[tuple(message.metadata.delta_path)] = _seen(message)
            enqueue(context, message)

        monkeypatch.setattr(ScriptRunContext, "enqueue", note)

    def whole(self, test: AppTest) -> None:
        """Draw the page whole."""
        self.sent = {}
        self._patch.setattr(parts, "rerun", lambda *_: None)
        test.run()
        self.shown = dict(self.sent)

    def after(self, test: AppTest, change: Callable[[AppTest], object]) -> None:
        """Make a change, and draw anew what the page does."""

        def rerun(*asked: list[str]) -> None:
            self.sent, self.in_parts = {}, bool(asked)
            streamlit.rerun(*asked)

        self._patch.setattr(parts, "rerun", rerun)
        self.sent = {}
        change(test)
        test.run()
        assert not test.exception
        tops = [place for place in self.sent if place[:-1] not in self.sent]
        kept = {
            place: seen
            for place, seen in self.shown.items()
            if self.in_parts and not any(place[: len(top)] == top for top in tops)
        }
        self.shown = kept | self.sent


def _seen(message: ForwardMsg) -> object:
    """Return what of an element or a block is seen, but for the value of a widget."""
    delta = message.delta
    kind = delta.WhichOneof("type")
    part = getattr(delta, kind or "")
    name = part.WhichOneof("type")
    inner = getattr(part, name) if name else part
    texts = [(f.name, str(value)) for f, value in inner.ListFields() if f.name in _SEEN]
    return name, tuple(texts)


def typed(name: str, text: str) -> Callable[[AppTest], object]:
    return lambda test: test.text_input(key=f"cell:{name}").input(text)


def picked(name: str, value: str) -> Callable[[AppTest], object]:
    return lambda test: test.button_group(key=f"cell:{name}").set_value(value)


def clicked(label: str) -> Callable[[AppTest], object]:
    return lambda test: next(b for b in test.button if b.label == label).click()


CHANGES: dict[str, Callable[[AppTest], object]] = {
    "another number": typed("max_tumour_diameter_cm", "3.5"),
    "a number in words": typed("max_tumour_diameter_cm", "at least 6"),
    "a number that is none": typed("max_tumour_diameter_cm", "2,4"),
    "an implausible number": typed("platelets_10e9_l", "55000"),
    "another unit": typed("bilirubin_umol_l", "2.4 mg/dL"),
    "points of a score": typed("albumin_g_l", "36"),
    "sizes, of which others are derived": typed("sizes", "3.4, 2.1"),
    "a choice": picked("child_pugh_class", "C"),
    "one of several": picked("child_pugh_class", "|"),
    "a choice that rules out": picked("portal_vein_thrombus", "vp4"),
    "another group": lambda t: t.button_group(key="patient:group").set_value("vessels"),
    "nothing": clicked("Clear"),
}


# Of the others the form itself shows something else, and it is drawn with all the page.
IN_PARTS = {"another number", "points of a score", "a choice", "a choice that rules out"}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_is_drawn_anew(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    test, screen = app("patient", **KNOWN), Screen(monkeypatch)
    screen.whole(test)
    screen.after(test, CHANGES[name])
    assert screen.in_parts == (name in IN_PARTS)
    shown = screen.shown
    screen.whole(test)
    assert shown == screen.shown


def test_what_does_not_change_is_not_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    test, screen = app("patient", **KNOWN), Screen(monkeypatch)
    screen.whole(test)
    screen.after(test, typed("max_tumour_diameter_cm", "2.2"))
    assert len(screen.sent) < len(screen.shown) / 3


def test_a_part_that_was_cut_short_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = summary.draw
    monkeypatch.setattr(
        summary, "draw", lambda said: streamlit.stop() if "3\\.5" in said.lines else draw(said)
    )
    test, screen = app("patient", **KNOWN), Screen(monkeypatch)
    screen.whole(test)
    assert isinstance(test.session_state["patient:parts"]["summary"].drawn, summary.PatientSummary)
    screen.after(test, typed("max_tumour_diameter_cm", "3.5"))
    drawn = test.session_state["patient:parts"]["summary"].drawn
    assert not isinstance(drawn, summary.PatientSummary), "a piece of one, a piece of the other"


def test_what_an_address_says_of_a_card_goes_before_what_was_clicked() -> None:
    test = app("patient", **KNOWN)
    test.session_state["therapy:rfa"] = True  # as a browser has it that went back to this address
    test.run()
    assert "open" not in test.query_params


def test_what_was_picked_of_one_patient_is_not_picked_of_the_next() -> None:
    test = app("patient", **KNOWN)
    test.session_state["patient:silent"] = True
    test.run()
    box = test.button_group(key="patient:there")
    box.set_value(box.options[:-1]).run()
    assert any(each.label == "None of the others" for each in test.button)
    test.query_params["tumour_count"] = "2"
    test.run()
    assert test.session_state["patient:there"] == []


def test_a_group_stays_chosen_when_its_fault_is_gone() -> None:
    group = app("patient", **KNOWN).run().button_group(key="patient:group")
    assert group.proto.set_value, "going back, the browser knows it by its name with the fault"


def test_nothing_is_written_over_a_conflict() -> None:
    test = app("patient", portal_vein_thrombus="vp0", portal_trunk_obstruction="complete")
    told = next(m.value for m in test.markdown if "Conflict" in m.value)
    assert "derived" in told, "one mark over the label, not two at one place"
