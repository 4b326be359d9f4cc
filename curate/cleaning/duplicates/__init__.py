"""Duplicates: equal rows, near copies, and rows that mean the same.

| by | two rows are duplicates when |
|---|---|
| exact | their normal forms are equal (NFKC, lower case, single spaces) |
| minhash | the Jaccard similarity of their runs of 5 words reaches the threshold; every pair is verified |
| semantic | the cosine of their embeddings reaches it, and they have the same facts (numbers, names, negations) |

What is never taken for a copy, however alike: problems that differ in their numbers, families of a template (unless$
by their variable part), near copies of code, and a row that is alike only to one that left itself.
"""

from __future__ import annotations

from curate.cleaning.duplicates.deduped import Deduped
from curate.cleaning.duplicates.deduping import dedupe
from curate.cleaning.duplicates.files import Written, dedupe_files

__all__ = ["Deduped", "Written", "dedupe", "dedupe_files"]
