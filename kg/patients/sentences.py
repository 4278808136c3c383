"""Sentences of a free text: where their parts end, and what words beside facts do to these.

A heading, a time, a condition or a relative in front is so of all of a sentence; what comes behind
may take back what was said before it: of the last part, of a list of mere names, or of all.
"""

from __future__ import annotations

import re

from kg.patients.amounts import FIGURE, LESION
from kg.patients.sizes import beside, says_something

_PARTS = re.compile(
    rf"([;\n]|\.(?=\s|$)(?!(?<=\d\.)\s+{FIGURE}\s*(?:cm|mm)\b))"  # not in "3. 5 cm"
    rf"|,(?!\d)(?!\s*{FIGURE}\s*(?:,|and|&|cm\b|mm\b))"
)
_SHORT = re.compile(  # the stops of "V.a.", "susp.": they end nothing
    r"(?:(?<=\.\w)|\b(?:susp|poss|prob|prev|hx|hist|approx|ca|c|cf|seg|max|min|incl|excl|vs|dd|"
    r"dr|st|v|z|h)|\bno(?=\.\sof\b)|(?<![\w):] )\bneg|(?<=\bV\sa)|(?<=\bZ\sn))\.(?=\s)",
    re.IGNORECASE,
)
_ORDINAL = re.compile(rf"\b{LESION}\s*#?(\d)\s*:", re.IGNORECASE)
_SIZED = re.compile(rf"{_ORDINAL.pattern}(?=\s*{FIGURE}\s*(?:cm|mm)\b)", re.IGNORECASE)
PERSON = r"\b(?:m|f|male|female|man|woman|gentleman|lady|sex|age|patient|pt)\b"
_OPENING = re.compile(
    r"\s*(?:(?:a|an|this)\s+)?(?P<age>19|[2-8]\d|9[0-5])(?:"
    r"(?:[\s-]*(?:years?|yrs?|y)(?:[\s-]old)?|\s*y\.?\s?/?o\.?)[\s/-]*"
    r"(?:male|female|man|woman|gentleman|lady|m|f)\b|y\.?/?o\b|"
    r"[\s/-]?(?:male|female|man|woman|m|f)"  # not "20 F catheter"
    r"(?=\s*(?:$|[,;(]|\.(?!\d)|w/|(?:with|HBV|HCV|HCC|CP|Child|NASH|ALD|cirrho\w+)\b)))"
    r"(?![-+/'’]|\.\d)",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:no|non|not|none|never|nil|neither|nor|cannot|without|w/o|den(?:y|ies|ied)|absen\w+|free|"
    r"neg|negative|exclud\w+|ruled out|resolved|gone|lack\w*|unlikely|doubtful|kein\w*|ohne)\b|"
    r"n[’']t\b|-ve\b|[\s:\0(](?:0|[-–−])\)?\s*$",
    re.IGNORECASE,
)
_DOUBTS = re.compile(  # it may be so of all that follows: "history of SBP, HE"
    r"\W*(?:\?|(?:hx|h/o|history|pmh|previous|prior|past|suspect|susp|possib|poss|probab|prob|"
    r"likely|query|r/o|rule|(?:at\s)?risk|to exclude|z\.?\s?n|v\.?\s?a)(?:\w*|\.)(?!\w))",
    re.IGNORECASE,
)
_HEADS = re.compile(  # what stands in front of a sentence is so of all of it
    r"[^\0]*[\w)\]]\s*:|\W*(?:labs?\s+)?(?:(?:before|after|since|until|if|when|unless|last|past|"
    r"target|goal|aim|trial|criteria|once|h/o|hx|history|s/p|status post|had|was|were|needs?|"
    r"requires?|eligible|expected|predicted|planned|nadir|peak|explant|"
    r"(?:in|on|at|by|from)\s+(?:[12]\d{3}|\d?\d/|[a-z]{3,9}\s\d|admission|diagnosis|presentation|"
    r"baseline|first|that|the time)|(?:day|week|month|d|w)\s?\d+|"
    r"\d+\s*(?:days?|weeks?|months?|years?|[dwmy])\s+(?:ago|later|before|after|prior))\b|"
    r"prior|previous|former|initial|original|baseline|earlier|pre-?\w+|post-?\w+|"
    r"→|[-=]+>|(?:19|20)\d\d\b|\d{1,2}/\d{1,4}\b|\d{1,2}\.\d{1,2}\.)",
    re.IGNORECASE,
)
_ALONE = re.compile(  # the same in a part of its own: "in 2019, A", and not "previous TACE, A"
    r".*[\w)\]]\s*:|\W*(?:(?:if|unless|when|trial|criteria|eligible|before|until|"
    r"last\s+(?:year|month|week)|\d+\s*\w+\s+(?:ago|later|before|earlier))\b|"
    r"(?:(?:in|on|at|by|from)\s+(?:\w+\s+)?)?(?:[\d/.]+|admission|diagnosis|presentation|baseline|"
    r"first|that time|previously|initially|originally|formerly|once)\W*$)",
    re.IGNORECASE,
)
_OTHERS = re.compile(  # "father: HBV cirrhosis"
    r"\b(?:family|fhx?|father|mother|brothers?|sisters?|siblings?|parents?|wife|husband|spouse|"
    r"partner|sons?|daughters?|uncle|aunt|cousin|grand\w+|donor)\b",
    re.IGNORECASE,
)
_MANY = r"\b(?:multiple|multifocal|multinodular|several|numerous|many|bilobar|known|new)\b"
_SIGNS = re.compile(r"[\s()]*[-–−+±?][-–−+±?/\s()]*")  # "ascites, HE: +, -"
_SIGNED = re.compile(  # "ascites/HE +/-", "5 cm+"
    r"/\s*[-–−+±?]|[-–−+±?]\s*/|\0[-–−+](?=[\s,;)]|$)"
)
_CHANGES = re.compile(  # it is no longer as was said before
    r"\s*(?:now\b|today|current|then\b|later\b|subsequent|no longer|→|[-=]+>|"
    r"(?:(?:it|which|that|but|has|have|had|been|was|were|is|are|since)\s+)*"
    r"(?:increas|decreas|drop|fell|fall|rose|rise|improv|worsen|deteriorat|progress|reduc|"
    r"shr[iau]nk|grew|grow|change|went|down|up|convert)\w*(?:\s\w+)?\s+to\b|"
    r"extend|became|becom)",
    re.IGNORECASE,
)
_TAKES_BACK = re.compile(  # what was said before it, where it stands alone
    r"\s*(?:suspect|possibl|probabl|likely|unlikely|if any|doubtful|negative|\?|not\b|\d|"
    r"no\W*$|(?:(?:biops\w*|CT|MRI|PET|scan|imaging|histology)\s+)?"
    r"(?:await|pending|unconfirmed|unproven)|tbc\b|to be\b|indetermin|equivocal|unclear|"
    r"uncertain|once\b|one episode|(?:history|past|previously|originally|initially|formerly)\W*$|"
    r"(?:baseline|before\b|prior to\b|pre-?(?:op|t)\w*|post-?op\w*|in\s+(?:\d{4}|the past)|"
    r"last\s+(?:year|month|week)|"
    r"(?:at|on|by)\s+(?:diagnosis|presentation|baseline|admission|that time))\D*$|"
    r"(?:(?:it|which|that|one|both|all|each|but|has|have|had|been|was|were|is|are|since|"
    r"successfully|completely|fully)\s+)*(?:absent|none|excluded|ruled out|resolved|resect|ablat|"
    r"treated|remov|necro|gone|disappear|cleared|recanal|bland|benign|non-?tumou?r|complete\b))",
    re.IGNORECASE,
)


def pieces_of(text: str) -> list[str]:
    """Return the parts of a text, and between each two what ends a sentence there, if anything."""
    return _PARTS.split(_SHORT.sub(lambda short: short[0][:-1], _without_ordinals(text)))


def opening_of(text: str) -> re.Match[str] | None:
    """Return the opening "68M" or "62-year-old man" of a text, unless it may be of a relative."""
    opening = _OPENING.match(text)
    return None if opening and _OTHERS.search(_PARTS.split(text)[0]) else opening


def begins_otherwise(part: str, left: str, changing: bool, named: bool) -> bool:
    """Tell whether a part makes its sentence one of another time, case or person: "in 2019 A".

    `named` tells whether it names a variable too.
    """
    heads = _HEADS if named else _ALONE
    return bool((changing and heads.match(left)) or _OTHERS.search(part))


def is_signed(left: str) -> bool:
    """Tell whether there are signs for several facts at once: "ascites/HE +/-"."""
    return bool(_SIGNED.search(left))


def is_doubtful(left: str) -> bool:
    """Tell whether words deny what follows them, or leave it open: "history of SBP, HE"."""
    return bool(_DENIES.search(left) or _DOUBTS.match(left))


def is_later(left: str) -> bool:
    """Tell whether words begin with what came later: "after TACE A"."""
    return bool(re.match(r"\W*(?:after|following|post)\b", left, re.IGNORECASE))


def is_more(part: str) -> bool:
    """Tell whether a part says more than whether the patient is a man or a woman."""
    return says_something(re.sub(PERSON, " ", part, flags=re.IGNORECASE))


def is_strange(left: str) -> bool:
    """Tell whether words name what is no tumour, of which the next size may be: "LN, max 2 cm"."""
    words = re.sub(_MANY, " ", left, flags=re.IGNORECASE)
    return beside(words)[0]


def undone_from(part: str, left: str, unread: bool, starts: tuple[int, int, int], end: int) -> int:
    """Return from where on a part takes back what was told, for all of the sentence or less."""
    sentence, last, bare = starts
    denies = re.match(
        rf"(?:(?:all|both|each|was|were|is|are)\s+)*(?:{_DENIES.pattern})",
        left.lstrip(),
        re.IGNORECASE,
    )
    if _SIGNS.fullmatch(part):
        return min(sentence, end)
    if _CHANGES.match(left) or (not unread and _TAKES_BACK.match(left)):
        return min(last, bare, end) if denies else min(last, end)
    behind = re.match(r"[^\w\0]*(?:\w+|\0+)", left)  # "ascites, HE, varices absent"
    later = _DENIES.search(left, behind.end()) if behind else None
    return min(bare, end) if later and not denies else end


def _without_ordinals(text: str) -> str:
    """Return a text without "lesion 1:" and the like, where each has its size and none is left."""
    numbers = [int(match[1]) for match in _SIZED.finditer(text)]
    whole = len(numbers) == len(_ORDINAL.findall(text)) and numbers == [*range(1, len(numbers) + 1)]
    return _SIZED.sub(" ", text) if whole else text
