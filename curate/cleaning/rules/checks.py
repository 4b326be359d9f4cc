"""Whether a match of a pattern is what it looks like; each check gives the value itself, or None."""

from __future__ import annotations

import base64
import ipaddress
import math
import re
from collections import Counter

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
    r"(?:\bv|version|ver|release|build|firmware|oid|section|chapter|clause|build)[ .:=v-]*$", re.IGNORECASE
)
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
_NAMED = (
    r"password|passwd|pwd|passphrase|secret|api[_\- ]?key|access[_\- ]?key|account[_\- ]?key|auth[_\- ]?token|"
    r"access[_\- ]?token|token|client[_\- ]?secret|private[_\- ]?key|secret[_\- ]?key|bearer|credentials?"
)
ASSIGNED = (  # what is given to such a name; the user and password in an address; the header of basic authorization
    rf"(?i)(?:{_NAMED})(?:[\"'\]]{{0,2}}[ \t]{{0,3}}(?:[:=]{{1,2}}|=>|is )[ \t]{{0,3}}|[ \t]{{1,3}})[\"']?"
    r"[A-Za-z0-9_+/=.~!@#$%^&*\-]{8,300}[(\[]?"
    r"|://[^\s:@/\"'<>]{0,60}:[^\s@/\"'<>]{6,100}@|(?-u:\b)basic [A-Za-z0-9+/]{12,400}={0,2}"
)
ASSIGNED_WORDS = ("passw", "pwd", "passphrase", "secret", "key", "token", "bearer", "credential", "://", "basic ")
PLACEHOLDER = re.compile(
    r"your|example|xxx|\*{3}|\.{3}|<|>|placeholder|changeme|change_me|insert|replace|dummy|sample|todo|redacted|my_|my-|"
    r"abcdef|12345|secret|passw|p@ss|getenv|environ|process\.env|config|settings|self\.|request|os\.|null|none|true|false",
    re.IGNORECASE,
)
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
RANDOM_BITS = 3.5  # a character of a random base-64 token of 20 and more has about 4 bits or more; English words 3


def pem(match: str) -> str | None:
    """A private key with its body: a header that is only spoken of is none."""
    return match if PEM_BODY.search(match) else None


PEM_BODY = re.compile(r"(?<![A-Za-z0-9+/=\-])[A-Za-z0-9+/=]{16,}(?![ \-])")


def whole(match: str) -> str | None:
    """The match itself."""
    return match


EXAMPLE_DOMAIN = re.compile(  # RFC 2606, RFC 6762, and what people write where yours goes
    r"(?:.*\.)?(?:example\.(?:com|net|org|edu)|(?:your|my)?domain\.(?:com|org|net)|your[\w-]*\.\w+)"
    r"|.*\.(?:example|test|invalid|localhost|local|lan|internal|home|corp)"
)
FILES = (".png", ".jpg", ".jpeg", ".svg", ".gif", ".webp", ".js", ".py", ".css", ".html", ".json", ".md")


def email(match: str) -> str | None:
    """An address. A file with an @ (`icon@2x.png`), an example, and the user of a repository or a machine are none.

    >>> email("anna@firma.de"), email("icon@2x.png"), email("jane@example.com"), email("git@github.com")
    ('anna@firma.de', None, None, None)
    """
    match = match.lstrip("'")
    name, _, domain = match.lower().rpartition("@")
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
    if len(set(digits)) < 3 or re.search(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}", value):
        return None
    if value.count("(") != value.count(")"):
        value = value.strip("() ")
    if value.startswith(("+", "00")):
        return value if re.fullmatch(r"\+\d[\s().\-/\d]+|00\d{1,3}[ ().\-/][\s().\-/\d]+", value) else None
    if re.fullmatch(r"(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])\d{3}[ .-]\d{4}", value):
        return value
    if NATIONAL.fullmatch(value):
        return value
    return value if PHONE_WORD.search(before) and "." not in value.strip(".") else None


NATIONAL = re.compile(  # as they are written in France, Germany (mobile), the United Kingdom (mobile), Brazil
    r"0[1-79](?:[ .-]\d{2}){4}|01[5-7]\d[ /-]\d{7,8}|07\d{3} \d{6}|\([1-9]\d\) 9?\d{4}-\d{4}"
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
    value = found.group().partition("/")[0]
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return None
    octets = value.split(".")
    single = len(octets) == 4 and all(len(octet) == 1 for octet in octets)
    return None if single or address.is_multicast or not address.is_global else value


def key(match: str) -> str | None:
    """A provider's key that looks random: examples repeat a letter or spell a word.

    >>> key("hf_" + "abcdefghijklmnop" * 2) is None, key("sk-your-api-key-goes-here-please") is None
    (True, True)
    """
    return None if PLACEHOLDER.search(match) or not is_random(match) else match


def secret(match: str) -> str | None:
    """What a text calls a password, key or token, where it looks random; hashes and UUIDs are names, not secrets.

    >>> secret("password = 'hunter2hunter2'"), secret("api_key: Zk3v9Qw7Lp2Xn8Rt5Bm1"), secret("://app:q8Zt3Lw9@")
    (None, 'Zk3v9Qw7Lp2Xn8Rt5Bm1', 'q8Zt3Lw9')
    """
    if match.startswith("://"):
        value = match[:-1].rpartition(":")[2]
        return value if _mixed(value) and not re.search(r"[${}()%]", value) else None
    if match[:6].lower() == "basic ":
        return _basic(match[6:])
    if match.endswith(("(", "[")):
        return None
    match = match.rstrip(".,;:!?\"'")
    value = re.split(r"[\s:=\"']+", match.rstrip("="))[-1]
    value += "=" * (len(match) - len(match.rstrip("=")))
    named = match[: len(match) - len(value)]
    if PASSWORD_WORD.search(named) and len(value) >= 8 and _mixed(value):
        kinds = sum(any(test(character) for character in value) for test in (str.islower, str.isupper, str.isdigit))
        kinds += bool(re.search(r"[!@#$%^&*~+/]", value))
        if kinds >= 3 and (named.endswith(("'", '"')) or not re.fullmatch(r"[A-Za-z_]+\d{0,2}", value)):
            return value
    if len(value) < 12 or not _mixed(value):
        return None
    if re.fullmatch(r"[0-9a-fA-F]+", value):  # a hash, unless it is called a key
        return value if len(value) >= 32 and len(set(value)) >= 10 and KEY_WORD.search(named) else None
    if not is_random(value):
        return None
    kinds = sum(any(test(character) for character in value) for test in (str.islower, str.isupper, str.isdigit))
    return value if kinds >= 2 else None


PASSWORD_WORD = re.compile(r"(?:passw(?:or)?d|pwd|passphrase)\W*(?:is\b)?\W*$", re.IGNORECASE)
KEY_WORD = re.compile(
    r"(?:api|access|account|private|secret)[_\- ]?key\W*$|(?:secret|passw(?:or)?d)\W*$", re.IGNORECASE
)


def _mixed(value: str) -> bool:
    """Whether a value has letters and digits and is neither a placeholder nor a UUID."""
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    return letters and digits and not PLACEHOLDER.search(value) and not UUID.fullmatch(value)


def _basic(value: str) -> str | None:
    """The header of basic authorization: `user:password` in base64."""
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode("ascii").partition(":")
    except ValueError:
        return None
    told = colon and user.isprintable() and password.isprintable() and password and not PLACEHOLDER.search(password)
    return value if told else None


def is_random(value: str) -> bool:
    """Whether the characters of a value are spread like those of a random token (Shannon entropy of a character)."""
    counts = Counter(value)
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    return bits >= min(RANDOM_BITS, 0.85 * math.log2(len(value)))
