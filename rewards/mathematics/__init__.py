"""Reading and comparing mathematical answers without evaluating them as code.

Begin with `compare.py` (gold and prediction -> verdict), then `answers.py` (text -> readings), `parser.py` (tokens ->
tree) and `kinds.py` (two trees -> the same or not). Each file imports only from those above it.

What an answer is made of
    tree.py         numbers, names, operations, relations, lists; the limits, the ways to fail
    traversal.py    walking through trees; which names are functions

Text -> tokens
    notation.py     combinations, determinants, objects as Python prints them
    quantities.py   units
    remarks.py      nouns, labels and currencies around a number
    vocabulary.py   characters, macros, functions and words known by name
    respelling.py   rare spellings as common ones
    tokens.py lexer.py    LaTeX or plain text -> tokens

Numbers
    numerals.py     as written, in digits and in words -> exact values
    surds.py        exact numbers: rationals and their square roots
    exact.py        tree -> exact number, with every variable at a fixed point
    series.py       sums, products, integrals and limits
    elementary.py digits.py    tree -> number to many digits, for what has no exact value

Tokens -> tree, one class of rules upon the other
    cursor.py functions.py systems.py operands.py terms.py parser.py

Two trees: the same answer or not
    equality.py     two expressions are one function
    expressions.py  beyond equality: antiderivatives, residue classes, rounded golds, tolerance
    definitions.py  `x = 5` and `f(x) = 2x` as their right sides
    sets.py         intervals, unions, inequalities: the same set of real numbers
    cases.py        functions by cases, at places
    matrices.py     multiples and sums of matrices, entry by entry
    points.py       points, vectors, matrices, ratios
    lists.py relations.py amounts.py    several answers; equations and inequalities; quantities
    kinds.py        two trees of any kind
    families.py     numbers at equal steps: residue classes, general solutions

Two texts: the same answer or not
    wording.py      words and letters of options, without markup
    phrases.py      phrases and marks around answers as mathematics, `(a) 3 (b) 5`
    dates.py        times of day, years, days of a calendar
    signs.py measured.py    plus-minus, percents and units over whole answers
    plain.py        two plain numbers without a grammar; the verdict
    answers.py      text -> the readings an answer can have
    words.py        answers in words
    readings.py     other readings of both: 5 m as metres, E as e
    compare.py      gold and prediction -> verdict
    symbolic.py     the last resort, math-verify, run in a worker that can be killed
"""
