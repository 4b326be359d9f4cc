"""Whether a match of a pattern is a key or a password; each check gives the secret itself, or None.

Source: the formats that providers publish for their keys, as detect-secrets and gitleaks have them; names that programs
give to secrets. A placeholder, a variable, a hash or a UUID is none; what is random is told by its entropy.
"""

from __future__ import annotations

import base64
import math
import re
from collections import Counter

# Formats that providers publish for their keys; the shape alone is proof enough.
KEYS = r"(?-u:\b)(?:{})".format(
    "|".join(
        (
            r"sk-(?:proj-|svcacct-|admin-|ant-api\d\d-|or-v1-)?[A-Za-z0-9_\-]{20,200}",  # OpenAI, Anthropic, OpenRouter
            r"hf_[A-Za-z0-9]{30,60}",  # Hugging Face
            r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?-u:\b)",  # AWS
            r"gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{60,100}",  # GitHub
            r"glpat-[A-Za-z0-9_\-]{20,60}",  # GitLab
            r"AIza[A-Za-z0-9_\-]{35}",  # Google
            r"ya29\.[A-Za-z0-9_\-]{30,400}",  # Google OAuth
            r"xox[abposr]-[A-Za-z0-9\-]{10,200}|xapp-\d-[A-Za-z0-9\-]{20,200}",  # Slack
            r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,200}",  # Stripe
            r"SG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}",  # SendGrid
            r"npm_[A-Za-z0-9]{36}|pypi-AgEI[A-Za-z0-9_\-]{50,300}",  # npm, PyPI
            r"dop_v1_[a-f0-9]{64}|shpat_[a-fA-F0-9]{32}",  # DigitalOcean, Shopify
            r"gsk_[A-Za-z0-9]{40,60}|nvapi-[A-Za-z0-9_\-]{50,80}",  # Groq, NVIDIA
            r"r8_[A-Za-z0-9]{37}|xai-[A-Za-z0-9]{60,90}",  # Replicate, xAI
            r"\d{8,10}:AA[A-Za-z0-9_\-]{33}",  # Telegram
            r"dapi[0-9a-f]{32}|lsv2_[a-z]{2}_[0-9a-f]{32}_[0-9a-f]{10}",  # Databricks, LangSmith
            r"pplx-[A-Za-z0-9]{40,60}|GOCSPX-[A-Za-z0-9_\-]{28}",  # Perplexity, Google OAuth
            r"SK[0-9a-f]{32}(?-u:\b)|key-[0-9a-f]{32}(?-u:\b)",  # Twilio, Mailgun
            r"hvs\.[A-Za-z0-9_\-]{24,200}|glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}",  # Vault, Grafana
            r"ATATT3[A-Za-z0-9_\-=]{60,250}|lin_api_[A-Za-z0-9]{40}",  # Atlassian, Linear
            r"figd_[A-Za-z0-9_\-]{40}|ntn_[A-Za-z0-9]{40,60}|sntrys_[A-Za-z0-9+/=_]{60,250}",  # Figma, Notion, Sentry
            r"NRAK-[A-Z0-9]{27}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|shp(?:ss|ca|pa)_[0-9a-fA-F]{32}",  # New Relic, Postman
            r"https://hooks\.slack\.com/services/[A-Za-z0-9/]{30,60}",
            r"https://discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_\-]{60,70}",
            r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{30,40}|fw_[A-Za-z0-9]{22,24}(?-u:\b)",  # Tavily, Fireworks
            r"tgp_v1_[A-Za-z0-9_\-]{40,50}|csk-[a-z0-9]{40,52}|jina_[A-Za-z0-9]{50,70}",  # Together, Cerebras, Jina
            r"sbp_[a-f0-9]{40}|vercel_blob_rw_[A-Za-z0-9]{12,20}_[A-Za-z0-9]{24,36}",  # Supabase, Vercel
            r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_\-]{32,64}|do[or]_v1_[a-f0-9]{64}",  # PlanetScale, DigitalOcean
            r"dckr_pat_[A-Za-z0-9_\-]{26,40}|tskey-[a-z]{3,8}-[A-Za-z0-9\-]{20,60}",  # Docker, Tailscale
            r"whsec_[A-Za-z0-9+/]{28,64}|AGE-SECRET-KEY-1[A-Z0-9]{58}",  # Stripe and Svix, age
            r"sq0csp-[A-Za-z0-9_\-]{43}|pat-[a-z]{2}\d-[0-9a-f\-]{36}",  # Square, HubSpot
        )
    )
)
KEY_ANCHORS = (
    "sk-", "hf_", "AKIA", "ASIA", "ABIA", "ACCA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-",
    "AIza", "ya29.", "xox", "xapp-", "k_live_", "k_test_", "SG.", "npm_", "pypi-", "dop_v1_", "shpat_", "gsk_",
    "nvapi-", "r8_", "xai-", ":AA", "dapi", "lsv2_", "pplx-", "GOCSPX-", "SK", "key-", "hvs.", "glsa_", "ATATT3",
    "lin_api_", "figd_", "ntn_", "sntrys_", "NRAK-", "PMAK-", "shpss_", "shpca_", "shppa_", "hooks.slack.com",
    "/api/webhooks/", "tvly-", "fw_", "tgp_v1_", "csk-", "jina_", "sbp_", "vercel_blob_rw_", "pscale_", "doo_v1_",
    "dor_v1_", "dckr_pat_", "tskey-", "whsec_", "AGE-SECRET-KEY-", "sq0csp-", "pat-",
)  # fmt: skip
_PASSWORDS = "passwort|kennwort|contraseña|mot de passe|senha|wachtwoord|пароль|密码|密碼|パスワード|비밀번호"
_IS = r"(?:is|lautet|ist|es|est|é)"
_NAMED = (
    rf"{_PASSWORDS}|password|passwd|pwd|passphrase|secret|api[_\- ]?key|access[_\- ]?key|account[_\- ]?key|"
    r"auth[_\- ]?token|access[_\- ]?token|token|client[_\- ]?secret|private[_\- ]?key|secret[_\- ]?key|"
    r"bearer|credentials?"
)
ASSIGNED = (  # what is given to such a name; the user and password in an address; the header of basic authorization
    rf"(?i)(?:{_NAMED})(?:[\"'\]]{{0,2}}[ \t]{{0,3}}(?:{_IS}?[ \t]?[:：=]{{1,2}}|=>|{_IS} )[ \t]{{0,3}}|[ \t]{{1,3}})"
    r"[\"']?[A-Za-z0-9_+/=.~!@#$%^&*\-]{8,300}[(\[]?"
    r"|://[^\s:@/\"'<>]{0,60}:[^\s@/\"'<>]{6,100}@|(?-u:\b)basic [A-Za-z0-9+/]{12,400}={0,2}"
)
ASSIGNED_WORDS = (
    *("passw", "pwd", "passphrase", "secret", "key", "token", "bearer", "credential", "://", "basic "),
    *(spelled for word in _PASSWORDS.split("|") for spelled in (word, word.capitalize())),
)
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
    value = re.split(r"[\s:：=\"']+", match.rstrip("="))[-1]
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


PASSWORD_WORD = re.compile(rf"(?:{_PASSWORDS}|passw(?:or)?d|pwd|passphrase)\W*(?:{_IS}\b)?\W*$", re.IGNORECASE)
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
