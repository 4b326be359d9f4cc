from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from curate.report.card_merge import BEGIN, END
from curate.report.markdown import fence, inline
from curate.text.shown import clip, one_line, visible

nasty = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("`~<>!-|\\*_[]()#&\n\r\u202e\u2066\x00\x1b\ud800 1.")),
    max_size=80,
)


@given(nasty)
def test_what_is_shown_can_be_written_as_utf_8_and_holds_no_hidden_controls(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(nasty, st.integers(0, 100))
def test_a_clipped_text_and_what_it_left_out_add_up(text: str, limit: int) -> None:
    shown, more = clip(text, limit)
    assert len(shown) + more == len(text)
    assert text.startswith(shown)


@given(nasty, st.integers(2, 60))
def test_one_line_is_one_line_and_no_longer_than_asked(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1


@given(nasty)
def test_no_text_can_leave_its_fence_or_forge_our_markers(text: str) -> None:
    for hostile in (text, f"```\n{text}\n~~~\n````\n{END}\n{BEGIN}"):
        block = fence(hostile)
        tokens = MarkdownIt().parse(f"before\n\n{block}\n\nafter")
        assert [token.type for token in tokens if token.type in ("fence", "html_block", "paragraph_open")] == [
            "paragraph_open", "fence", "paragraph_open",
        ]  # fmt: skip
        assert BEGIN not in block
        assert END not in block


@given(nasty)
def test_text_in_a_line_of_markdown_is_only_text(text: str) -> None:
    parsed = MarkdownIt("commonmark").enable("table").parse(str(inline(text)))
    kinds = {token.type for token in parsed} | {child.type for token in parsed for child in token.children or ()}
    assert kinds <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}


@given(nasty)
def test_text_in_a_table_cell_stays_in_its_cell(text: str) -> None:
    table = f"| a | b |\n|---|---|\n| {inline(text)} | end |\n"
    parsed = MarkdownIt("commonmark").enable("table").parse(table)
    assert sum(token.type == "td_open" for token in parsed) == 2
    assert [token.content for token in parsed if token.type == "inline"][-1] == "end"


def test_a_cut_block_says_how_much_is_missing() -> None:
    assert "(1,000,000 more characters)" in fence("x" * 1_000_500, limit=500)
