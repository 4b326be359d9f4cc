"""Traces of a chat template in a text: its special tokens, and an echo of the prompt.

Source: the special tokens in the tokenizer configurations of Llama 2 to 4, Mistral, Gemma, Qwen, DeepSeek, Phi,
gpt-oss, GLM, T5 and BERT. A tokenizer reads such text as control tokens wherever it stands, in code and quotes too: so
it is flagged there as well.
"""

from __future__ import annotations

import polars as pl

from curate.cleaning.rules.texts import Texts, having
from curate.text.normalise import GAP

TOKENS = (
    r"<\|[A-Za-z0-9_▁./\-]{2,}(?: [A-Za-z0-9_▁./\-]+)*\|>",  # ChatML, Llama 3, Phi, gpt-oss, GLM, GPT-2; reserved
    r"<｜[^｜<>\n]+｜>",  # DeepSeek, with its full-width bars
    r"<\|[^|<>\n]+｜>|<｜[^｜<>\n]+\|>",  # the same, mangled
    r"</?(?:start|end)_of_(?:turn|image|audio)>",  # Gemma
    r"<(?:bos|eos|pad|unk|mask|cls|sep|end_of_text|begin_of_text|endoftext|eod|eop|sop|gmask|image_soft_token)>",
    r"\[/?INST\]|<</?SYS>>",  # Llama 2, Mistral
    r"\[/?(?:AVAILABLE_TOOLS|TOOL_[A-Z]{4,8}|SYSTEM_PROMPT|MODEL_SETTINGS|THINK|gMASK|IMG_BREAK)\]",
    r"<(?:unused\d{1,4}|extra_id_\d{1,4}|reserved_\d{1,4}|0x[0-9A-F]{2})>",  # Gemma, T5, byte tokens
    r"\[(?:UNK|CLS|SEP|PAD|MASK)\]",  # BERT
    r"<s>\s*\[INST\]|</s><s>",
)
ENDS = r"^\s*<s>|</s>\s*$"  # elsewhere, and in pairs, it may be the HTML tag for struck text
SPECIAL = "|".join(TOKENS)
ANCHORS = [  # one of these is in every token above
    "<|", "<｜", "of_turn>", "of_image>", "of_audio>", "of_text>", "<bos>", "<eos>", "<pad>", "<unk>", "<mask>",
    "<cls>", "<sep>", "<endoftext>", "<eod>", "<eop>", "<sop>", "<gmask>", "<image_soft", "INST]", "SYS>>", "_TOOLS]",
    "TOOL_",
    "SYSTEM_PROMPT]", "MODEL_SETTINGS]", "THINK]", "gMASK]", "IMG_BREAK]", "<unused", "<extra_id", "<reserved_",
    "<0x", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "<s>", "</s>",
]  # fmt: skip


def special_tokens(texts: Texts) -> pl.Series:
    """A special token of a chat template in a text."""
    places = having(texts.text, ANCHORS)
    found = pl.Series([None], dtype=pl.String).new_from_index(0, len(texts))
    if not len(places):
        return found
    some = texts.text.gather(places)
    opens, closes = (some.str.count_matches(tag, literal=True) for tag in ("<s>", "</s>"))
    ends = pl.when(opens != closes).then(pl.lit(some).str.extract(ENDS, 0))
    tokens = pl.coalesce(pl.lit(some).str.extract(SPECIAL, 0), ends).str.strip_chars()
    return found.scatter(places, pl.select(tokens).to_series())


def prompt_echo(texts: Texts) -> pl.Series:
    """Whether an answer begins with its prompt, or consists of it by half; prompts under 20 characters are not told.

    White space and letter case do not matter. The prompt is the column `prompt`, or the message before.
    """
    prompt, answer = (_plain(text) for text in (texts.prompt, texts.answer))
    length = pl.lit(prompt).str.len_chars()
    covered = pl.lit(answer).str.count_matches(pl.lit(prompt), literal=True) * length
    begins = pl.lit(answer).str.replace(BEFORE_ECHO, "").str.starts_with(pl.lit(prompt))
    echo = begins | (covered * 2 > pl.lit(answer).str.len_chars())
    told = length + pl.lit(prompt).str.count_matches(WIDE) >= SHORT_PROMPT
    return pl.select(pl.when(told).then(echo).otherwise(None)).to_series()


BEFORE_ECHO = r"^[\s\"“'*_#>]*(?:(?:question|prompt|instruction|input|task|q|user|human)\s*:[\s*\"“]*)?"
SHORT_PROMPT = 20  # characters; a Chinese, Japanese or Korean one counts as two
WIDE = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"
ENDS_OF_ASKING = " \t\r\n.?!:。？！：…"  # which an echo may leave out


def _plain(text: pl.Series) -> pl.Series:
    return text.str.strip_chars(ENDS_OF_ASKING).str.replace_all(GAP, " ").str.to_lowercase()
