"""Numbers, amounts and measures as people type them. The whole text must be read, or nothing is."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

_ONES = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: (number + 2) * 10
    for number, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "k": 1000, "grand": 1000, "dozen": 12}
_NOTES = {"fiver": 5, "tenner": 10}
_PARTS = {"half": "0.5", "quarter": "0.25"}
NOTHING = frozenset(["none", "nothing", "nil", "zero", "no", "not any", "none at all", "nobody", "no one", "nought"])

# unit -> (kind of measure, size in that kind's base unit)
UNITS: dict[str, tuple[str, Decimal]] = {
    name: (kind, Decimal(size))
    for kind, size, names in (
        ("length", "1", "m metre metres meter meters mtr mtrs"),
        ("length", "0.01", "cm centimetre centimetres centimeter centimeters"),
        ("length", "0.001", "mm millimetre millimetres millimeter millimeters"),
        ("length", "1000", "km kilometre kilometres kilometer kilometers"),
        ("length", "1609.344", "mile miles mi"),
        ("length", "0.9144", "yard yards yd yds"),
        ("length", "0.3048", "ft foot feet '"),
        ("length", "0.0254", "in inch inches \""),
        ("area", "1", "m2 sqm m² square_metre square_metres square_meters"),
        ("area", "0.09290304", "sqft ft2 square_feet square_foot"),
        ("time", "1", "minute minutes min mins"),
        ("time", "60", "hour hours hr hrs"),
        ("share", "1", "percent % per_cent"),
    )
    for name in names.split()
}  # fmt: skip
_TARGET = {"m": "m", "mm": "mm", "mile": "mile", "m2": "m2", "minute": "minute", "percent": "percent"}
#: How many of each make a year: what an amount of another period is converted by.
_PERIODS = {"week": 52, "two weeks": 26, "fortnight": 26, "four weeks": 13, "month": 12, "year": 1}
_PERIOD = re.compile(
    r"(?:\b(?:a|per|each|every)\s+(?:calendar )?|/\s*)(week|fortnight|(?:two|2|four|4) weeks|month|year)$|"
    r"\b(weekly|fortnightly|(?:four|4)[ -]weekly|monthly|yearly|annually|per annum|p[/. ]?w|p\.?c\.?m|p\.?m|p\.?a)\.?$"
)
_SHORT = {"weekly": "week", "pw": "week", "fortnightly": "fortnight", "four weekly": "four weeks",
          "monthly": "month", "pcm": "month", "pm": "month"}  # fmt: skip
#: A comma that cannot part thousands, so it is a decimal point: 2,1.
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d{1,2})(?!\d|[.,]\d)")
#: A comma that parts thousands, or is a decimal point in other countries: 2,125.
_EITHER_COMMA = re.compile(r"(?<![\d.,])(\d{1,3}),(\d{3})(?!\d|[.,]\d)")
_CLOCK = re.compile(
    r"(\d{1,2})(?:[:.]([0-5]\d))?\s*(am|pm|a\.m|p\.m)?(?:\s*o'?clock)?"
    r"(?:\s+(?:at|in the)\s+(night|evening|afternoon|morning))?"
)


def number(text: str) -> Decimal | None:
    """A number in digits, words or both ('two and a half', '1,200', '3 1/2', '12k'), or None."""
    text = re.sub(r"\bthree quarters\b", "3/4", text.strip())
    text = re.sub(r"(?<=\d)(?=k$)", " ", text)
    if found := re.fullmatch(r"(?:(.+) )?(thousand|grand|million) and a half", text):
        text = f"{found[1] or 'one'} and a half {found[2]}"
    if text == "k":  # 'OK'
        return None
    words = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text).split()
    if words[:1] in (["a"], ["an"], ["the"]):
        words[0] = "one"
        if len(words) > 1 and words[1] in (*_SCALES, *_PARTS, "couple", "pair", *_ONES, *_TENS):
            words = words[1:] if words[1] not in ("couple", "pair") else ["two", *[w for w in words[2:] if w != "of"]]
    return _sum(words) if words else None


def _sum(words: list[str]) -> Decimal | None:
    """Add up words from the left: 'two thousand one hundred and five', 'three quarters', 'two and a half'."""
    total, group, seen, last = Decimal(0), Decimal(0), False, ""
    for place, word in enumerate(words):
        value = _digits(word)
        if value is not None:
            if seen and not ("/" in word and last in ("digits", "and")):
                return None
            group, last = group + value, "digits"
        elif word in _ONES or word in _TENS:
            size = _ONES.get(word, _TENS.get(word, 0))
            if last in ("ones", "digits", "part") or (last == "tens" and (size >= 10 or size == 0)):
                return None
            group, last = group + size, "ones" if word in _ONES else "tens"
        elif word in _SCALES:
            group = (group if seen else Decimal(1)) * _SCALES[word]
            if _SCALES[word] >= 1000:
                total, group = total + group, Decimal(0)
            last = "scale"
        elif word in _PARTS:
            part = Decimal(_PARTS[word])
            if last not in ("", "and"):
                return None
            group, last = group + part, "part"
        elif word in ("and", "a", "an") and place not in (0, len(words) - 1):
            if word == "and" and not seen:
                return None
            last = "and" if last != "scale" or words[place + 1] in (*_PARTS, "a") else "scale"
            continue
        else:
            return None
        seen = True
    return total + group if seen else None


def _digits(word: str) -> Decimal | None:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,12}(?:\.\d{1,6})?|\.\d{1,6}", word):
        return Decimal(word.replace(",", ""))
    found = re.fullmatch(r"(\d{1,3})/(\d{1,3})", word)
    return Decimal(found[1]) / Decimal(found[2]) if found and int(found[2]) else None


def money(text: str, per: str | None) -> Decimal | None:
    """An amount in pounds; for a fact by the week, month or year an amount of another period is converted.

    A year has 12 months, 52 weeks, 26 fortnights or 13 times four weeks.
    """
    period, name = _PERIOD.search(text), period_in(text)
    if period:
        text = text[: period.start()].strip()
        if per is None:
            return None
    if re.search(r"\d\.\d{3,}(?!\s*(?:k|thousand|grand|million)\b)", text):  # 12.345: a slip, or thousands elsewhere
        return None
    pence = re.fullmatch(r"(\d{1,2})\s*(?:p|pence)", text)
    found = re.fullmatch(r"(?:£\s*|gbp\s+)?(.+?)\s*(?:pounds?|quid|gbp)?", text)
    amount = Decimal(pence[1]) / 100 if pence else number(found[1]) if found else None
    if notes := re.fullmatch(rf"(?:(.+) )?({'|'.join(_NOTES)})s?", text):
        count = number(notes[1] or "one")
        amount = None if count is None else count * _NOTES[notes[2]]
    if amount is not None and name and per is not None:
        amount = amount * _PERIODS[name] / _PERIODS[per]
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP) if amount is not None else None


def period_in(text: str) -> str | None:
    """The period that an amount at the end of ``text`` is for: week, fortnight, four weeks, month or year."""
    found = _PERIOD.search(text)
    if not found:
        return None
    named = re.sub(r"\b4\b", "four", re.sub(r"\b2 ", "two ", (found[1] or found[2]).replace("-", " ")))
    return named if found[1] else _SHORT.get(re.sub(r"^(p)\W?(c?)\W?([wma])$", r"\1\2\3", named), "year")


def with_point(text: str) -> tuple[str, str | None]:
    """A measure with a decimal point where a comma stands for one; and the other reading where there are two.

    '2,1 m' is 2.1 m: no thousands end like that. '2,125 m' is 2125 m to most, and 2.125 m to some.
    """
    text = _DECIMAL_COMMA.sub(r"\1.\2", text)
    other = _EITHER_COMMA.sub(r"\1.\2", text)
    return text, other if other != text else None


def measure(text: str, unit: str, step: Decimal | int) -> Decimal | None:
    """A measure in ``unit``, from any unit of the same kind, also in two parts ('5 ft 6'); None if not one."""
    if unit == "hour_of_day":
        return clock(text)
    text = re.sub(r"\bsquare\s+(metres?|meters|feet|foot)", r"square_\1", text).replace("per cent", "per_cent")
    text = re.sub(r"\bhalf (?:an?|of an?) (\w+)$", r"0.5 \1", text)
    text = re.sub(r"^(.+?) (\w+) and a (half|quarter)$", r"\1 and a \3 \2", text)
    kind, base = UNITS[_TARGET[unit]]
    total, rest, last = Decimal(0), text, None
    while rest:
        found = re.match(r"(.+?)\s*(" + _NAMES + r")(?![a-z²])\s*(?:and\s+)?(.*)$", rest)
        amount = number(found[1]) if found else number(rest)
        if amount is None or (found and UNITS[found[2]][0] != kind):
            return None
        if not found:
            smaller = {"ft": "in", "foot": "in", "feet": "in", "'": "in", "m": "cm", "metre": "cm", "metres": "cm"}
            name = smaller.get(last or "", "") if last else _TARGET[unit]
            if not name:
                return None
            total, rest = total + amount * UNITS[name][1], ""
        else:
            if last and UNITS[found[2]][1] >= UNITS[last][1]:
                return None
            total, last, rest = total + amount * UNITS[found[2]][1], found[2], found[3]
    value = total / base
    same = last is None or UNITS[last][1] == base
    return value if same else value.quantize(Decimal(step), ROUND_HALF_UP)


_NAMES = "|".join(sorted((re.escape(name) for name in UNITS), key=len, reverse=True))


def clock(text: str) -> Decimal | None:
    """An hour of the day from 0 to 24; midnight ends the day. Minutes are a part of an hour: 10:30pm is 22.5."""
    if text in ("midnight", "12 midnight", "12am", "12 am"):
        return Decimal(24)
    if text in ("noon", "midday", "12 noon"):
        return Decimal(12)
    found = _CLOCK.fullmatch(text)
    if not found or int(found[1]) > 24:
        return None
    hour, half = int(found[1]), found[3] or {"morning": "am"}.get(found[4] or "", "pm" if found[4] else "")
    if half and hour > 12:
        half = ""
    if half.startswith("p") and hour < 12:
        hour += 12
    return hour + Decimal(found[2] or 0) / 60
