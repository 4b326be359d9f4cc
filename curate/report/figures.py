"""Numbers as a person reads them; where there is none, a dash."""

from __future__ import annotations

NONE = "\u2013"

ROUNDS_UP = 999.5
"""From here on three digits are not enough: Python would write 1e+03."""


def count(value: float) -> str:
    """A count with separators.

    >>> count(12345), count(2.5)
    ('12,345', '2.5')
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def rows(number: int) -> str:
    """So many rows.

    >>> rows(1), rows(12345)
    ('1 row', '12,345 rows')
    """
    return "1 row" if number == 1 else f"{number:,} rows"


def short(value: float) -> str:
    """A count in three digits.

    >>> short(999), short(12_345), short(1_250_000), short(999_600)
    ('999', '12.3k', '1.25M', '1M')
    """
    rest, letter = _scaled(value, ("", "k", "M", "G", "T"))
    return f"{rest:.3g}{letter}"


def percent(share: float | None) -> str:
    """A share; never rounded to nothing or to everything.

    >>> percent(0.1234), percent(0.00001), percent(0.99999), percent(1)
    ('12.3%', '<0.1%', '>99.9%', '100%')
    """
    if share is None:
        return NONE
    if share in (0, 1):
        return f"{share:.0%}"
    if share < 0.001:
        return "<0.1%"
    return ">99.9%" if share > 0.999 else f"{share:.1%}"


def decimal(value: float | None) -> str:
    """A mean or a score.

    >>> decimal(0.5), decimal(1234.5678), decimal(999.7)
    ('0.5', '1235', '1000')
    """
    if value is None:
        return NONE
    return f"{value:.0f}" if abs(value) >= ROUNDS_UP else f"{value:.3g}"


def dollars(cost: float | None) -> str:
    """A price.

    >>> dollars(0.0123), dollars(12.5)
    ('$0.0123', '$12.50')
    """
    if cost is None:
        return NONE
    return f"${cost:,.2f}" if cost >= 0.1 or cost == 0 else f"${cost:.3g}"


def size(length: float) -> str:
    """Bytes on disk.

    >>> size(512), size(2_500_000), size(999_900)
    ('512 B', '2.5 MB', '1 MB')
    """
    rest, unit = _scaled(length, ("B", "kB", "MB", "GB", "TB"))
    return f"{rest:.3g} {unit}"


def _scaled(value: float, units: tuple[str, ...]) -> tuple[float, str]:
    """The value in the largest of `units`, each a thousand of the one before, of which it has one when rounded."""
    step = 0
    while abs(value) >= ROUNDS_UP and step < len(units) - 1:
        value, step = value / 1000, step + 1
    return value, units[step]
