"""The pattern of one token of LaTeX or plain text: numbers as people write them, words, macros, operators."""

from __future__ import annotations

import re

_GROUP = r"(?:\{,\}|,\\!|\\!,|\\[,!;: ]|,\\ )"


def _tokens(no_int: str) -> re.Pattern[str]:
    """The pattern of one token. no_int: what behind digits makes them more than a whole number."""
    return re.compile(
        rf"""(?P<int>\d+)(?!{no_int})                               # the two commonest first
    |(?P<char>[-+*/^={{}}_,;:|'%&()\[\]])(?![-+*/=>])
    |(?P<space>[\s~]+|\\[,!;:>\ ]|\.(?=(?:[\s}}$]|\\[,;!:\ ])*$))
    |(?P<num>
        (?:\d|[A-F](?![a-z]))[\dA-F]*(?=_\{{?1[1-6]\b)|\d[\da-f]*(?=_\{{?1[1-6]\b)  # 1A3_16
       |0[xX][\dA-Fa-f]+|0[bB][01]+|0[oO][0-7]+            # 0x1A3
       |\d{{1,3}}(?:(?:'\d{{3}})+(?:\.\d+)?(?![\d'])|(?:\.\d{{3}}){{2,}}(?:,\d\d?)?(?![\d.,])  # 1'234, 1.234.567,80
          |(?:_\d{{3}}){{2,}}(?![\d_]))                     # 1_234_567
       |[1-9]\d{{0,2}}\.\d{{3}},\d\d(?![\d.,])                # 1.234,50
       |(?:\d{{1,3}}(?:{_GROUP}\d{{3}})+(?!\d)              # 1\,234
          |\d{{1,3}}(?:,\d{{3}})+(?!\d|,\d)                 # 1,234
          |\d{{1,3}}(?:\ \d{{3}})+(?![\d/]|\ ?\\[dtc]?frac) # 1 234
          |\d+(?:\{{,\}}\d+)?)                              # 0{{,}}5
        (?:\.\d+|\.(?=\s*[/*+)\-]))?
        (?:\.?\\dot\ *(?:\{{\d\}}|\d)\d*\\dot\ *(?:\{{\d\}}|\d)
          |\.?\\(?:overline|bar|dot)\ *(?:\{{\d+\}}|\d)|(?:(?<=\.)|(?<=\.\d)|(?<=\.\d\d)|(?<=\.\d\d\d))\(\d+\)|\.\(\d+\)
          |(?:\.\.\.|\\l?dots)(?!\s*,)
          |[eE][+-]?\d+(?![A-Za-z\d]))?
       |\.\d+(?:[eE][+-]?\d+(?![A-Za-z\d]))?)
    |(?P<word>[ap]\.m\.?|Rs\.|Interval\.[LR]?open|Point[23]D|S\.[A-Z][a-zA-Z]+|[A-Za-zΩ]+)
    |\\(?P<macro>[A-Za-z]+)\*?
    |(?P<op>\*\*|<=|>=|!=|==|=>|->|\+/?-|\\\\(?:\[[^\]]{{0,12}}\])?|\\[{{}}%$|&\#_]|.)""",
        re.VERBOSE | re.DOTALL,
    )


TOKEN = _tokens(r"[\d.,{\\\ eEA-F_]")
RARE_TOKEN = _tokens(r"[\d.,{\\\ eEA-F_]|'\d\d\d|(?<=0)[xXbo][\dA-Fa-f]|[a-f\d]+_")
"""RARE_TOKEN also takes what few answers have: 1'234, 0x1A, 1a3_16."""
