"""What the lexer knows by name: characters, macros, functions, and which letters are words."""

from __future__ import annotations

from rewards.mathematics.quantities import is_unit
from rewards.mathematics.quantities import word_set as _set

_GREEK_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega"
)
GREEK = _set(_GREEK_LETTERS) | _set("Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega")

UNICODE = str.maketrans(
    {
        "−": "-", "–": "-", "—": "-", "×": "*", "·": "*", "⋅": "*", "∙": "*", "÷": "/", "∕": "/", "⁄": "/",
        "⩽": "<=", "⩾": ">=",
        "≤": "<=", "≥": ">=", "≠": "!=", "≈": "\\approx ", "±": "\\pm ", "∓": "\\mp ", "√": "\\sqrt ",
        "π": "\\pi ", "∞": "\\infty ", "∪": "\\cup ", "∩": "\\cap ", "∈": "\\in ", "∅": "\\emptyset ",
        "°": "\\degree ", "ℝ": "\\mathbb{R}", "ℤ": "\\mathbb{Z}", "ℕ": "\\mathbb{N}", "∖": "\\setminus ",
        "∑": "\\sum ", "∏": "\\prod ", "∫": "\\int ", "≡": "\\equiv ", "→": "\\to ", "⇒": "\\Rightarrow ", "∣": "|",
        "ℚ": "\\mathbb{Q}", "ℂ": "\\mathbb{C}", "∠": "", "✓": "", "✔": "", "■": "", "□": "", "∎": "",
        "∛": "\\cbrt ", "∜": "\\sqrt[4] ", "¢": " cents",
        "⅕": "\\frac{1}{5}", "⅖": "\\frac{2}{5}", "⅗": "\\frac{3}{5}", "⅘": "\\frac{4}{5}", "⅙": "\\frac{1}{6}",
        "⅚": "\\frac{5}{6}", "⅛": "\\frac{1}{8}", "⅜": "\\frac{3}{8}", "⅝": "\\frac{5}{8}", "⅞": "\\frac{7}{8}",
        "½": "\\frac{1}{2}", "¼": "\\frac{1}{4}", "¾": "\\frac{3}{4}", "⅓": "\\frac{1}{3}", "⅔": "\\frac{2}{3}",
        "′": "'", "’": "'", "⟨": "\\langle ", "⟩": "\\rangle ", "∨": "\\lor ", "∧": "\\land ",
        "、": ",", "，": ",", "；": ";", "。": ".", "：": ":", "∶": ":",
    }
    | {letter: f"\\{name} " for letter, name in zip("αβγδεζηθικλμνξρστυφχψω", _GREEK_LETTERS.split(), strict=True)}
)  # fmt: skip
"""Characters of mathematics as the LaTeX or ASCII that means the same."""

FUNCTIONS = {
    name: name
    for name in _set(
        "sin cos tan cot sec csc cis sinh cosh tanh arcsin arccos arctan arccot arcsec arccsc ln log exp max min gcd "
        "lcm det"
    )
} | {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "arsinh": "arcsinh",
    "arcosh": "arccosh",
    "artanh": "arctanh",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "acot": "arccot",
    "lg": "log10",
    "cosec": "csc",
    "ctg": "cot",
    "tg": "tan",
}
"""Functions by their names in LaTeX."""

PLAIN_FUNCTIONS = FUNCTIONS | {
    "sqrt": "sqrt", "cbrt": "cbrt", "abs": "abs", "floor": "floor", "ceil": "ceil", "factorial": "factorial",
    "binomial": "binom",
}  # fmt: skip
"""Functions by their names in plain text and in Python."""

ONLY_CALLED = _set("min max floor abs det sec")
"""Plain words that are functions only with a bracket behind them: `9 min` and `45 sec` are times."""

MACRO_FUNCTIONS = {
    "frac": "frac", "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "nicefrac": "frac", "sfrac": "frac",
    "sqrt": "sqrt", "binom": "binom",
    "dbinom": "binom", "tbinom": "binom", "overline": "overline", "bar": "overline", "cbrt": "cbrt", "sum": "sum",
    "prod": "prod", "int": "int", "lim": "lim",
}  # fmt: skip

CONNECTORS = _set("and or")
CONDITIONS = _set("if for where when with such since because")
"""Words after which a remark follows, not more of the answer."""

ALTERNATIVES = _set("else otherwise elsewhere")

FILLERS = _set(
    "the a an is are was be answer value final result solution solutions so thus hence therefore total about exactly "
    "approximately roughly around nearly only just equals equal to of or either there both it year usd eur gbp inr us "
    "rs"
)
"""Words that may stand before a number without changing it."""

PLAIN_NAMES = {"pi": "pi", "infinity": "infinity", "inf": "infinity", "infty": "infinity", "oo": "infinity"} | {
    letter: letter for letter in GREEK if letter != "Xi"
}

OPS = {
    "cdot": "*", "times": "*", "ast": "*", "bullet": "*", "div": "/", "pm": "±", "mp": "∓", "le": "<=", "leq": "<=",
    "leqslant": "<=", "geqslant": ">=", "ge": ">=", "geq": ">=", "lt": "<", "gt": ">", "ne": "!=", "neq": "!=",
    "approx": "≈", "simeq": "≈", "sim": "≈", "equiv": "=", "in": "in", "cup": "∪", "bigcup": "∪", "cap": "∩",
    "setminus": "∖", "backslash": "∖", "mid": "|", "lvert": "|", "rvert": "|", "vert": "|", "Vert": "‖", "lVert": "‖",
    "rVert": "‖", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "langle": "⟨", "rangle": "⟩",
    "lbrace": "\\{", "rbrace": "\\}", "lbrack": "[", "rbrack": "]", "circ": "°", "degree": "°", "prime": "'",
    "colon": ":", "land": "and", "lor": "or", "wedge": "and", "vee": "or", "percent": "%", "to": "->",
    "Rightarrow": "=>", "implies": "=>", "rightarrow": "->", "bmod": "mod", "mod": "mod", "pmod": "pmod",
    "iff": "=>", "choose": "choose", "over": "over", "lparen": "(", "rparen": ")",
}  # fmt: skip
"""Macros that are one operator."""

OP_SPELLINGS = {"**": "^", "==": "=", "+-": "±", "+/-": "±", "\\%": "%", "\\|": "‖"}
"""Operators of plain text that have another spelling here."""

NAMES = {
    "infty": "infinity", "emptyset": "EmptySet", "varnothing": "EmptySet", "R": "Reals", "Z": "Integers",
    "N": "Naturals", "Q": "Rationals", "C": "Complexes", "varphi": "phi", "varepsilon": "epsilon", "vartheta": "theta",
    "ell": "ell", "pi": "pi", "imath": "i", "jmath": "j", "hbar": "hbar", "top": "T",
    "dots": "...", "ldots": "...", "cdots": "...", "vdots": "...", "ddots": "...", "dotsc": "...", "dotsb": "...",
} | {letter: letter for letter in GREEK}  # fmt: skip
"""Macros that are one name."""

GLUED = frozenset(OPS) - {"in", "to", "mod", "circ", "div"} | GREEK | {"infty", "pi"}
"""Macros that data sets glue to the next letters when they strip spaces: `\\lex`, `\\omegat`."""

BEYOND = _set("neg iint iiint oint liminf limsup inf sup partial nabla cases forall exists propto")
"""Mathematics this grammar does not cover."""

BLACKBOARD = {"R": "Reals", "Z": "Integers", "N": "Naturals", "Q": "Rationals", "C": "Complexes"}

SKIPPED = _set(
    "left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr displaystyle textstyle scriptstyle limits "
    "quad qquad space mathbf boldsymbol bm mathit mathcal mathsf mathscr vec hat tilde hspace rm bf it "
    "nonumber underline thinspace medspace negthinspace therefore because cal ensuremath mathstrut hfill "
    "widehat widetilde mathop mathbin mathrel mathord scriptscriptstyle pmb qed square "
    "Large large small tiny normalsize angle measuredangle triangle checkmark blacksquare"
)
"""Macros that change how a thing looks, not what it is; what they hold in braces stays."""

TEXT_MACROS = _set("text textbf textit textrm textsf texttt mathrm operatorname mbox textnormal hbox emph")

DROPPED = frozenset({"$", "\\$", "£", "€", "¥", "₹", "₩", "\\&", "\\#", "\\_", "`", "\u200b"})
"""Signs without meaning for the value; a currency is a unit that may be left out."""

_SHORT_WORDS = _set(
    "yes no dne not the all odd per of is are if in by at to on for am pm one two six ten its was men boy cat dog car "
    "red day box yen won us usd eur gbp rs inr"
)


def is_product(letters: str) -> bool:
    """Whether a run of letters is read as a product of variables rather than as a word.

    Up to three letters that are no unit; longer only in alphabetical order, as products are written and words are not.

    >>> is_product("xyz"), is_product("abcd"), is_product("east"), is_product("km")
    (True, True, False, False)
    """
    if len(letters) <= 3:
        return letters.lower() not in _SHORT_WORDS and not is_unit(letters)
    return list(letters) == sorted(set(letters))


def may_be_product(letters: str, *, formula: bool) -> bool:
    """Whether letters that were read as a word may be a product: those of a unit, and in a formula also `at`.

    >>> may_be_product("mg", formula=False), may_be_product("at", formula=False), may_be_product("ln", formula=True)
    (True, False, False)
    """
    if formula:
        return letters not in PLAIN_FUNCTIONS and letters not in PLAIN_NAMES and letters not in CONNECTORS
    return letters.lower() not in _SHORT_WORDS and is_unit(letters)
