"""Quality rules: label the rows of a frame, with the measured value and the limit; drop by an explicit `keep`.

| module | rules |
|---|---|
| `length` | empty, characters, words, tokens |
| `gopher`, `repetition`, `fineweb` | the published rules of these corpora |

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
