"""Numbers as a person reads them; where there is none, a dash."""

from __future__ import annotations

NONE = "\u2013"


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

    >>> short(999), short(12_345), short(1_250_000)
    ('999', '12.3k', '1.25M')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


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

    >>> decimal(0.5), decimal(1234.5678)
    ('0.5', '1235')
    """
    if value is None:
        return NONE
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


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

    >>> size(512), size(2_500_000)
    ('512 B', '2.5 MB')
    """
    for unit in ("B", "kB", "MB"):
        if length < 1000:
            return f"{length:.3g} {unit}"
        length /= 1000
    return f"{length:.3g} GB"
