"""What looks like a copy and is none: templates, numbers, code, chains."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest

from curate import dedupe


def table(texts: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"id": [f"r{i}" for i in range(len(texts))], "text": texts})


def test_siblings_of_a_template_stay_and_copies_among_them_leave(prose) -> None:  # type: ignore[no-untyped-def]
    head, tail = prose.text(40), prose.text(60)
    contents = [prose.text(3) for _ in range(60)]
    texts = [f"{head} {content} {tail}" for content in contents]
    texts.append(f"{head} {contents[7]} {prose.edited(tail, 1)}")
    result = dedupe(table(texts), by="minhash")
    assert result.dropped["id"].to_list() == ["r60"]
    assert result.dropped["kept_id"].to_list() == ["r7"]
    assert result.notes["spared_pairs"]["template"] >= 59
    assert dedupe(table(texts), by="minhash", template=False).dropped.height > 50
    assert dedupe(table(texts[:-1]), by="semantic").dropped.height == 0
    assert dedupe(table(texts[:-1]), by="semantic", template=False, max_cluster=100).dropped.height > 50


def test_a_template_with_its_slot_at_either_end_is_known(prose) -> None:  # type: ignore[no-untyped-def]
    frame = prose.text(80)
    for texts in ([f"{prose.text(2)} {frame}" for _ in range(20)], [f"{frame} {prose.text(2)}" for _ in range(20)]):
        assert dedupe(table(texts), by="minhash").dropped.height == 0


def test_near_copies_of_one_text_are_no_template(prose) -> None:  # type: ignore[no-untyped-def]
    origin = prose.text(150)
    texts = [origin, *(prose.edited(origin, 1) for _ in range(300))]
    assert dedupe(table(texts), by="minhash").kept["id"].to_list() == ["r0"]


@pytest.mark.parametrize("by", ["exact", "minhash", "semantic"])
def test_problems_with_other_numbers_are_other_problems(by) -> None:  # type: ignore[no-untyped-def]
    problem = (
        "A farmer has {} sheep and sells {} of them at the market in town. His neighbour, who keeps goats, gives him "
        "some of hers in return for a cart of hay. How many animals does the farmer have in the end, if none is lost?"
    )
    texts = [problem.format(a, a - 3) for a in range(5, 40)]
    texts += [
        texts[0].replace("farmer", "shepherd"),
        "Solve x - 1 = 0 for x, please.",
        "Solve x + 1 = 0 for x, please.",
    ]
    threshold = {"exact": None, "minhash": 0.5, "semantic": 0.9}[by]
    result = dedupe(table(texts), by=by, threshold=threshold, template=False)
    assert set(result.dropped["id"]) <= {"r35"}
    if by != "exact":
        assert dedupe(table(texts), by=by, threshold=threshold, template=False, numbers=False).dropped.height > 20


@pytest.mark.parametrize("form", ["w{}", "word_{}", "{}"])
def test_edits_of_names_with_digits_and_of_rows_of_numbers_are_edits(form: str) -> None:
    rng = Random(7)
    words = [form.format(rng.randrange(5000)) for _ in range(120)]
    edited = [*words[:60], form.format(9001), *words[61:]]
    result = dedupe(table([" ".join(words), " ".join(edited)]), by="minhash")
    assert result.dropped["id"].to_list() == ["r1"]


def test_a_root_and_a_fraction_are_numbers() -> None:
    problem = r"The sides of a triangle are $\sqrt{}$ times as long as those of another one; how many times its area?"
    assert dedupe(table([problem.replace("{}", n) for n in "23"]), by="minhash", threshold=0.4).dropped.height == 0


CODE = """def solve(values):
    total = 0
    for value in values:
        if value % {} == 0:
            total += value * value
    return total


def main():
    numbers = [int(word) for word in input().split()]
    print(solve(numbers))
"""


def test_code_is_left_alone_unless_asked_for(prose) -> None:  # type: ignore[no-untyped-def]
    variants = [CODE, CODE.replace("total +=", "total -="), CODE.replace("value * value", "value + value"), CODE]
    column = table([*variants, prose.text(20)])
    for by in ("exact", "minhash", "semantic"):
        result = dedupe(column, by=by)
        assert result.dropped.height == 0
        assert "code=True" in result.notes["skipped"]
    assert dedupe(column, code=True).dropped["id"].to_list() == ["r3"]
    mixed = table([*variants, *(prose.text(20) for _ in range(20))])
    assert dedupe(mixed, by="minhash", threshold=0.6).dropped["id"].to_list() == ["r3"]
    assert dedupe(mixed, by="minhash", threshold=0.6, code=True, numbers=False).dropped.height == 3


def test_a_cluster_too_large_to_believe_is_left_whole_with_a_warning(prose) -> None:  # type: ignore[no-untyped-def]
    origin = prose.text(150)
    near = table([origin, *{prose.edited(origin, 1) for _ in range(30)}, *[origin] * 40])
    result = dedupe(near, by="minhash", max_cluster=20)
    assert result.dropped.height == 40
    assert "left whole" in result.notes["warning"]
    assert "warning" not in dedupe(near, by="minhash").notes
