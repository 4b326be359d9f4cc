"""Whether a match of a pattern is somebody's address or number; each check gives the value itself, or None."""

from __future__ import annotations

import ipaddress
import re

NOT_PHONE = re.compile(
    r"\b(?:order|invoice|isbn|issn|id|serial|version|ticket|case|account|tracking|part|model|item|ref|reference|sku|"
    r"code|number of|pages?|line|years?|pi|equals|is approximately|doi|port|zip|size|total|sum|product|result|answer|"
    r"value|timestamp|date|lat|lon|latitude|longitude|rgb|hash|seed|commit|build|patent|vin|imei)\b",
    re.IGNORECASE,
)
PHONE_WORD = re.compile(
    r"\b(?:phone|tel|telephone|call|mobile|cell|fax|whatsapp|contact|text|dial|ring|reach|handy|telefon|téléphone|"
    r"teléfono|telefono|telefone|tél|móvil|celular|numéro|телефон|тел|ring|appelez|llama|llame|chiama|rufen?)\b"
    r"|电话|電話|手机|手機|联系|致电|拨打|微信|전화|연락",
    re.IGNORECASE,
)
VERSION_WORD = re.compile(
    r"(?:\bv|version|ver|release|build|firmware|oid|\bec|section|chapter|clause|figure|fig|table|theorem|step|part|rule)"
    r"[ .:=v-]*$",
    re.IGNORECASE,
)
SSN_WORD = re.compile(r"\b(?:ssn|social|security|soc|sec|taxpayer|tin)\b", re.IGNORECASE)

EXAMPLE_DOMAIN = re.compile(  # RFC 2606, RFC 6762, and what people write where yours goes
    r"(?:.*\.)?(?:example\.(?:com|net|org|edu)|(?:your|my)?domain\.(?:com|org|net)|your[\w-]*\.\w+)"
    r"|.*\.(?:example|test|invalid|localhost|local|lan|internal|home|corp)"
)
CALLED = (
    "com",
    "org",
    "net",
    "edu",
    "gov",
    "info",
    "de",
    "at",
    "ch",
    "fr",
    "uk",
    "eu",
    "es",
    "pl",
    "ru",
    "cn",
    "jp",
    "br",
)
"""Domains that an address with a bracket right behind it ends in; others are methods: `W@h.reshape(3)`."""

FILES = (".png", ".jpg", ".jpeg", ".svg", ".gif", ".webp", ".js", ".py", ".css", ".html", ".json", ".md")


def email(match: str) -> str | None:
    """An address. A file with an @ (`icon@2x.png`), a matrix's method, an example, a repository's user are none.

    >>> email("anna@firma.de"), email("icon@2x.png"), email("jane@example.com"), email("git@github.com")
    ('anna@firma.de', None, None, None)
    """
    called, match = match.endswith("("), match.strip("'(")
    name, _, domain = match.lower().rpartition("@")
    if called and domain.rpartition(".")[2] not in CALLED:
        return None
    if domain.endswith(FILES) or EXAMPLE_DOMAIN.fullmatch(domain) or name in ("git", "hg", "svn"):
        return None
    if name.startswith((".", "-")) or not any(character.isalnum() for character in name) or ".." in name:
        return None
    return None if name.startswith("your") else match


def phone(match: str) -> str | None:
    """A telephone number: with a plus and a country, or as North America writes it, or after a word that says so.

    Digits by E.164: 8 to 15. A date, an ISBN, a number in a text on orders or arithmetic is none.

    >>> phone("+49 30 1234567"), phone("(555) 867-5309"), phone("tel: 030 1234567"), phone("order 2024-10-31")
    ('+49 30 1234567', '(555) 867-5309', '030 1234567', None)
    """
    found = re.search(r"[+(\d].*", match, re.DOTALL)
    if found is None:
        return None
    before, value = match[: found.start()], found.group().strip()
    digits = re.sub(r"\D", "", value)
    if not 8 <= len(digits) <= 15 or "+" in value[1:] or NOT_PHONE.search(before):
        return None
    if len(set(digits)) < 3:
        return None
    if value.count("(") != value.count(")"):
        value = value.strip("() ")
    if value.startswith(("+", "00")):
        return value if INTERNATIONAL.fullmatch(value) else None
    if re.search(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}", value):  # a date
        return None
    if re.fullmatch(r"(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])\d{3}[ .-]\d{4}", value):
        return value
    if NATIONAL.fullmatch(value):
        return value
    return value if PHONE_WORD.search(before) and "." not in value.strip(".") else None


INTERNATIONAL = re.compile(  # a country, perhaps an area in brackets, and groups of digits: no sum, no product
    r"\+[1-9]\d{7,12}"
    r"|(?:\+[1-9]\d{0,2}(?:[ .\-]|(?=\())|\+[1-9]\d{3,5} |00[1-9]\d{0,2} )"
    r"(?:\(\d{1,5}\)[ .\-]?)?\d[\d.\-/]*(?: [\d.\-/]+)*"
)
NATIONAL = re.compile(  # as they are written in France, Germany (mobile), the United Kingdom (mobile), Brazil,
    # Korea, Japan and Australia (mobile)
    r"0[1-79](?:[ .-]\d{2}){4}|01[5-7]\d[ /-]\d{7,8}|07\d{3} \d{6}|\([1-9]\d\) 9?\d{4}-\d{4}"
    r"|01[016-9]-\d{3,4}-\d{4}|0[789]0-\d{4}-\d{4}|04\d\d \d{3} \d{3}"
)


ISSUED = re.compile(  # prefix and length by issuer: Visa, Mastercard, American Express, Diners, JCB, Discover, UnionPay
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|6|8|9)\d{11,12}|35\d{14}"
    r"|6(?:011|4[4-9]|5)\d{12,16}|62\d{14,17}|(?:50|5[6-9]|6[0-9])\d{10,17}"
)


def card(match: str) -> str | None:
    """A payment card: an issuer's prefix and length, and the check digit of Luhn (ISO/IEC 7812).

    A number of four different digits or fewer is one to test with.

    >>> card("4539 1488 0343 6467"), card("4539 1488 0343 6468"), card("4242 4242 4242 4242")
    ('4539 1488 0343 6467', None, None)
    """
    digits = re.sub(r"\D", "", match)
    if not ISSUED.fullmatch(digits) or len(set(digits)) <= 4:
        return None
    if not re.fullmatch(r"\d{13,19}|(?:\d{4}[ -]){3}\d{1,7}|\d{4}[ -]\d{6}[ -]\d{4,5}", match):
        return None
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return match if total % 10 == 0 else None


LENGTHS = {  # by country, of the registry of ISO 13616
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26,
    "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25,
    "RO": 24, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "TR": 26, "UA": 29,
}  # fmt: skip


def iban(match: str) -> str | None:
    """A bank account: the check digits of ISO 13616 (mod 97) hold for it or for what is left without its last words.

    In small letters it must have its country's length as well: one in a hundred hashes has check digits that hold.

    >>> iban("DE89 3704 0044 0532 0130 00"), iban("DE89 3704 0044 0532 0130 01")
    ('DE89 3704 0044 0532 0130 00', None)
    """
    parts = re.split("([ -])", match)
    for end in range(len(parts), 0, -2):
        value = "".join(parts[:end])
        plain = re.sub("[ -]", "", value)
        if 15 <= len(plain) <= 34 and (plain.isupper() or LENGTHS.get(plain[:2].upper()) == len(plain)):
            number = "".join(str(int(character, 36)) for character in plain[4:] + plain[:4])
            if int(number) % 97 == 1:
                return value
    return None


def ssn(match: str) -> str | None:
    """A United States social security number that may have been issued; without dashes, after a word that says so.

    >>> ssn("SSN: 536-22-8726"), ssn("536-22-8726"), ssn("SSN 000-12-3456"), ssn("page 120-12-1304")
    ('536-22-8726', '536-22-8726', None, None)
    """
    found = re.search(r"(\d{3})([- ]?)(\d{2})\2(\d{4})\Z", match)
    if found is None:
        return None
    before, (area, mark, group, serial) = match[: found.start()], found.groups()
    if area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000":
        return None
    if area + group + serial in ("123456789", "078051120", "111111111", "987654321"):  # never anyone's, or everyone's
        return None
    said = SSN_WORD.search(before) is not None
    return found.group() if said or (mark == "-" and not NOT_PHONE.search(before)) else None


def ip(match: str) -> str | None:
    """An internet address that is somebody's: not of a private network or the documentation, no mask, no version.

    >>> ip("93.184.216.34"), ip("version 10.20.30.40"), ip("192.168.0.7"), ip("999.1.1.1"), ip("1.2.3.4")
    ('93.184.216.34', None, None, None, None)
    """
    found = re.search(r"(?:\d{1,3}(?:\.\d{1,3})+|[0-9A-Fa-f:]*::?[0-9A-Fa-f:]+)(?:/\d{1,2})?\Z", match)
    if found is None or VERSION_WORD.search(match[: found.start()]):
        return None
    value, _, bits = found.group().partition("/")
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return None
    if ":" in value and not re.search(r"[A-Fa-f]|\d{4}", value):  # a ratio, times
        return None
    octets = value.split(".")
    single = len(octets) == 4 and all(len(octet) == 1 for octet in octets)
    if bits and int(bits) < 31 and "." in value:  # a network
        return None
    return None if single or address.is_multicast or not address.is_global else value
