"""The language of every text of a column, told in batches; null where it cannot be told.

What is not prose (code, LaTeX, addresses, tags) is taken out, and the first `SAMPLE` characters are read. Then, for the
whole column at once: a script that only one language uses decides (Greek, Thai, Korean, ...); Han with kana is
Japanese, without Chinese; the commonest words of a language decide where they are clear. Only what is
left is told by lingua (for Latin letters in its small trigram mode: 50 MB), among the languages that are asked for.

Short texts and texts without prose are not told: a wrong label is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from curate.errors import UsageError, did_you_mean
from curate.text.normalise import GAP
from curate.text.utf8 import Ints
from curate.text.words import hash_of, split_words
from rewards.tongues import COMMON_WORDS, LANGUAGES, RIVALS

SAMPLE = 1_000  # characters; more do not make it surer
ENOUGH = {"Latin": 15, "Cyrillic": 12, "Arabic": 10, "Devanagari": 8}  # letters, below which lingua guesses
EAST = 5  # letters of a Latin word; a Chinese character or a kana counts as one, beside the terms of a technical text
FEW = 4  # letters of a script of its own, such as Han
SURE = 0.4  # lingua's confidence, below which it guesses among many

MORE_WORDS = {  # as rewards.tongues has them for other languages
    "sw": "na ya wa kwa ni katika la za kuwa au kila mtu yake hii kama si hiyo cha vya wake kutoka",
    "hi": "है हैं का की के में और को से पर यह नहीं कि था थे भी ने हो कर जो",
    "mr": "आहे आहेत आणि च्या हे ते नाही मध्ये होते असे त्या हा ही होता करण्यात",
    "ru": "и в не на что с он как это по но из у за то все так его для был",
    "uk": "і в не на що з та це як до за від але його у й про є для був",
    "bg": "и на да се е в за от не са че по с като към или това",
}
WORDS = {**COMMON_WORDS, **{code: frozenset(words.split()) for code, words in MORE_WORDS.items()}}
OWN_SCRIPT = {  # the one language of ours that a script tells
    "Greek": "el", "Hebrew": "he", "Thai": "th", "Hangul": "ko", "Armenian": "hy", "Georgian": "ka", "Bengali": "bn",
    "Gurmukhi": "pa", "Gujarati": "gu", "Oriya": "or", "Tamil": "ta", "Telugu": "te", "Kannada": "kn",
    "Malayalam": "ml", "Sinhala": "si", "Lao": "lo", "Tibetan": "bo", "Myanmar": "my", "Khmer": "km", "Ethiopic": "am",
}  # fmt: skip
SHARED = {  # languages told apart by default: common ones, since each more makes the others less sure
    "Latin": (*RIVALS["Latin"], "sw"),
    "Cyrillic": RIVALS["Cyrillic"],
    "Arabic": RIVALS["Arabic"],
    "Devanagari": RIVALS["Devanagari"],
}
DEFAULT = tuple(sorted({code for codes in SHARED.values() for code in codes} | {*OWN_SCRIPT.values(), "zh", "ja"}))
VIETNAMESE = "[ăơưđạảấầẩẫậắằẳẵặẹẻẽềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]"  # letters of no other language

OWN_LETTERS = {"kk": "(?i)[әғқңұһ]", "mn": "(?i)[өү]"}  # a sentence without one of them is hardly of the language

ALPHABETS = {  # letters beyond ASCII; a text of the language with others is of a language that we do not know
    # ýþð: Turkish by an old code page
    "en": "éèêëïöüñçô", "de": "äöüßéà", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíóúüñªº", "it": "àèéìíîòóùú",
    "pt": "áâãàçéêíóôõúüªº", "nl": "áàéèëêïíóöôüúç", "pl": "ąćęłńóśźż", "tr": "çğıİöşüâîûýþðÝÞÐ", "sv": "åäöéàü",
    "da": "æøåéöäüó", "nb": "æøåéòôóöä", "fi": "äöåšžé", "cs": "áčďéěíňóřšťúůýžöü", "ro": "ăâîșțşţ", "hu": "áéíóöőúüű",
    "id": "é", "sw": "é",
}  # fmt: skip
OTHERS = 2  # letters of other alphabets that a foreign name may have

_STATEMENTS = "|".join(  # lines of a program without a fence
    rf"^[ \t]*{line}$"
    for line in (
        r"(?:def|class|fn|func|function|async|struct|interface) [A-Za-z0-9_]+[ \t]*[({:].*",
        r"(?:for|while|if|elif|else|try|except|with)(?-u:\b)[^.!?\n]*[:{]",
        r"(?:const|let|var|public|private|static|void|int|string|float|double|bool) [A-Za-z_]+.*[;{=(].*",
        r"(?:return(?-u:\b).*[^.!?\n]|import [A-Za-z0-9_.]+(?: as [A-Za-z_]+)?|from [A-Za-z_][A-Za-z0-9_.]* import .*)",
        r"(?:[A-Za-z_][A-Za-z0-9_.]* [-+*/]?= .*[^.!?\n]|print\(.*|console\.log.*|#include.*)",
        r"(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|FROM|WHERE) .*",
        r"(?:[^\n]*[=(){}\[\]][^\n]*[;{][ \t]*|[{}\])]+[;,]?)",
    )
)
_NO_PROSE = (  # a mark, and what it is in; one by one: beside another, one that never ends is read to the end each time
    ("[`~]", r"(?s)```.*?(?:```|\z)|~~~.*?(?:~~~|\z)"),
    (r"[;(){}=]", f"(?m){_STATEMENTS}"),
    (r"\$", r"\$\$[^$]*\$\$|\$[^$\n]*\$"),
    (r"\\\[", r"\\\[[^\[\]]*\\\]"),
    (r"\\\(", r"\\\([^()]*\\\)"),
    (r"\\", r"\\[a-zA-Z]+(?:\{[^{}]*\})*"),
    ("`", r"`[^`\n]+`"),
    (r"://|www\.", r"\b(?:https?://|www\.)\S+"),
    ("@", r"\S+@\S+"),
    ("<", r"<[^<>\n]{1,200}>"),
)
_NAMES = r"[!-~]*[_=\\{}|<>0-9][!-~]*"  # identifiers, formulas left bare, numbers


def languages(text: pl.Series, among: Sequence[str] = DEFAULT) -> pl.Series:
    """The language of each text as an ISO 639-1 code, null where it cannot be told.

    among: the languages to tell apart, as codes. Others are not known: their texts get a code of `among`, or null.
    Raises UsageError for a code that is not known, or where lingua is needed and not installed.

    >>> languages(pl.Series(["Wie geht es dir und was ist das?", "Γειά σου κόσμε", "x = 1", None])).to_list()
    ['de', 'el', None, None]
    """
    for code in among:
        if code not in LANGUAGES:
            raise UsageError(f"unknown language '{code}'{did_you_mean(code, LANGUAGES)}")
    prose = prose_of(text)
    scripts = _scripts(prose)
    told = _by_script(scripts, frozenset(among))
    for script, codes in _shared(among).items():
        rows = np.flatnonzero(
            (scripts["script"] == script).fill_null(value=False).to_numpy() & told.is_null().to_numpy()
        )
        enough = scripts["letters"].gather(rows).to_numpy() >= ENOUGH[script]
        if enough.any():
            rows = rows[enough]
            told = told.scatter(rows, _told_apart(prose.gather(rows), codes))
    return told.rename(text.name)


def prose_of(text: pl.Series) -> pl.Series:
    r"""The beginning of each text without fenced code, LaTeX, addresses, tags and identifiers.

    >>> prose_of(pl.Series(["Let $x=1$, see `f` at https://a.b:\n```\nx\n```\nthe_end is near"])).to_list()
    ['Let , see at is near']
    """
    for mark, pattern in _NO_PROSE:
        rows = text.str.contains(mark).fill_null(value=False).arg_true()
        if len(rows):
            text = text.clone().scatter(rows, text.gather(rows).str.replace_all(pattern, " "))
    text = text.str.slice(0, 2 * SAMPLE).str.replace_all(_NAMES, " ")
    return text.str.replace_all(GAP, " ").str.strip_chars().str.slice(0, SAMPLE)


def _scripts(prose: pl.Series) -> pl.DataFrame:
    """The letters of each text, and the script that most of them are of; kana and Han are counted as one."""
    letters = prose.str.count_matches(r"\p{L}").fill_null(0)
    counts = {"Latin": prose.str.count_matches(r"\p{Latin}").fill_null(0)}
    rest = (letters - counts["Latin"]) * (EAST + 1) > letters
    if rest.any():
        some = prose.filter(rest)
        for name in (*list(SHARED)[1:], *OWN_SCRIPT, "Han", "Kana"):
            pattern = r"[\p{Hiragana}\p{Katakana}]" if name == "Kana" else rf"\p{{{name}}}"
            zeros = pl.Series([0], dtype=pl.UInt32).new_from_index(0, len(prose))
            counts[name] = zeros.scatter(rest.arg_true(), some.str.count_matches(pattern))
    table = pl.DataFrame(counts)
    none = pl.lit(0, dtype=pl.UInt32)
    kana, han = (pl.col(name) * EAST if name in counts else none for name in ("Kana", "Han"))
    east = kana + han
    total = pl.lit(letters) + east - (east / EAST).cast(pl.UInt32)
    names = [name for name in counts if name not in ("Kana", "Han")]
    most = pl.max_horizontal([pl.col(name) for name in names])
    other = pl.coalesce([pl.when((pl.col(name) == most) & (most > 0)).then(pl.lit(name)) for name in names])
    eastern = pl.when(kana * 20 > east).then(pl.lit("Kana")).otherwise(pl.lit("Han"))
    script = pl.when(east > most).then(eastern).otherwise(other)
    return table.select(script=script, letters=pl.lit(letters), share=pl.max_horizontal(most, east) / total)


def _by_script(scripts: pl.DataFrame, among: frozenset[str]) -> pl.Series:
    """What the script alone tells: a language of its own, Chinese or Japanese."""
    own = {script: code for script, code in {**OWN_SCRIPT, "Han": "zh", "Kana": "ja"}.items() if code in among}
    told = pl.col("script").replace_strict(own, default=None, return_dtype=pl.String)
    clear = (pl.col("letters") >= FEW) & (pl.col("share") >= 0.5)
    return scripts.select(pl.when(clear).then(told).alias("language"))["language"]


def _shared(among: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """By script, the languages to tell apart."""
    found: dict[str, tuple[str, ...]] = {}
    for script in SHARED:
        codes = tuple(code for code in among if LANGUAGES[code].split()[2] == script)
        if codes:
            found[script] = codes
    return found


def _told_apart(prose: pl.Series, codes: tuple[str, ...]) -> pl.Series:
    if len(codes) == 1:
        return pl.Series([codes[0]], dtype=pl.String).new_from_index(0, len(prose))
    told = _by_words(prose, codes)
    rest = told.is_null().arg_true()
    return told.scatter(rest, _by_lingua(prose.gather(rest), codes)) if len(rest) else told


def _by_words(prose: pl.Series, codes: tuple[str, ...]) -> pl.Series:
    """The language whose commonest words are a fifth of a text and clearly more than another's."""
    words = split_words(prose.str.to_lowercase().str.replace_all(r"[^\p{L}\p{M}'’]+", " "))
    known = [code for code in codes if code in WORDS]
    hits = np.stack([words.sums(_common(words.hashes, code)) for code in known]) if known else np.zeros((1, len(prose)))
    best = hits.argmax(axis=0)
    first = hits.max(axis=0)
    hits[best, np.arange(len(prose))] = 0
    second = hits.max(axis=0)
    clear = (first >= 3) & (first * 5 >= words.counts) & (first >= 2 * second)
    told = pl.Series([known[place] if sure else None for place, sure in zip(best, clear, strict=True)], dtype=pl.String)
    if "vi" not in codes:
        return told
    vietnamese = prose.str.count_matches(f"(?i){VIETNAMESE}") * 20 > prose.str.len_chars()
    return pl.select(pl.when(pl.lit(vietnamese)).then(pl.lit("vi")).otherwise(pl.lit(told))).to_series()


def _common(hashes: Any, code: str) -> Ints:
    names = _common_hashes(code)
    places = np.minimum(np.searchsorted(names, hashes), len(names) - 1)
    found: Ints = names[places] == hashes
    return found


@cache
def _common_hashes(code: str) -> Any:
    return np.sort(hash_of(sorted(WORDS[code])))


def is_latin(code: str) -> bool:
    """Whether a language is written in Latin letters."""
    return LANGUAGES[code].split()[2] == "Latin"


def _by_lingua(prose: pl.Series, codes: tuple[str, ...]) -> pl.Series:
    detector, names = _detector(codes, accurate=not is_latin(codes[0]))
    values = detector.compute_language_confidence_values_in_parallel(prose.to_list())
    told = pl.Series([names[best[0].language] if best and best[0].value >= SURE else None for best in values])
    told = told.cast(pl.String)
    for code in set(told.drop_nulls()) & set(ALPHABETS):
        others = rf"(?i)[\p{{Latin}}&&[^\x00-\x7f{ALPHABETS[code]}]]"
        told = pl.select(
            pl.when((told == code) & (prose.str.count_matches(others) > OTHERS)).then(None).otherwise(told)
        ).to_series()
    for code, letters in OWN_LETTERS.items():
        if code in codes:
            told = pl.select(
                pl.when((told == code) & ~prose.str.contains(letters)).then(None).otherwise(told)
            ).to_series()
    return told


@cache
def _detector(codes: tuple[str, ...], *, accurate: bool) -> tuple[Any, dict[Any, str]]:
    try:
        from lingua import IsoCode639_1, Language, LanguageDetectorBuilder
    except ImportError:
        raise UsageError(
            f"telling {', '.join(codes[:3])} ... apart needs lingua: pip install 'curate-posttrain[language]'"
        ) from None
    names = {Language.from_iso_code_639_1(getattr(IsoCode639_1, code.upper())): code for code in codes}
    builder = LanguageDetectorBuilder.from_languages(*names)
    if not accurate:  # 19 languages in full are 500 MB and a quarter as fast
        builder = builder.with_low_accuracy_mode()
    return builder.build(), names
