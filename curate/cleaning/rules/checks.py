"""Whether a match of a pattern is what it looks like; each check gives the value itself, or None."""

from __future__ import annotations

import ipaddress
import math
import re
from collections import Counter

NOT_PHONE = re.compile(
    r"\b(?:order|invoice|isbn|issn|id|serial|version|ticket|case|account|tracking|part|model|item|ref|reference|sku|"
    r"code|number of|page|line|years?|pi|equals|is approximately|doi|port|zip|size|total|sum|product|result|answer|"
    r"value|timestamp|date|lat|lon|latitude|longitude|rgb|hash|seed|commit|build|patent|vin|imei)\b",
    re.IGNORECASE,
)
PHONE_WORD = re.compile(
    r"\b(?:phone|tel|telephone|call|mobile|cell|fax|whatsapp|contact|text|dial|ring|reach|handy|telefon|téléphone|"
    r"teléfono|telefono|telefone|телефон|电话|電話)\b",
    re.IGNORECASE,
)
VERSION_WORD = re.compile(
    r"(?:\bv|version|ver|release|build|firmware|oid|section|chapter|clause|build)[ .:=v-]*$", re.IGNORECASE
)
ASSIGNED_WORDS = ("password", "passwd", "pwd", "secret", "key", "token", "bearer", "credential")
SSN_WORD = re.compile(r"\b(?:ssn|social|security|soc|sec|taxpayer|tin)\b", re.IGNORECASE)

# Formats that providers publish for their keys; the shape alone is proof enough.
KEYS = "|".join(
    (
        r"\bsk-(?:proj-|svcacct-|admin-|ant-api\d\d-|or-v1-)?[A-Za-z0-9_\-]{20,200}",  # OpenAI, Anthropic, OpenRouter
        r"\bhf_[A-Za-z0-9]{30,60}",  # Hugging Face
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",  # AWS
        r"\bgh[pousr]_[A-Za-z0-9]{36,251}|\bgithub_pat_[A-Za-z0-9_]{60,100}",  # GitHub
        r"\bglpat-[A-Za-z0-9_\-]{20,60}",  # GitLab
        r"\bAIza[A-Za-z0-9_\-]{35}",  # Google
        r"\bya29\.[A-Za-z0-9_\-]{30,400}",  # Google OAuth
        r"\bxox[abposr]-[A-Za-z0-9\-]{10,200}|\bxapp-\d-[A-Za-z0-9\-]{20,200}",  # Slack
        r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,200}",  # Stripe
        r"\bSG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}",  # SendGrid
        r"\bnpm_[A-Za-z0-9]{36}|\bpypi-AgEI[A-Za-z0-9_\-]{50,300}",  # npm, PyPI
        r"\bdop_v1_[a-f0-9]{64}|\bshpat_[a-fA-F0-9]{32}",  # DigitalOcean, Shopify
        r"\bgsk_[A-Za-z0-9]{40,60}|\bnvapi-[A-Za-z0-9_\-]{50,80}",  # Groq, NVIDIA
        r"\br8_[A-Za-z0-9]{37}|\bxai-[A-Za-z0-9]{60,90}",  # Replicate, xAI
        r"\b\d{8,10}:AA[A-Za-z0-9_\-]{33}",  # Telegram
        r"\bhttps://hooks\.slack\.com/services/[A-Za-z0-9/]{30,60}",
    )
)
KEY_ANCHORS = (
    "sk-", "hf_", "AKIA", "ASIA", "ABIA", "ACCA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-",
    "AIza", "ya29.", "xox", "xapp-", "k_live_", "k_test_", "SG.", "npm_", "pypi-", "dop_v1_", "shpat_", "gsk_",
    "nvapi-", "r8_", "xai-", ":AA", "hooks.slack.com",
)  # fmt: skip
ASSIGNED = (
    r"(?i)\b(?:password|passwd|pwd|secret|api[_\- ]?key|access[_\- ]?key|auth[_\- ]?token|access[_\- ]?token|token|"
    r"client[_\- ]?secret|private[_\- ]?key|secret[_\- ]?key|bearer|credential)[\"'\]]{0,2}[ \t]{0,3}"
    r"(?:[:=]{1,2}|=>|is)?[ \t]{0,3}[\"']?"
    r"[A-Za-z0-9_+/=.~!@#$%^&*\-]{12,300}"
)
PLACEHOLDER = re.compile(
    r"your|example|xxx|\*{3}|\.{3}|<|>|placeholder|changeme|change_me|insert|replace|dummy|sample|todo|redacted|my_|my-|"
    r"abcdef|12345|secret|password|getenv|environ|process\.env|config|settings|self\.|request|os\.|null|none|true|false",
    re.IGNORECASE,
)
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
RANDOM_BITS = 3.5  # a character of a random base-64 token of 20 and more has about 4 bits or more; English words 3


def whole(match: str) -> str | None:
    """The match itself."""
    return match


def email(match: str) -> str | None:
    """An address; the name of a file with an @ (`icon@2x.png`) is none.

    >>> email("anna@firma.de"), email("icon@2x.png")
    ('anna@firma.de', None)
    """
    name, _, domain = match.lower().rpartition("@")
    if domain.endswith((".png", ".jpg", ".jpeg", ".svg", ".gif", ".js", ".py", ".css", ".invalid", ".localhost")):
        return None
    if name.startswith((".", "-")) or not any(character.isalnum() for character in name) or ".." in name:
        return None
    return match


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
    if len(set(digits)) < 3 or re.search(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}", value):
        return None
    if value.count("(") != value.count(")"):
        value = value.strip("() ")
    if value.startswith(("+", "00")):
        return value if re.fullmatch(r"\+\d[\s().\-/\d]+|00\d{1,3}[ ().\-/][\s().\-/\d]+", value) else None
    if re.fullmatch(r"(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])\d{3}[ .-]\d{4}", value):
        return value
    return value if PHONE_WORD.search(before) and "." not in value.strip(".") else None


def card(match: str) -> str | None:
    """A payment card: 13 to 19 digits with an issuer's prefix and the check digit of Luhn (ISO/IEC 7812).

    >>> card("4111 1111 1111 1111"), card("4111 1111 1111 1112")
    ('4111 1111 1111 1111', None)
    """
    digits = re.sub(r"\D", "", match)
    if not re.match(r"4|5[1-5]|2[2-7]|3[0-9]|6(?:011|2|4|5)|50|5[6-9]|6[0-9]", digits) or len(set(digits)) < 2:
        return None
    if not re.fullmatch(r"\d{13,19}|(?:\d{4}[ -]){3}\d{1,7}|\d{4}[ -]\d{6}[ -]\d{5}", match):
        return None
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return match if total % 10 == 0 else None


def iban(match: str) -> str | None:
    """A bank account: the check digits of ISO 13616 (mod 97) hold for it or for what is left without its last words.

    >>> iban("DE89 3704 0044 0532 0130 00"), iban("DE89 3704 0044 0532 0130 01")
    ('DE89 3704 0044 0532 0130 00', None)
    """
    parts = match.split(" ")
    for end in range(len(parts), 0, -1):
        value = " ".join(parts[:end])
        plain = value.replace(" ", "")
        if 15 <= len(plain) <= 34:
            number = "".join(str(int(character, 36)) for character in plain[4:] + plain[:4])
            if int(number) % 97 == 1:
                return value
    return None


def ssn(match: str) -> str | None:
    """A United States social security number that may have been issued, after a word that says what it is.

    >>> ssn("SSN: 536-22-8726"), ssn("536-22-8726"), ssn("SSN 000-12-3456")
    ('536-22-8726', '536-22-8726', None)
    """
    found = re.search(r"(\d{3})([- ])(\d{2})([- ])(\d{4})\Z", match)
    if found is None or found[2] != found[4]:
        return None
    area, group, serial = found[1], found[3], found[5]
    if area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000":
        return None
    if found.group() in ("123-45-6789", "078-05-1120", "111-11-1111", "987-65-4321"):  # never anyone's, or everyone's
        return None
    return found.group() if found[2] == "-" or SSN_WORD.search(match[: found.start()]) else None


def ip(match: str) -> str | None:
    """An internet address. This machine, any, masks and versions are none; nor is one of single digits (1.2.3.4).

    >>> ip("93.184.216.34"), ip("version 10.20.30.40"), ip("127.0.0.1"), ip("999.1.1.1")
    ('93.184.216.34', None, None, None)
    """
    found = re.search(r"(?:\d{1,3}(?:\.\d{1,3})+|[0-9A-Fa-f:]*::?[0-9A-Fa-f:]+)(?:/\d{1,2})?\Z", match)
    if found is None or VERSION_WORD.search(match[: found.start()]):
        return None
    value = found.group().partition("/")[0]
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return None
    if address.is_loopback or address.is_unspecified or address.is_multicast or value.startswith(("255.", "0.")):
        return None
    octets = value.split(".")
    return None if len(octets) == 4 and all(len(octet) == 1 for octet in octets) else value


def key(match: str) -> str | None:
    """A provider's key that looks random: examples repeat a letter or spell a word.

    >>> key("hf_" + "abcdefghijklmnop" * 2) is None, key("sk-your-api-key-goes-here-please") is None
    (True, True)
    """
    return None if PLACEHOLDER.search(match) or not is_random(match) else match


def secret(match: str) -> str | None:
    """What a text calls a password, key or token, where it looks random; hashes and UUIDs are names, not secrets.

    >>> secret("password = 'hunter2hunter2'"), secret("api_key: Zk3v9Qw7Lp2Xn8Rt5Bm1")
    (None, 'Zk3v9Qw7Lp2Xn8Rt5Bm1')
    """
    value = re.split(r"[\s:=\"']+", match.rstrip(".,;:!?\"'"))[-1]
    if (
        len(value) < 12
        or PLACEHOLDER.search(value)
        or UUID.fullmatch(value)
        or re.fullmatch(r"[0-9a-fA-F]+|\d+", value)
    ):
        return None
    kinds = sum(any(test(character) for character in value) for test in (str.islower, str.isupper, str.isdigit))
    if kinds < 2 or not any(character.isdigit() for character in value):
        return None
    return value if is_random(value) and "(" not in value and "::" not in value else None


def is_random(value: str) -> bool:
    """Whether the characters of a value are spread like those of a random token (Shannon entropy of a character)."""
    counts = Counter(value)
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    return bits >= min(RANDOM_BITS, 0.85 * math.log2(len(value)))
