"""Reading and comparing mathematical answers without evaluating them as code.

    tree.py         what an answer is made of, the limits, the ways to fail
    traversal.py    walking through trees
    rows.py         rows of a matrix as columns, determinants
    printed.py      objects as Python and sympy print them
    quantities.py   units
    remarks.py      nouns, labels and currencies around a number
    vocabulary.py   characters, macros, functions and words known by name
    respelling.py   rare spellings as common ones
    tokens.py lexer.py    LaTeX or plain text -> tokens
    counting.py     in how many ways
    numerals.py     numbers as written -> exact values
    spoken.py       numbers in words
    surds.py        exact numbers: rationals and their square roots
    exact.py        tree -> exact number, with every variable at a fixed point
    series.py       sums and products over an index, term by term
    cursor.py functions.py systems.py groups.py operands.py terms.py parser.py    tokens -> tree
    totals.py       infinite series, integrals and limits to many digits
    elementary.py   functions to many digits
    digits.py       tree -> number to many digits, for what has no exact value
    equality.py     two expressions: the same or not
    statements.py   two equations or inequalities: the same or not
    expressions.py  beyond equality: antiderivatives, residue classes, rounded golds, tolerance
    definitions.py  `x = 5` and `f(x) = 2x` as their right sides
    sets.py         intervals, unions, inequalities: the same set of real numbers or not
    cases.py        functions by cases, at places
    matrices.py     multiples and sums of matrices, entry by entry
    points.py ratios.py lists.py relations.py amounts.py    two trees of one kind
    kinds.py        two trees of any kind: the same answer or not
    families.py     numbers at equal steps: residue classes, general solutions
    wording.py      words and letters of options, without markup
    parts.py        (a) 3 (b) 5
    phrases.py      phrases and marks around numbers as mathematics
    clocks.py dates.py    times of day, years before and after Christ, days of a calendar
    signs.py measured.py    plus-minus, percents and units over whole answers
    plain.py        two plain numbers without a grammar; the verdict
    answers.py      text -> the readings an answer can have
    words.py        answers in words
    readings.py     other readings of both: 5 m as metres, E as e
    compare.py      gold and prediction -> verdict
    symbolic.py     the last resort, math-verify, run in a worker that can be killed

Each imports only from those above it.
"""
