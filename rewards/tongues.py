"""The reward for language consistency: how much of a text is in the wanted language."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any, Literal

from rewards.base import RewardError, Score, did_you_mean
from rewards.extract import strip_thinking
from rewards.scripts import prose, words_by_script, words_of

MAX_SEGMENTS = 64  # segments of a long text that are identified, taken evenly
SEGMENT_CHARS = 160  # sentences are joined up to this: shorter ones are hard to tell
DOUBT = 0.7  # below this confidence of the winner, a wanted language with DOUBT_SHARE is believed
DOUBT_SHARE = 0.08
SENTENCE = re.compile(r"[^.!?。！？।؟\n]{1,400}[.!?。！？।؟]*\s*|\n+")

LANGUAGES = {  # ISO 639-1: ISO 639-3, English name, scripts
    "af": "afr afrikaans Latin", "am": "amh amharic Ethiopic", "ar": "ara arabic Arabic", "az": "aze azerbaijani Latin",
    "be": "bel belarusian Cyrillic", "bg": "bul bulgarian Cyrillic", "bn": "ben bengali Bengali",
    "bo": "bod tibetan Tibetan", "bs": "bos bosnian Latin", "ca": "cat catalan Latin", "cs": "ces czech Latin",
    "cy": "cym welsh Latin", "da": "dan danish Latin", "de": "deu german Latin", "el": "ell greek Greek",
    "en": "eng english Latin", "eo": "epo esperanto Latin", "es": "spa spanish Latin", "et": "est estonian Latin",
    "eu": "eus basque Latin", "fa": "fas persian Arabic", "fi": "fin finnish Latin", "fr": "fra french Latin",
    "ga": "gle irish Latin", "gu": "guj gujarati Gujarati", "he": "heb hebrew Hebrew", "hi": "hin hindi Devanagari",
    "hr": "hrv croatian Latin", "hu": "hun hungarian Latin", "hy": "hye armenian Armenian",
    "id": "ind indonesian Latin", "is": "isl icelandic Latin", "it": "ita italian Latin",
    "ja": "jpn japanese Kana,Han", "ka": "kat georgian Georgian", "kk": "kaz kazakh Cyrillic", "km": "khm khmer Khmer",
    "kn": "kan kannada Kannada", "ko": "kor korean Hangul", "la": "lat latin Latin", "lo": "lao lao Lao",
    "lt": "lit lithuanian Latin", "lv": "lav latvian Latin", "mk": "mkd macedonian Cyrillic",
    "ml": "mal malayalam Malayalam", "mn": "mon mongolian Cyrillic", "mr": "mar marathi Devanagari",
    "ms": "msa malay Latin", "my": "mya burmese Myanmar", "nb": "nob bokmal Latin", "nl": "nld dutch Latin",
    "nn": "nno nynorsk Latin", "or": "ori oriya Oriya", "pa": "pan punjabi Gurmukhi", "pl": "pol polish Latin",
    "pt": "por portuguese Latin", "ro": "ron romanian Latin", "ru": "rus russian Cyrillic",
    "si": "sin sinhala Sinhala", "sk": "slk slovak Latin", "sl": "slv slovene Latin", "so": "som somali Latin",
    "sq": "sqi albanian Latin", "sr": "srp serbian Cyrillic", "sv": "swe swedish Latin", "sw": "swa swahili Latin",
    "ta": "tam tamil Tamil", "te": "tel telugu Telugu", "th": "tha thai Thai", "tl": "tgl tagalog Latin",
    "tr": "tur turkish Latin", "uk": "ukr ukrainian Cyrillic", "ur": "urd urdu Arabic", "vi": "vie vietnamese Latin",
    "yo": "yor yoruba Latin", "zh": "zho chinese Han", "zu": "zul zulu Latin",
}  # fmt: skip
ALIASES = {
    "cmn": "zh", "arb": "ar", "swh": "sw", "pes": "fa", "ekk": "et", "lvs": "lv", "zsm": "ms", "no": "nb", "nor": "nb",
    "iw": "he", "norwegian": "nb", "mandarin": "zh", "farsi": "fa", "jp": "ja",
}  # fmt: skip
RIVALS = {  # against whom a language of a shared script is identified: few and common ones keep it sharp
    "Latin": (
        "en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "sv", "da", "nb", "fi", "cs", "ro", "hu", "id", "vi",
    ),
    "Cyrillic": ("ru", "uk", "be", "bg", "sr", "mk", "kk", "mn"),
    "Arabic": ("ar", "fa", "ur"),
    "Devanagari": ("hi", "mr"),
}  # fmt: skip

MANY = 0.2  # so many of the words must be common ones of the language to decide without lingua
COMMON_WORDS = {  # what a text of the language can hardly do without
    code: frozenset(words.split())
    for code, words in {
        "en": "the of and to in is that it was for on with as are this be by at from not have which or an they were",
        "de": "der die das und ist nicht ein eine mit von zu den dem des auf für sich als auch es an werden sind",
        "fr": "le la les des et est une un dans que qui pour pas sur au avec ce il du sont par plus ne se cette",
        "es": "el la los las de y que en un una es por con para no se del al lo como más su sus está pero",
        "it": "il la le di e che un una è per non con del della sono si nel gli dei alla da anche come più",
        "pt": "o a os as de e que um uma é para não com do da em se por no na dos mais como são ao",
        "nl": "de het een en van is dat niet met op te voor zijn in die aan ook als er maar bij wordt door om",
        "pl": "i w na z się nie jest do to że jak za od przez dla są po co był tym o ma która",
        "tr": "ve bir bu için ile da de ne çok daha olarak gibi olan en kadar sonra değil var ancak ise",
        "sv": "och att det är en som på av för med den till inte ett har de om var jag vi från men",
        "da": "og at det er en af på for med den til ikke et har de om som var jeg vi fra men der",
        "nb": "og at det er en av på for med den til ikke et har de om som var jeg vi fra men seg",
        "fi": "ja on ei se että oli hän mutta joka myös kun ovat tai sen niin kuin mitä ole tämä",
        "cs": "a je se na v že to s z do o i jako za by ale po jsou jeho byl není pro tak",
        "ro": "și de la în a cu nu pe este o un că din care să mai pentru sunt fi ce dar ale",
        "hu": "a az és hogy nem is egy ez volt meg de csak el van mint már vagy még azt ha",
        "id": "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya adalah ke karena tersebut bisa",
        "vi": "và của là có được cho không các trong một người với những này đã để khi ra từ đến",
    }.items()
}
LATIN_WORDS = re.compile(r"[a-zà-ɏ]+")
LANGUAGES_OF: dict[str, list[str]] = {}  # the languages of a common word
for _code, _words in COMMON_WORDS.items():
    for _word in _words:
        LANGUAGES_OF.setdefault(_word, []).append(_code)


def language(completion: str, lang: str, *, part: Literal["all", "answer", "thinking"] = "all") -> Score:
    """The share of the words that are in the wanted language.

    DeepSeek-R1 (arXiv 2501.12948, section 2.3.2) rewards the share of words of the target language in its reasoning,
    and does not say how it tells. Here: fenced and inline code, LaTeX, addresses, tags and identifiers are taken out;
    words in a script the language does not use are not in it; a script that only it uses decides alone (Greek, Thai,
    Korean, ...); where languages share a script, segments (of about 160 characters, or up to where the language seems
    to change) are told by the commonest words of the language or, where those do not decide, by lingua, the wanted one
    against the common ones of the script (Latin letters in its small trigram mode: 50 MB, half a second to load, under
    1 ms a segment); Han with kana is Japanese, without Chinese. In doubt a segment counts as wanted. Of a long text 64
    segments spread evenly are identified.

    lang: ISO 639-1 or 639-3 code, BCP 47 tag ("pt-BR", of which the language counts), or English name. part: what is
    judged; `all` takes thinking and answer together. Acronyms and names in another script count as foreign words.
    Range: 0 to 1; 0 without any text; None when there is no prose to judge (only code or mathematics), for an unknown
    language, and where lingua is needed and not installed.

    >>> language("Der Hund schläft. `sleep()` $x$", "de").value
    1.0
    >>> language("Γειά σου κόσμε", "en").value
    0.0
    """
    code = read_language(lang)
    text = completion
    if part == "answer":
        text = strip_thinking(completion)
    elif part == "thinking":
        text = completion[: len(completion) - len(strip_thinking(completion))]
    if not text.strip():
        return Score(0.0, "there is no text")
    segments = split_segments(prose(text))
    step = max(1.0, len(segments) / MAX_SEGMENTS)
    segments = [segments[int(place * step)] for place in range(min(len(segments), MAX_SEGMENTS))]
    total = wanted = 0.0
    foreign = ""
    for segment in segments:
        inside, words = words_in(segment, code)
        total += words
        wanted += inside
        if not foreign and inside < words / 2:
            foreign = segment[:80]
    if not total:
        return Score(None, "only code or mathematics: no words to judge")
    share = min(1.0, wanted / total)
    why = f"{share:.0%} of the words are {LANGUAGES[code].split()[1]}"
    return Score(share, why, {"words": round(total), **({"foreign": foreign} if foreign else {})})


def read_language(lang: str) -> str:
    """The two-letter code of a language. Raises RewardError.

    >>> read_language("pt-BR"), read_language("German"), read_language("cmn")
    ('pt', 'de', 'zh')
    """
    word = lang.strip().lower().replace("_", "-").partition("-")[0]
    word = ALIASES.get(word, word)
    for code, row in LANGUAGES.items():
        if word == code or word in row.split()[:2]:
            return code
    raise RewardError(f"unknown language '{lang}'{did_you_mean(word, [row.split()[1] for row in LANGUAGES.values()])}")


def split_segments(text: str) -> list[str]:
    """Sentences, joined to about SEGMENT_CHARS characters, or up to where the language seems to change.

    >>> split_segments("One. Two." )
    ['One. Two.']
    >>> split_segments("That is the end of it. Das ist das Ende der Sache.")
    ['That is the end of it.', 'Das ist das Ende der Sache.']
    """
    segments: list[str] = []
    current = spoken = ""
    for found in SENTENCE.finditer(text):
        likely = likely_language(found.group())
        if likely and spoken and likely != spoken:
            segments.append(current.strip())
            current = spoken = ""
        current, spoken = current + found.group(), spoken or likely
        if len(current) >= SEGMENT_CHARS:
            segments.append(current.strip())
            current = spoken = ""
    if current.strip():
        segments.append(current.strip())
    return [segment for segment in segments if segment]


def likely_language(sentence: str) -> str:
    """The language in Latin letters of most of a sentence's commonest words, or "" where there is none or a tie.

    >>> likely_language("Das ist das Ende der Sache."), likely_language("Okay.")
    ('de', '')
    """
    hits = Counter(code for word in LATIN_WORDS.findall(sentence.lower()) for code in LANGUAGES_OF.get(word, ()))
    ranked = hits.most_common(2)
    tie = len(ranked) > 1 and ranked[0][1] == ranked[1][1]
    return ranked[0][0] if ranked and not tie else ""


def words_in(segment: str, code: str) -> tuple[float, float]:
    """How many words of a segment are in a language, and how many there are."""
    counts = words_by_script(segment)
    total = float(sum(counts.values()))
    scripts = LANGUAGES[code].split()[2].split(",")
    mine = float(sum(counts[script] for script in scripts))
    if code in ("zh", "ja"):
        japanese = counts["Kana"] > 0.05 * (counts["Kana"] + counts["Han"])
        return (mine if japanese == (code == "ja") else 0.0), total
    if code == "ko":  # a mixed script, as long as it is mostly Hangul
        return mine + min(mine, counts["Han"]), total
    if not mine or scripts[0] not in RIVALS:
        return mine, total
    return (mine if _is(words_of(segment, scripts[0]), code, scripts[0]) else 0.0), total


def _is(words: list[str], code: str, script: str) -> bool:
    """Whether these words are of the wanted language: by its commonest words where they decide, else by lingua."""
    if script == "Latin":
        hits = {each: sum(word in common for word in map(str.lower, words)) for each, common in COMMON_WORDS.items()}
        others = max(count for each, count in hits.items() if each != code)
        if hits.get(code, 0) >= max(2, MANY * len(words), others + 1):
            return True
    detector, wanted = _detector(code, script)
    values = detector.compute_language_confidence_values(" ".join(words))
    if not values:
        return False
    best, mine = values[0], next(value.value for value in values if value.language == wanted)
    return bool(best.language == wanted or (best.value < DOUBT and mine >= DOUBT_SHARE))


@cache
def _detector(code: str, script: str) -> tuple[Any, Any]:
    try:
        from lingua import IsoCode639_1, Language, LanguageDetectorBuilder
    except ImportError as error:
        raise RewardError(
            f"telling {LANGUAGES[code].split()[1]} from the other languages in {script} letters needs lingua: "
            "pip install lingua-language-detector"
        ) from error
    codes = [*RIVALS[script], *([] if code in RIVALS[script] else [code])]
    found = [Language.from_iso_code_639_1(getattr(IsoCode639_1, each.upper())) for each in codes]
    builder = LanguageDetectorBuilder.from_languages(*found)
    if script == "Latin":  # 19 languages at full accuracy are 550 MB and 10 s to load
        builder = builder.with_low_accuracy_mode()
    return builder.build(), found[codes.index(code)]
