"""Signs of verdicts and states: they differ in shape, so that colour is never needed."""

from __future__ import annotations

from collections.abc import Mapping

from kg.reasoning.verdicts import (
    CONTRAINDICATED,
    ELIGIBLE,
    ELIGIBLE_UNCHECKED,
    ELIGIBLE_WITH_CAUTION,
    EXCLUDED,
    MET,
    NOT_INDICATED,
    UNDETERMINED,
    UNKNOWN,
)

VERDICT_SIGNS: Mapping[str, str] = {
    ELIGIBLE: "✔",
    ELIGIBLE_WITH_CAUTION: "▲",
    ELIGIBLE_UNCHECKED: "△",
    UNDETERMINED: "?",
    NOT_INDICATED: "–",
    CONTRAINDICATED: "✘",
}
VERDICT_STYLES: Mapping[str, str] = {  # in a terminal
    ELIGIBLE: "green",
    ELIGIBLE_WITH_CAUTION: "yellow",
    ELIGIBLE_UNCHECKED: "yellow",
    UNDETERMINED: "blue",
    NOT_INDICATED: "dim",
    CONTRAINDICATED: "red",
}
STATE_SIGNS: Mapping[str, str] = {MET: "●", EXCLUDED: "○", UNKNOWN: "?"}
