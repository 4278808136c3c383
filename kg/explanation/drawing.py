"""Trees as pictures in SVG: boxes with words, one to a row, so that no two lines ever cross.

On paper a picture stands alone, in dark ink with title, legend and source. On a page it takes
the colours of the theme. Boxes carry signs and words, so that colour is never needed.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_PAPER, _PAGE = (860, 590), (720, 490)  # pixels: how wide, and where begins what is beside a box
_MARGIN, _INDENT, _GAP = 16, 20, 6
_FONT, _LINE, _PAD = 13, 17, 4
_LETTER = 7.0  # pixels that a letter takes on average, rounded up
_FAMILY = "Source Sans, Segoe UI, Helvetica, Arial, DejaVu Sans, sans-serif"
_Ink = tuple[str, str]  # in the light and in the dark theme
_TEXT: _Ink = ("#1c1f24", "#f2f4f7")
_MUTED: _Ink = ("#555b63", "#b8bec7")
_RULE: _Ink = ("#8a9099", "#7d848e")
_TINTS: dict[str, tuple[_Ink, _Ink]] = {  # ground and ink; Okabe and Ito, as the badges of a page
    "": (("#ffffff", "#16191f"), _TEXT),
    "green": (("#d9f2ea", "#123a2f"), ("#00634a", "#5fd6b0")),
    "orange": (("#fdeecb", "#40320f"), ("#7a4b00", "#f2c14e")),
    "blue": (("#dcedf8", "#12324a"), ("#0b4f7d", "#8ccbf2")),
    "red": (("#fce3d5", "#4a2412"), ("#8f2f00", "#ff9d6b")),
    "gray": (("#ebedf0", "#30343b"), ("#4a4f57", "#c3c8d0")),
    "violet": (("#f6e4ef", "#3f2436"), ("#6b2f57", "#e5a9cd")),
}


@dataclass(frozen=True)
class Branch:
    """A box of a tree: its words, its colour, what stands beside it, and what is below it."""

    text: str
    colour: str = ""
    beside: str = ""
    branches: tuple[Branch, ...] = ()
    dashed: bool = False


@dataclass(frozen=True)
class Frame:
    """What a picture needs when it stands alone; legend are words, each with a colour."""

    title: str
    below: Sequence[str] = ()
    legend: Sequence[tuple[str, str]] = ()


def tree(branches: Sequence[Branch], label: str, frame: Frame | None = None) -> str:
    """Return a tree as SVG; with a frame it is for paper. `label` says what it shows."""
    drawing = _Drawing(is_paper=frame is not None)
    if frame is not None:
        drawing.head(frame)
    for branch in branches:
        drawing.branch(branch, 0)
    return drawing.svg(label)


class _Drawing:
    """Draws from the top down, and knows how far it has come."""

    def __init__(self, *, is_paper: bool) -> None:
        self.is_paper = is_paper
        self.wide, self.beside = _PAPER if is_paper else _PAGE
        self.parts: list[str] = []
        self.top = float(_MARGIN if is_paper else 2)

    def svg(self, label: str) -> str:
        """Return the whole picture."""
        height = self.top + (_MARGIN if self.is_paper else 2)
        ground = '<rect width="100%" height="100%" fill="#ffffff"/>' if self.is_paper else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.wide} {height:g}" '
            f'width="{self.wide}" height="{height:g}" role="img" aria-label="{escape(label)}" '
            f'font-family="{_FAMILY}" font-size="{_FONT}">{ground}{"".join(self.parts)}</svg>'
        )

    def ink(self, ink: _Ink) -> str:
        """Return a colour: one on paper, the one of the theme on a page."""
        return ink[0] if self.is_paper else f"light-dark({ink[0]}, {ink[1]})"

    def head(self, frame: Frame) -> None:
        """Draw title, source and legend."""
        for line in _wrapped(frame.title, self.wide - 2 * _MARGIN, 1.35):
            self.top += 22
            self.text(_MARGIN, self.top, line, _TEXT, "font-weight:600;font-size:18px")
        for told in frame.below:
            for line in _wrapped(told, self.wide - 2 * _MARGIN):
                self.top += _LINE
                self.text(_MARGIN, self.top, line, _MUTED)
        self.top += 10
        left = float(_MARGIN)
        for words, colour in frame.legend:
            wide = len(words) * _LETTER + 20
            if left + wide > self.wide - _MARGIN:
                left = float(_MARGIN)
                self.top += _LINE + _PAD + _GAP
            self.box(left, self.top, wide, [words], Branch(words, colour))
            left += wide + _GAP
        self.top += (_LINE + 2 * _PAD + 12) if frame.legend else 0

    def branch(self, branch: Branch, depth: int) -> float:
        """Draw a branch and what is below it; return the height at which its line arrives."""
        left = _MARGIN * self.is_paper + depth * _INDENT + 1.0
        room = (self.beside if branch.beside else self.wide - _MARGIN) - left - 12
        lines = _wrapped(branch.text, room - 16)
        beside = _wrapped(branch.beside, self.wide - self.beside - _MARGIN) if branch.beside else []
        high = max(len(lines), len(beside)) * _LINE + _PAD
        wide = min(room, max(map(len, lines)) * _LETTER + 22)
        top, middle = self.top, self.top + (_LINE + _PAD) / 2
        self.box(left, top, wide, lines, branch)
        if beside:
            self.line(f"M{left + wide + 4:g} {middle:g}H{self.beside - 6}", "1 4")
            for i, line in enumerate(beside):
                self.text(self.beside, top + (i + 0.8) * _LINE, line, _MUTED)
        self.top += high + _GAP
        start, arrived = top + len(lines) * _LINE + _PAD, 0.0
        for each in branch.branches:
            arrived = self.branch(each, depth + 1)
            self.line(f"M{left + 8:g} {arrived:g}H{left + _INDENT:g}")
        if branch.branches:
            self.line(f"M{left + 8:g} {start:g}V{arrived:g}")
        return middle

    def box(self, left: float, top: float, wide: float, lines: list[str], of: Branch) -> None:
        ground, ink = _TINTS[of.colour]
        dash = ";stroke-dasharray:4 3" if of.dashed else ""
        self.parts.append(
            f'<rect x="{left:g}" y="{top:g}" width="{wide:g}" '
            f'height="{len(lines) * _LINE + _PAD}" rx="4" style="fill:{self.ink(ground)};'
            f'stroke:{self.ink(_RULE)};stroke-width:.7{dash}"/>'
        )
        for i, line in enumerate(lines):
            self.text(left + 8, top + (i + 0.88) * _LINE, line, ink)

    def line(self, path: str, dash: str = "") -> None:
        more = f";stroke-dasharray:{dash}" if dash else ""
        self.parts.append(
            f'<path d="{path}" style="fill:none;stroke:{self.ink(_RULE)};stroke-width:1{more}"/>'
        )

    def text(self, left: float, top: float, text: str, ink: _Ink, style: str = "") -> None:
        self.parts.append(
            f'<text x="{left:g}" y="{top:g}" style="fill:{self.ink(ink)};{style}">'
            f"{escape(text)}</text>"
        )


def _wrapped(text: str, room: float, larger: float = 1) -> list[str]:
    """Return the lines of a text in a room of some pixels."""
    return textwrap.wrap(text, max(12, int(room / _LETTER / larger))) or [""]


def outlined(branches: Sequence[Branch], depth: int = 0) -> Iterator[str]:
    """Yield a tree as lines of text, for those who do not see it."""
    for branch in branches:
        beside = f" ({branch.beside})" if branch.beside else ""
        yield f"{'  ' * depth}{branch.text}{beside}"
        yield from outlined(branch.branches, depth + 1)
