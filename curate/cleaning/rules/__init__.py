"""Quality rules: label the rows of a frame, with the measured value and the limit; drop by an explicit `keep`.

| module | what is in it |
|---|---|
| `length` | empty, characters, words, tokens |
| `gopher`, `repetition`, `fineweb`, `c4` | the published rules of these corpora |
| `form`, `ending` | tags, boxes, fences; whether a text was cut off |
| `encoding`, `markup`, `turns` | broken text; special tokens, echoes; the next turn |
| `assistant`, `phrases` | refusals, identity, cutoff dates, set phrases, and the files they are read from |
| `tongue` | language |
| `private`, `checks`, `credentials`, `masking` | personal data and secrets, what believes them, `mask_rows` |
| `models`, `rubric`, `scoring` | perplexity, classifiers, a judge's grade, `score_rows` |
| `rule`, `table`, `reading` | what a rule is, all of them, how people write them |
| `texts`, `measuring`, `filtering` | a batch of texts, the values of all rules, `filter_rows` |

`RULES` lists every rule with its limits and its source, `SETS` the names that stand for several.
"""

from __future__ import annotations

from curate.cleaning.rules.filtering import Filtered, filter_rows
from curate.cleaning.rules.masking import mask_rows
from curate.cleaning.rules.rule import Rule
from curate.cleaning.rules.scoring import score_rows
from curate.cleaning.rules.table import RULES, SETS
from curate.cleaning.rules.texts import Texts

__all__ = ["RULES", "SETS", "Filtered", "Rule", "Texts", "filter_rows", "mask_rows", "score_rows"]
