r"""Whether a text came to its end, by the reason a server gave, else by its look.

Source: what open-instruct and OpenThoughts filter by `finish_reason`; the look is ours. A text without a last full stop
is not cut off for that alone: answers of a few words, lists, tables, headings, code, formulas, signatures, tags and
links end so, and people often leave it out (one answer in five of Dolly). It is where something was begun (a comma, an
opening bracket or quotation mark, a word such as `the`, an empty list item), or where prose that ends its other
sentences does not end the last one; in English only where the last word seldom ends a sentence, or few stand after the
last full stop.
"""

from __future__ import annotations

import polars as pl

from curate.cleaning.rules.form import code_fences
from curate.cleaning.rules.last_words import goes_on_in_english
from curate.cleaning.rules.texts import Texts

CUT = ("length", "max_tokens", "max_length", "model_length", "content_filter", "max_output_tokens")
WINDOW = 600  # characters of the end that are looked at
LONG_LINE, LONG_LINE_CJK = 60, 25  # characters of a last line that reads like a sentence
PHRASE = 40  # characters of a line that is no title

_END = r"[.!?…。！？؟۔।॥։።]"
_CLOSED = r"[\"'”’»«“」』）)\]】*_`]*"
ENDED = (  # most texts; „so“ and »so« end in an opening mark
    rf"(?:{_END}|[)\]}}>\"”’»“」』）】`|;$%°™®~>]|[\p{{So}}\p{{Sk}}\x{{fe0f}}\x{{200d}}])$"
)
MARKS = r"(?:\s*\n[ \t]*(?:[-*_=~][ \t]*){3,})+$|\b([*_~]{1,3})$|([^\s*_~])[*_~]{1,3}$"  # rules; bold, italic

_WORDS = (  # after which a sentence goes on, in lower case: `Plan A`, `the Hague`
    r"and|or|the|our|their|your|its|whose|because|than|including|such as|especially|between|"
    r"und|oder|sowie|der|dem|den|ein|eine|einen|einem|einer|dass|weil|für|vom|zum|zur|"
    r"et|ou|les|des|du|une|dans|avec|pour|mais|donc|aux|"
    r"el|los|las|una|pero|porque|para|que|por|"
    r"os|uma|mas|dos|pela|pelo|com|"
    r"con|il|gli|dello|della|delle|nella|che|perché|het|een|omdat|"
    r"и|или|в|на|с|к|о|у|что|для|по|из|но|это|котор(?:ый|ая|ое|ые|ых|ого|ом)|та|що|але"
)
_KOREAN = (  # connective endings and particles after which a sentence goes on; 최고, 가을 end one
    r"\s\p{Hangul}*(?:[하되있없이히리넣않같많높낮했였었았겠]고|[으이하되]며|지만|[는은한]데|면서|므로|[하되]여|되어|[아어해와가라여]서|"
    r"기 위해(?:서|서는)?|때문에|통해|대해|[대위통]한|를|는)$"
)
_OPEN = (
    r"[;、；：（「『\[{(„¿¡—–]$"
    r"|[\p{L}\p{N})\]\"”’*`]:$"
    r"|[\p{L}\p{N})\]][ \t][-&/+=*<]$|\p{L}-$"
    rf"|(?:^|[\s(\"“'’])(?:{_WORDS})$|\s(?:und|oder|dass|weil|für|von|mit) (?:die|das|sie|er|es)$"
    r"|\p{L}{4,}, (?:an?|la|le|el|un|une|una|um|uma)$"
    r"|(?:,|\s(?:[Tt]hen|[Ii]f|[Ww]hen|[Bb]ecause|that|while)) (?:she|he|they|we|I)$"
    r"|, (?:but|so|yet|nor)$|\s(?:but|should|must|will|would|could|may|might) (?:also|always|only)$"
    r"|, (?:which|where|whose|while|whereas|although)$|\p{L} (?:the|a) (?:most|very|various|following|main|whole)$"
    r"|\S+\s+\S+\s+\S+\s+(?:is|are|was|were|means|shows?|suggests?|indicates?|so|such|ensures?|fact|note|given) that$"
    r"|^(?:Die|Der|Das|Ein|Eine|Es) [^,]+ (?:ist|sind|war|waren)$"
    r"|, which (?:gives|yields|is|are|was|has|means|makes)$"
    r"|\S+\s+\S+\s+\S+\s+\S+\s+(?:a|de|le)$|\s(?:as|is|was|be|of|to|in|on|with|for|by|from|has|have|had|and) an$"
    rf"|{_KOREAN}"
    r"|(?:和|与|與|以及|或者|但是|因为|例如|比如|包括|而且|因此|由于|如果|虽然|通过|根据|为了|含有|包含|属于|位于|称为|を|ので|のに|ながら|ため(?:に|には)|によ(?:り|って)|として|という|および|または)$|[^\n]{15}(?:是|在|は|に)$"
)
_LATE = r"\S+\s+\S+\s+\S+\s+\S+\s+(?:to|with|for|in|by|from)$"  # may also end a clause with these:
_CLAUSE = (  # near to it: `someone I can talk to`
    r"(?i)(?-u:\b)(?:i|you|we|they|he|she|it|who|what|where|that|which|how|[a-z]+thing|[a-z]+one|place|way)(?-u:\b)"
    r"(?:[ ’'\-]+[^\s,;:]+){0,7}$"
)
_IS = r"\S+\s+\S+\s+\S+\s+\S+\s+(?:is|are|was|were)$"
_WHO_IS = (
    r"(?i)(?-u:\b)(?:who|what|where|how|which|as|than)(?-u:\b)"
    r"|(?-u:\b)(?:i|you|we|they|he|she|it|there|this|that) (?:is|are|was|were)$"
)
_OF = r"\S+\s+\S+\s+\S+\s+of$"
_MADE_OF = r"(?i)(?-u:\b)(?:what|which|who|made|think|proud|heard|kind|sort|dream|aware|afraid|full|tired|fond)(?-u:\b)"
_BEGUN = (  # a quotation, bracket, row or list item that holds nothing yet
    r"(?:^|[\s(:])\"[^\"\n]*[\p{L},]$|“[^”\n]*[\p{L},]$|[「『][^」』\n]*$|(?:^|[^:;=\-])\([^()\n]*[\p{L},]$"
)
_ROW = r"\|[ \t]*\n[ \t]*\|[^\n]*[^|\s]$"
_LAST_ROW = r"\|[ \t]*\n[ \t]*\|[^\n]*\|$"
_ITEM = r"\n[ \t]*[*_]{0,2}(?:\d{1,3}[.)]|[-*+•])$"
_ITEM_BEFORE = r"(?m)^\s*[*_]{0,2}(?:\d{1,3}[.)]|[-*+•])\s\S|:[*_]{0,2}\s*\n[^\n]*$"
_NO_PROSE = (
    r"^\s*(?:\||#|\\|```|https?://|//|--|import |from |return |print|>>>|\$ )|\|.*\||https?://\S+$|\S@\S+$|#[\p{L}\p{N}_]+$"
    r"|\$$|\\\)$|\\\]$|[{}]|\s=\s|\w\(\w*\)|(?:(?:^|\s)\d{1,2}[.)]\s[^.!?\n]{1,60}){3,}$"
)
_SIGNED = (  # the end of a letter, with a name or without
    r"(?i)(?:^|[.!?,\n]\s*)[*_]*(?:(?:yours[^,.!?\n]*|warmly|love|cheers|best|(?:many )?thanks(?: again| so much)?|"
    r"thank you(?: again| so much)?|(?:[a-z]+ ){0,3}(?:sincerely|regards|wishes|faithfully|truly|respectfully)|"
    r"mit freundlichen [\p{L}]+|cordialement|saludos|"
    r"(?:with|in) (?:[a-z]+ ){0,3}(?:hope|respect|gratitude|love|anticipation|appreciation))"
    r"(?:[,!]?\s*(?-i:[\p{Lu}\[])[^.!?\n]*|[,!]?)|looking forward to [^.!?\n]*|thank(?:s| you) for [^.!?\n]*)$"
)
_SIGNED_WORDS = [
    "yours", "sincerely", "regards", "wishes", "faithfully", "truly", "respectfully", "love", "cheers", "thank", "best",
    "warmly", "looking forward", "freundlichen", "cordialement", "saludos", "hope", "respect", "gratitude",
    "anticipation", "appreciation",
]  # fmt: skip
_SAID_BY = r"\S\s+[-—–~] ?\p{Lu}[^!?\n]{0,40}$"
_LISTED = r"(?:[^,.!?\n]{1,40}[,،、，]\s*){3,}[^,.!?\n]{1,60}$"
_BULLET = r"^\s*(?:[-*+•]|\d{1,3}[.)])\s"
_ENDED_ITEMS = (
    rf"(?:(?:^|\n)\s*(?:[-*+•]|\d{{1,3}}[.)])\s[^\n]*{_END}{_CLOSED}[ \t]*)\n[^\n]*$"  # the one before the last
)
_NEW = (  # a paragraph that has just begun, under one that ended
    rf"(?:{_END}{_CLOSED}|```)[ \t]*\n[ \t]*\n[ \t]*"
    rf"(?:\p{{Lu}}[\p{{L}}'’]*,?(?: [\p{{L}}\p{{N}}'’,;\-]+)+ \p{{Ll}}+|[\p{{Han}}，、：“”（）]{{6,}})$"
)
_HEADING = r"\n[ \t]*#{2,6} [^\n]*\p{L}{3}[^\n]*$"
_NO_BRACKETS = (
    r"\\[{}()\[\]]|[:;=]-?[(\[]|(?m:^[ \t]*[a-z0-9]{1,3}\))|'[(\[{]'|\"[(\[{]\"|[\[(][\[(]*/"  # escaped; :( a)
)
_BARE_END = r"[\p{L}\p{N});,:=+\-*/&|<>\[({]\s*$"
_SHORT_FORM = r"(?-u:\b)(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|Prof|Gen|Sen|Rep|Mt|vs|No|approx)\."
_CJK = r"[\p{Han}\p{Hiragana}\p{Katakana}]$"


def unfinished(texts: Texts) -> pl.Series:
    """The end of a text that was cut off.

    By `finish_reason` where the rows have one (`length`, `max_tokens` and the like are cut, `stop` is not). Else by its
    look: see above, and an open code fence.
    """
    look = cut_off(texts.text) | _left_open(texts.text) | code_fences(texts).is_not_null()
    places = look.fill_null(value=False).arg_true()
    shown = texts.text.gather(places).str.strip_chars_end().str.slice(-40)
    by_look = pl.Series("found", [None], dtype=pl.String).new_from_index(0, len(texts)).scatter(places, shown)
    reasons = texts.column("finish_reason")
    if reasons is None:
        return by_look
    reason = pl.lit(reasons.cast(pl.String).str.to_lowercase())
    told = pl.when(reason.is_in(CUT)).then(pl.format("finish_reason is {}", reason))
    return pl.select(told.otherwise(pl.when(reason.is_null() | (reason == "")).then(pl.lit(by_look)))).to_series()


def cut_off(text: pl.Series) -> pl.Series:
    """Whether each text looks cut off; False where there is none."""
    end = text.str.slice(-WINDOW).str.strip_chars_end()
    ended = end.str.slice(-8).str.contains(ENDED)
    told = pl.Series([False]).new_from_index(0, len(text))
    places = (~ended | end.str.contains(f"{_ITEM}|{_LAST_ROW}")).fill_null(value=False).arg_true()
    return told.scatter(places, _look(end.gather(places))) if len(places) else told


def _left_open(text: pl.Series) -> pl.Series:
    """Whether a text opens more brackets than it closes, and does not end like a sentence or a block."""
    left = pl.Series([False]).new_from_index(0, len(text))
    places = text.str.slice(-8).str.contains(_BARE_END).fill_null(value=False).arg_true()
    places = places.filter(_more_open(text.gather(places)))
    if not len(places):
        return left
    return left.scatter(places, _more_open(text.gather(places).str.replace_all(_NO_BRACKETS, "")))


def _more_open(text: pl.Series) -> pl.Series:
    """Whether braces, round and square brackets together (as in the interval (0, 1]), or LaTeX blocks are left open."""
    count = {mark: text.str.count_matches(mark, literal=True) for mark in "{}()[]"}
    begun, ended = (text.str.count_matches(mark, literal=True) for mark in ("\\begin{", "\\end{"))
    return (count["{"] > count["}"]) | (count["("] + count["["] > count[")"] + count["]"]) | (begun > ended)


def _look(end: pl.Series) -> pl.Series:
    """Whether the ends of texts, stripped of white space, look cut off."""
    item = _only(end.str.contains(_ITEM), end, _ITEM_BEFORE)
    row = _has(end, _ROW, only=r"\|") | _short_row(end)
    end = end.str.replace(MARKS, "$2").str.strip_chars_end()
    line = end.str.split("\n").list.last().str.replace_all(_SHORT_FORM, "")
    late = _unless(line.str.contains(_LATE), line, _CLAUSE)
    late |= _unless(line.str.contains(_IS), line, _WHO_IS)
    late |= _unless(line.str.contains(_OF), line, _MADE_OF)
    begun = _unless(line.str.contains(_OPEN) | line.str.contains(_BEGUN) | late, line, ENDED)
    prose = line.str.contains(r"[,，]$") | (line.str.contains(r"[\p{L}\p{M}\p{N}]$") & _goes_on(end, line))
    prose |= end.str.contains(_NEW) | _has(end, _HEADING, only="##")
    places = prose.arg_true()
    if len(places):
        prose = prose.scatter(places, ~_signed(line.gather(places)))
    return item | row | begun | prose


def _short_row(end: pl.Series) -> pl.Series:
    """Whether the last row of a table has fewer cells than the one before."""
    short = pl.Series([False]).new_from_index(0, len(end))
    places = end.str.contains(_LAST_ROW).arg_true()
    if not len(places):
        return short
    cells = (
        end.gather(places).str.extract(rf"([^\n]*){rest}$", 1).str.count_matches(r"\|") for rest in ("", r"\n[^\n]*")
    )
    last, before = cells
    return short.scatter(places, last < before)


def _signed(line: pl.Series) -> pl.Series:
    """Whether a line ends a letter, or names who said what stands before."""
    signed = _has(line, _SAID_BY, only=r"[-—–~] ?\p{Lu}")
    places = line.str.contains_any(_SIGNED_WORDS, ascii_case_insensitive=True).arg_true()
    return signed.scatter(places, signed.gather(places) | line.gather(places).str.contains(_SIGNED))


def _only(told: pl.Series, text: pl.Series, pattern: str) -> pl.Series:
    """Those told of which the text matches a pattern as well; no others are asked, which is cheaper."""
    places = told.arg_true()
    return told.clone().scatter(places, text.gather(places).str.contains(pattern)) if len(places) else told


def _unless(told: pl.Series, text: pl.Series, pattern: str) -> pl.Series:
    """Those told of which the text does not match a pattern; no others are asked."""
    return told & ~_only(told, text, pattern)


def _has(text: pl.Series, pattern: str, *, only: str) -> pl.Series:
    """Whether each text matches a pattern; only those are asked that match another one, which is cheaper."""
    has = text.str.contains(only)
    places = has.arg_true()
    return has.scatter(places, text.gather(places).str.contains(pattern))


def _goes_on(end: pl.Series, line: pl.Series) -> pl.Series:
    """Whether a last line without a full stop is as long as a sentence, in prose that ends its other sentences."""
    size = line.str.len_chars()
    long = (size >= LONG_LINE) | (line.str.contains(_CJK) & (size >= LONG_LINE_CJK))
    told = pl.Series([False]).new_from_index(0, len(line))
    places = ((size >= PHRASE) | line.str.contains(_BULLET)).arg_true()
    if not len(places):
        return told
    end, line, long, size = end.gather(places), line.gather(places), long.gather(places), size.gather(places)
    inside = line.str.contains(rf"[\p{{Ll}}\p{{N}})][.!…]{_CLOSED}\s+\S|[。！？]\S|，.*{_CJK}")
    above = end.str.contains(rf"{_END}{_CLOSED}\s*\n[^\n]*$")
    item = line.str.contains(_BULLET)
    items = end.str.contains(_ENDED_ITEMS)
    listed = line.str.contains(_LISTED)
    goes_on = (long & (inside | (above & ~item & ~listed))) | (item & items)
    goes_on = goes_on_in_english(line, goes_on, (size >= PHRASE) & ~item & ~listed)
    return told.scatter(places, _unless(goes_on, line, _NO_PROSE))
