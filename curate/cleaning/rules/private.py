"""Personal data and secrets: found by form, believed by checksum, context or randomness, masked by kind.

Source: the kinds of Dolma's and datatrove's PII taggers (e-mail, IP, phone), of Presidio (card, IBAN, SSN) and of the
published key formats of providers (as in detect-secrets and gitleaks). Differs: each candidate is checked by what its
kind allows (Luhn, ISO 7064 mod 97, area numbers, octets), and by the words before it, so that version numbers, order
numbers, hashes and example addresses are left alone. No names or postal addresses: those need a model.

A kind is a pattern of a linear-time engine, whose matches `checks` and `credentials` judge one by one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from curate.cleaning.rules import checks, credentials
from curate.cleaning.rules.texts import Texts


@dataclass(frozen=True)
class Private:
    """A kind of private data.

    pattern: what may be one, with the words before it that tell. check: the value in a match, or None.
    core: a cheaper pattern (without word boundaries, which are dear), one literal, or several (ASCII case aside), of
    which a text must have one to be looked at further.
    """

    kind: str
    pattern: str
    check: Callable[[str], str | None]
    core: str | tuple[str, ...]


# Edges of words are those of ASCII: a number may stand beside Chinese, and the engine is five times as fast.
_BEFORE = r"(?:[\p{L}#№]+[ \t:：=#.]{1,3}(?:(?:is|no|number|code|me at|us at|at)[ \t:=.]{1,3})?|\p{Han}{1,12})?"
_IPV4 = r"(?:[A-Za-z]{1,20}[ \t:=v.\-]{1,3}){0,2}(?-u:\b)\d{1,3}(?:\.\d{1,3}){3,}(?-u:\b)(?:\.\d|/\d{1,2})?"
_IPV6 = r"(?-u:\b)[0-9A-Fa-f]{1,4}(?::{1,2}[0-9A-Fa-f]{1,4}){3,20}(?-u:\b)"
_PEM = r"[A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
_BODY = r"(?:[^A-Za-z0-9+/=\-]{0,8}n?[A-Za-z0-9+/=]{16,})+"  # of a key that was cut off
_SSN_WORD = r"(?:SSN|ssn|[Ss]ecurity)[^\d\n]{1,16}\d{9}"
_LETTER = r"\p{Latin}\p{Cyrillic}\p{Greek}\p{N}"
_JWT = r"[A-Za-z0-9_\-]{8,}"
PRIVATE: dict[str, Private] = {
    one.kind: one
    for one in (
        Private(
            "email",
            rf"[{_LETTER}._%+'\-]+@(?:[{_LETTER}\-]+\.)+(?:[A-Za-z]{{2,24}}|\p{{Cyrillic}}{{2,12}})\(?",
            checks.email,
            ("@",),
        ),
        Private(
            "phone",
            rf"{_BEFORE}(?:\d?\+|(?-u:\b)00|\()?\d[\d().\-/ \x{{a0}}]{{6,22}}\d(?-u:\b)(?:\+\d+)?",
            checks.phone,
            r"\d[\d().\-/ \x{a0}]{6}",
        ),
        Private("card", r"(?:\d[.,])?(?-u:\b)\d(?:[ \-]?\d){12,18}(?-u:\b)", checks.card, r"\d(?:[ \-]?\d){12}"),
        Private(
            "iban",
            r"(?-u:\b)[A-Za-z]{2}\d{2}(?:[ \-]?[A-Za-z0-9]){11,30}(?-u:\b)",
            checks.iban,
            r"[A-Za-z]{2}\d{2}[ \-]?[A-Za-z0-9]{3}",
        ),
        Private(
            "ssn",
            rf"(?:(?:[A-Za-z]{{1,12}}[ \t:#.]{{1,5}}){{0,4}}(?-u:\b)\d{{3}}[- ]\d{{2}}[- ]\d{{4}}|{_SSN_WORD})(?-u:\b)",
            checks.ssn,
            rf"\d{{3}}[- ]\d{{2}}[- ]\d{{4}}|{_SSN_WORD}",
        ),
        Private("ip", f"{_IPV4}|{_IPV6}", checks.ip, r"\d\.\d{1,3}\.\d{1,3}\.\d|[0-9A-Fa-f]:{1,2}[0-9A-Fa-f]{1,4}:"),
        Private(
            "private_key",
            rf"-----BEGIN {_PEM}(?:(?:[\x00-,.-\x7f]|-[\x00-,.-\x7f])*-----END {_PEM}|{_BODY})",
            credentials.pem,
            ("PRIVATE KEY",),
        ),
        Private("jwt", rf"(?-u:\b)eyJ{_JWT}\.eyJ{_JWT}\.{_JWT}", credentials.whole, ("eyJ",)),
        Private("key", credentials.KEYS, credentials.key, credentials.KEY_ANCHORS),
        Private("secret", credentials.ASSIGNED, credentials.secret, credentials.ASSIGNED_WORDS),
    )
}
PERSONAL = ("email", "phone", "card", "iban", "ssn", "ip")
SECRET = ("private_key", "jwt", "key", "secret")


def private(texts: Texts, *, kind: str) -> pl.Series:
    """The values of one kind in each text, cut so that a report does not tell them; null where there is none."""
    found = values_in(texts.text, PRIVATE[kind])
    return found.list.eval(pl.element().str.slice(0, 3) + "…" + pl.element().str.slice(-2)).list.join(", ")


def values_in(text: pl.Series, private: Private) -> pl.Series:
    """The values of one kind in each text, each once, in their order; null where there is none."""
    core = private.core
    if isinstance(core, str):
        may = text.str.contains(core)
    elif len(core) == 1:
        may = text.str.contains(core[0], literal=True)
    else:
        may = text.str.contains_any(list(core), ascii_case_insensitive=True)
    places = may.fill_null(value=False).arg_true()
    matches = text.gather(places).str.extract_all(private.pattern)
    told = {match: private.check(match) for match in matches.explode(empty_as_null=False).unique().to_list()}
    values = [list(dict.fromkeys(value for one in row if (value := told[one]))) or None for row in matches.to_list()]
    found = pl.DataFrame({"place": places, "values": pl.Series(values, dtype=pl.List(pl.String))})
    rows = pl.DataFrame({"place": pl.int_range(len(text), dtype=pl.UInt32, eager=True)})
    return rows.join(found, on="place", how="left", maintain_order="left")["values"].rename(text.name)


def masked(text: str, found: Iterable[tuple[str, Sequence[str]]]) -> tuple[str, Counter[str]]:
    """A text with its private values replaced by `[EMAIL_1]` and the like, and how many of each kind were.

    found: kind and values. The same value has the same placeholder all through the text; a value within another (an
    e-mail address in a key) goes with it.

    >>> masked("a@b.org, c@d.org, a@b.org", [("email", ["a@b.org", "c@d.org"])])[0]
    '[EMAIL_1], [EMAIL_2], [EMAIL_1]'
    """
    named: dict[str, str] = {}
    for kind, values in found:
        for number, value in enumerate(values, 1):
            named.setdefault(value, f"[{kind.upper()}_{number}]")
    if not named:
        return text, Counter()
    longest = sorted(named, key=len, reverse=True)
    pattern = "|".join(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])" for value in longest)
    counts: Counter[str] = Counter()

    def stand_in(match: re.Match[str]) -> str:
        placeholder = named[match.group()]
        counts[placeholder.strip("[]").rpartition("_")[0].lower()] += 1
        return placeholder

    return re.sub(pattern, stand_in, text), counts
