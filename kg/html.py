"""Tables as HTML, for what a notebook shows of an object."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with a caption; every text is escaped."""
    cells = "".join(f'<th scope="col" style="text-align:left">{_text(name)}</th>' for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    caption = f'<caption style="text-align:left">{_text(title)}</caption>'
    return f"<table>{caption}<thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    side = "right" if isinstance(value, int) else "left"
    return f'<td style="text-align:{side}">{_text(value)}</td>'


def _text(value: object) -> str:
    return html.escape(str(value)).replace("\n", "<br>")
