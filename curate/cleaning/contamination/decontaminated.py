"""What `decontaminate` found: rows kept and dropped, every hit, and other thresholds without another search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import polars as pl

from curate.cleaning.contamination.profiles import Profile
from curate.result import REASON, Result
from curate.text.shown import one_line

SHOWN = ("benchmark", "item", "how", "span", "words", "covered", "similarity")
REASON_SPAN, SHOWN_PAIRS, SHOWN_TEXT, SHOWN_BEFORE = 160, 12, 1_000, 200
"""Characters of a span in a reason; pairs in the notes; characters of a span there, and of the text before it."""


@dataclass(frozen=True)
class Found:
    """The search: what every threshold is set over.

    rows: the frame that was given. texts: the compared text of each. items: `benchmark item text entry`.
    pairs: rows and entries, measured. ids: of the rows.
    """

    rows: pl.DataFrame
    texts: pl.Series
    ids: pl.Series
    items: pl.DataFrame
    pairs: pl.DataFrame


@dataclass(frozen=True)
class Decontaminated(Result):
    """A result whose dropped rows each name the span, the benchmark and the item.

    `hits`: one line for each row and item. `by_benchmark()`: the table of a card. `border(n)`: the pairs nearest to a
    threshold. `at(...)`: the same search under other thresholds.
    """

    found: Found | None = field(default=None, repr=False)
    profile: Profile | None = None
    numbers: bool = False

    @cached_property
    def hits(self) -> pl.DataFrame:
        """Columns `row` (its number) `id benchmark item how span words covered similarity dropped`.

        how: `exact` (the whole item), `span` (a long part), `numbers` (the same with other numbers), `ngram`, `ratio`,
        `meaning`. span: as the row writes it. words: length of the longest common span. covered: share of the item, in
        [0, 1]. similarity: `paraphrase.alike` for `meaning`, ratio / 100 for `ratio`, else null.
        """
        found, profile = self._found()
        judged = judge(found.pairs, profile).filter(pl.col("how").is_not_null())
        listed = judged.join(found.items.select("benchmark", "item", "entry"), on="entry", maintain_order="left_right")
        return listed.select(
            "row",
            found.ids.gather(listed["row"]).alias("id"),
            "benchmark",
            "item",
            "how",
            "span",
            "words",
            "covered",
            "similarity",
            dropped=(pl.col("how") != "numbers") | self.numbers,
        )

    def by_benchmark(self) -> pl.DataFrame:
        """One line a benchmark: items, rows dropped, rows that are the same but for numbers, items that were found."""
        found, _ = self._found()
        counted = self.hits.group_by("benchmark").agg(
            rows=pl.col("row").filter("dropped").n_unique(),
            numbers=pl.col("row").filter(pl.col("how") == "numbers").n_unique(),
            found=pl.col("item").filter("dropped").n_unique(),
        )
        items = found.items.group_by("benchmark", maintain_order=True).agg(items=pl.len())
        table = items.join(counted, on="benchmark", how="left", maintain_order="left")
        return table.with_columns(pl.col("rows", "numbers", "found").fill_null(0).cast(pl.Int64))

    def border(self, n: int = 10) -> pl.DataFrame:
        """The `n` pairs nearest to the threshold, hits and others, with both texts."""
        found, profile = self._found()
        judged = judge(found.pairs, profile).with_columns(distance=distance(profile)).sort("distance").head(n)
        return self._with_texts(judged)

    def at(
        self,
        *,
        covered: float | None = None,
        span: int | None = None,
        ratio: float | None = None,
        similarity: float | None = None,
        numbers: bool | None = None,
    ) -> Decontaminated:
        """The same search under other thresholds; nothing is searched again.

        Pairs that were too far from any threshold are not known any more: below 0.3 `covered` finds nothing further.
        """
        found, profile = self._found()
        changed = profile.with_thresholds(covered=covered, span=span, ratio=ratio, similarity=similarity)
        return conclude(found, changed, numbers=self.numbers if numbers is None else numbers)

    def worst(self, n: int = SHOWN_PAIRS) -> pl.DataFrame:
        """The `n` gravest hits, one a row, with both texts."""
        found, profile = self._found()
        judged = judge(found.pairs, profile).filter(pl.col("how").is_not_null())
        order = judged.sort(*gravest(), descending=True, maintain_order=True)
        return self._with_texts(order.unique("row", keep="first", maintain_order=True).head(n))

    def _with_texts(self, pairs: pl.DataFrame) -> pl.DataFrame:
        found, _ = self._found()
        first = found.items.unique("entry", keep="first", maintain_order=True)
        both = pairs.join(first.rename({"text": "item_text"}), on="entry", maintain_order="left")
        return both.select(
            found.ids.gather(both["row"]).alias("id"),
            *SHOWN,
            "item_text",
            found.texts.gather(both["row"]).alias("row_text"),
        )

    def _found(self) -> tuple[Found, Profile]:
        assert self.found is not None
        assert self.profile is not None
        return self.found, self.profile


def judge(pairs: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """The pairs with `how` each is a hit, null when it is none."""
    from curate.cleaning.contamination.spans import span_verdict

    alike = pl.when(pl.col("similarity") >= profile.similarity).then(pl.lit("meaning"))
    verdicts = {
        "spans": span_verdict(profile),
        "embedding": pl.coalesce(span_verdict(profile), alike),
        "ngrams": pl.when(pl.col("covered") > profile.covered).then(pl.lit("ngram")),
        "ratio": pl.when(pl.col("similarity") * 100 >= profile.ratio).then(pl.lit("ratio")),
    }
    return pairs.with_columns(how=verdicts[profile.way])


def gravest() -> list[pl.Expr]:
    """What hits are sorted by, the largest first."""
    return [pl.col("how") == "exact", *(pl.col(name).fill_null(0) for name in ("covered", "words", "similarity"))]


def distance(profile: Profile) -> pl.Expr:
    """How far a pair is from the threshold it is judged by."""
    if profile.way == "ratio":
        return (pl.col("similarity") - profile.ratio / 100).abs()
    spans = (pl.max_horizontal("covered", "same") - profile.covered).abs()
    return pl.min_horizontal(spans, (pl.col("similarity") - profile.similarity).abs())


def conclude(found: Found, profile: Profile, *, numbers: bool) -> Decontaminated:
    """Rows kept and dropped, by the pairs and the thresholds."""
    blank = Decontaminated(found.rows, found=found, profile=profile, numbers=numbers)
    hits = blank.hits.filter("dropped")
    graver = hits.sort(*gravest(), descending=True, maintain_order=True)
    first = graver.unique("row", keep="first", maintain_order=True).sort("row")
    told = first.select(SHOWN).unique(maintain_order=True)  # many rows may leave by one reason
    told = told.with_columns(pl.Series(REASON, [_because(hit) for hit in told.iter_rows(named=True)], dtype=pl.String))
    because = first.join(told, on=SHOWN, nulls_equal=True, maintain_order="left")[REASON]
    reasons = pl.Series(REASON, [None], dtype=pl.String).new_from_index(0, found.rows.height)
    reasons = reasons.scatter(first["row"], because)
    dropped = found.rows.with_columns(reasons).filter(reasons.is_not_null())
    made = replace(blank, kept=found.rows.filter(reasons.is_null()), dropped=dropped)
    return replace(made, notes=_notes(made))


def _because(hit: dict[str, Any]) -> str:
    where = one_line(f"{hit['benchmark']} item {hit['item']}", REASON_SPAN)
    if hit["how"] in ("ratio", "meaning"):
        measured = f"{hit['similarity']:.2f} alike"
    else:
        measured = f"{hit['words']} words, {hit['covered']:.0%} of the item"
    return f"in {where} ({hit['how']}, {measured}): “{one_line(hit['span'], REASON_SPAN)}”"


def _notes(made: Decontaminated) -> dict[str, Any]:
    """What the card and the report show: the table, with the items that were found, and the worst pairs."""
    found = made.hits.filter("dropped").group_by("benchmark").agg(pl.col("item").unique().sort())
    named = dict(found.iter_rows())
    lines = [line | {"found": named.get(line["benchmark"], [])} for line in made.by_benchmark().to_dicts()]
    labelled = made.hits.filter(~pl.col("dropped"))["row"].n_unique()
    return {
        "benchmarks": lines,
        "numbers_changed": labelled,
        "worst": [_shown(pair) for pair in made.worst().to_dicts()],
    }


def _shown(pair: dict[str, Any]) -> dict[str, Any]:
    """A pair with the part of its texts that a report has room for: of the row, what is around the span."""
    span = pair["span"][:SHOWN_TEXT]
    begin = max(0, pair["row_text"].find(span) - SHOWN_BEFORE)
    row_text = ("… " if begin else "") + pair["row_text"][begin : begin + 2 * SHOWN_TEXT]
    return pair | {"span": span, "row_text": row_text, "item_text": pair["item_text"][: 2 * SHOWN_TEXT]}


def join_notes(notes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The notes of all rows, from those of parts of them, in order."""
    lines: dict[str, dict[str, Any]] = {}
    for line in (line for part in notes for line in part["benchmarks"]):
        known = lines.setdefault(line["benchmark"], {**line, "rows": 0, "numbers": 0, "found": []})
        known["rows"] += line["rows"]
        known["numbers"] += line["numbers"]
        known["found"] = sorted({*known["found"], *line["found"]})
    worst = sorted((pair for part in notes for pair in part["worst"]), key=_gravity)[:SHOWN_PAIRS]
    changed = sum(part["numbers_changed"] for part in notes)
    return {"benchmarks": list(lines.values()), "numbers_changed": changed, "worst": worst}


def _gravity(pair: Mapping[str, Any]) -> tuple[bool, float, int, float]:
    """Sorts the gravest first; what is equally grave stays in the order of the rows."""
    return pair["how"] != "exact", -(pair["covered"] or 0.0), -(pair["words"] or 0), -(pair["similarity"] or 0.0)
