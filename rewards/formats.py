"""Formats of JSON schema that jsonschema checks only where other packages are installed: instants, times, addresses.

After RFC 3339 and RFC 3986. What is no text is of no format, and so right.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

_TIME = re.compile(
    r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,30})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,40}:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")


def is_time(value: Any) -> bool:
    """RFC 3339's full-time, with its offset.

    >>> is_time("10:00:00Z"), is_time("10:00")
    (True, False)
    """
    return not isinstance(value, str) or _TIME.fullmatch(value) is not None


def is_date_time(value: Any) -> bool:
    """RFC 3339's date-time.

    >>> is_date_time("2024-02-29T10:00:00Z"), is_date_time("2023-02-29T10:00:00Z")
    (True, False)
    """
    if not isinstance(value, str):
        return True
    try:
        real = _DATE.fullmatch(value[:10]) is not None and bool(date.fromisoformat(value[:10]))
    except ValueError:
        return False
    return real and value[10:11] in ("T", "t", " ") and is_time(value[11:])


def is_uri(value: Any) -> bool:
    """An address with its scheme.

    >>> is_uri("https://example.org/a?b=c"), is_uri("example.org")
    (True, False)
    """
    return not isinstance(value, str) or _URI.fullmatch(value) is not None


FORMATS = {"time": is_time, "date-time": is_date_time, "uri": is_uri}
