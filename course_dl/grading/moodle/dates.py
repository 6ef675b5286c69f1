# Runs in: judge
"""Times as Moodle writes them into a worksheet: in words, in the language of whoever downloads it.

The names of months and days are those of the Unicode consortium (by Babel), as Moodle's own are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache

__all__ = ["looks_like_time", "read_times"]

# The languages that Moodle is used in most; what is written in digits alone needs none of them.
_LANGUAGES = (
    "en af ar az be bg bs ca cs cy da de el es et eu fa fi fr ga gl he hr hu hy id is it ja ka kk "
    "ko lt lv mk mn ms nb nl nn pl pt ro ru sk sl sq sr sr_Latn sv th tr uk uz vi zh zh_Hant"
)
_CLOCK = re.compile(
    r"(?<![\d.])(\d{1,2}) ?(?:[:h٫]|\.(?!\d+\.)) ?(\d{2})(?:[:.](\d{2}))?(?![\d.]*\d)"
)
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class _Language:
    months: dict[str, int]
    days: dict[str, int]
    afternoon: Set[str]
    morning: Set[str]


def read_times(cells: Sequence[str], zone: tzinfo | None) -> list[float]:
    """The times in seconds since 1970, all read in one language; 0 for what cannot be read.

    ``zone`` is the time zone that they are told in; ``None`` is that of this machine. Where days
    and months could be either, and no other cell tells, the times are unknown.
    """
    told = [_plain(cell) for cell in cells]
    readings = [[_read(cell, words) for cell in told] for words in _readings()]
    scores = [sum(score for _, score in reading) for reading in readings]
    best = max(scores)
    kept = [r for r, score in zip(readings, scores, strict=True) if score == best and best]
    times = []
    for place in range(len(cells)):
        found = {reading[place][0] for reading in kept} - {None}
        when = found.pop() if len(found) == 1 else None
        times.append(when.replace(tzinfo=zone).timestamp() if when else 0.0)
    return times


def looks_like_time(cell: str) -> bool:
    """Whether a cell tells a date and a time, in whatever language."""
    plain = _plain(cell)
    digits = _NUMBER.findall(plain)
    return len(plain) < 80 and bool(_CLOCK.search(plain)) and any(_is_year(d) for d in digits)


def _readings() -> Iterator[_Language | str]:
    yield from ("dmy", "mdy")
    yield from map(_language, _LANGUAGES.split())


def _read(cell: str, words: _Language | str) -> tuple[datetime | None, int]:
    """The time by one language, or one order of digits, and how sure it is."""
    clock = _CLOCK.search(cell)
    if not clock:
        return None, 0
    rest = cell[: clock.start()] + " " + cell[clock.end() :]
    numbers = _NUMBER.findall(rest)
    years = [n for n in numbers if _is_year(n)]
    if len(years) != 1:
        return None, 0
    others = [int(n) for n in numbers if n is not years[0]]
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    score = 1
    if isinstance(words, str):
        if len(others) != 2:
            return None, 0
        year_first = numbers[0] is years[0]
        month_first = year_first or words == "mdy"
        month, day = others if month_first else others[::-1]
        hour = _hour(hour, rest, *_halves())
    else:
        tokens = _WORD.findall(rest)
        named = [m for t in tokens if t not in words.days and (m := _month(t, words))]
        if len(named) != 1 or len(others) != 1:
            return None, 0
        month, day = named[0], others[0]
        hour = _hour(hour, rest, words.afternoon, words.morning)
        score = 3
    try:
        when = datetime(int(years[0]), month, day, hour, minute, second)
    except ValueError:
        return None, 0
    if not isinstance(words, str):
        said = {words.days[t] for t in _WORD.findall(rest) if t in words.days}
        if said and when.weekday() not in said:
            return None, 0
        score += 2 * bool(said)
    return when, score


def _month(word: str, language: _Language) -> int:
    """The month that a word names, with whatever ending; 0 if it names none."""
    if word in language.months:
        return language.months[word]
    begun = {n for name, n in language.months.items() if len(name) > 4 and word.startswith(name)}
    return begun.pop() if len(begun) == 1 else 0


def _hour(hour: int, rest: str, afternoon: Set[str], morning: Set[str]) -> int:
    """The hour of 24, where a word says which half of the day."""
    tokens = set(_WORD.findall(rest.replace(".", "")))
    if hour < 12 and tokens & afternoon:
        return hour + 12
    return 0 if hour == 12 and tokens & morning else hour


@lru_cache
def _halves() -> tuple[Set[str], Set[str]]:
    """What says afternoon or morning in some language, and the other half in none."""
    languages = [_language(code) for code in _LANGUAGES.split()]
    afternoon = {mark for language in languages for mark in language.afternoon}
    morning = {mark for language in languages for mark in language.morning}
    return afternoon - morning, morning - afternoon


@lru_cache
def _language(code: str) -> _Language:
    try:
        from babel import Locale
    except ModuleNotFoundError:
        raise ValueError(
            "a worksheet's times are read by Babel: pip install 'course-dl[grade]'"
        ) from None
    locale = Locale.parse(code)
    months: dict[str, int] = {}
    days: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in locale.months[context][width].items():
                for word in _WORD.findall(_plain(name))[-1:]:
                    months.setdefault(word, number)
            for number, name in locale.days[context][width].items():
                words = _WORD.findall(_plain(name))
                if len(words) == 1 and (width == "wide" or words[0] not in months):
                    days.setdefault(words[0], number)
    halves: dict[str, set[str]] = {"am": {"am"}, "pm": {"pm"}}
    for widths in locale.day_periods.values():
        for names in widths.values():
            for half, kept in halves.items():
                kept.add(_plain(names.get(half, half)).replace(".", "").replace(" ", ""))
    return _Language(months, days, halves["pm"] - halves["am"], halves["am"] - halves["pm"])


def _is_year(digits: str) -> bool:
    return len(digits) == 4 and 1990 <= int(digits) <= 2200


def _plain(text: str) -> str:
    """Small letters, one form for each accent, plain blanks; no marks of direction."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    return re.sub(r"\b([ap])\.? ?m\b\.?", r"\1m", text)  # p. m.
