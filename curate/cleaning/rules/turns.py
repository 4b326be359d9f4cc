"""The next turn, which a model wrote in the user's name when it did not stop.

Source: stop strings of evaluation harnesses and servers (`Human:`, `### Instruction:`, `Question:`), as data here.
Differs: a dialogue that was asked for, a list of labelled lines (credits, settings, a glossary) and code are no turns.
A text that begins with a label, or announces what follows with a colon, was asked for; a turn comes after an answer.
"""

from __future__ import annotations

import re

import polars as pl

from curate.cleaning.rules.form import CODE
from curate.cleaning.rules.texts import Texts, having

USERS = ["Nutzer", "Benutzer", "Utilisateur", "Usuario", "Usuário", "Utente", "Gebruiker", "Użytkownik", "Пользователь",
         "Kullanıcı", "ユーザー", "사용자", "用户", "用戶", "人类"]  # fmt: skip
USER = f"Human|HUMAN|User|USER|{'|'.join(USERS)}|Instruction"
ASSISTANT = (
    r"Assistant|ASSISTANT|AI Assistant|AI assistant|AI|Bot|Chatbot|ChatGPT|Assistent|Assistente|Asistente|Asystent|"
    r"Ассистент|Помощник|Asistan|アシスタント|어시스턴트|助手|助理|Response"
)
QUESTIONS = ["Question", "Frage", "Pregunta", "Pergunta", "Domanda", "Vraag", "Pytanie", "Вопрос", "質問", "질문"]
ASKED = f"{'|'.join(QUESTIONS)}|Q|Input|Problem|Exercise|Instruction|问题|问"
ANSWERED = (
    r"Answer|A|Output|Solution|Response|Antwort|Réponse|Respuesta|Resposta|Risposta|Antwoord|Odpowiedź|Ответ|"
    r"答案|答|回答|답변|답"
)

HEADING = (  # says it alone
    r"(?m)^[ \t]{0,3}(?:###[ \t]*(?:Instruction|Input|Response|Human|User|Assistant|System|Question)s?[ \t]*:"
    r"|###[ \t]*Instruction[ \t]*$"
    r"|<\|?(?:im_start\|>)?(?:start_header_id\|>)?(?:user|human|User|Human)(?:\|>|>|\b)[ \t]*:?"
    r"|<｜User｜>|<start_of_turn>user|\*\*(?:Human|User|Assistant|Instruction):?\*\*:?)|\[INST\]"
    r"|<\|(?:im_end|eot_id|end)\|>\s*<\|(?:im_start|start_header_id)\|>(?:user|human)\b"
)
ASKING = re.compile(r"^##?[ \t]*Instruction[ \t]*:?[ \t]*$", re.MULTILINE)  # says it with the other behind it
RESPONDING = re.compile(r"^##?[ \t]*Response[ \t]*:?[ \t]*$", re.MULTILINE)
LABEL = re.compile(
    rf"^[ \t]{{0,3}}(?:(?P<user>{USER}|System)|(?P<assistant>{ASSISTANT})|(?P<asked>{ASKED})|(?P<answered>{ANSWERED}))"
    r"[ \t\xa0]?[:：]",
    re.MULTILINE,
)
ANY_LABEL = re.compile(r"^[ \t]{0,3}[^\W\d][\w .'/-]{0,30}[:：]", re.MULTILINE)
INLINE = re.compile(r"\bUSER: [^\n]{0,400}?\bASSISTANT:")
OWN_LABEL = re.compile(r"### ?(?:Instruction|Response|Human|Assistant):|(?:Human|Assistant):", re.IGNORECASE)
BARE = re.compile(  # what is left of ChatML and Llama 3 without their tokens
    r"(?:^|(?<=[.!?]))(?:user|assistant|model)\n+(?=\S+ \S+ \S+)", re.MULTILINE
)
ANCHORS = [  # one of these is in every text with a turn
    "Human:", "User:", "Assistant:", "HUMAN:", "USER:", "System:", "Instruction:", "Instructions:",
    *(f"\n{word}" for word in QUESTIONS), "\nQ:", "\nInput:", "\nProblem:", "\nExercise:", "## Input",
    "# Instruction", "## Response", "## Question", "## User", "## Human", "## Assistant", "user|>", "im_start|>",
    "header_id|>", "<user>", "<human>", "<User>", "<Human>", "[INST]", "of_turn>user", "<｜User", "User**", "Human**",
    "Assistant**", "Instruction**", "user\n", "assistant\n", "\nmodel\n", *USERS, "问题：", "问：", "问题:", "问:",
]  # fmt: skip


def next_turn(texts: Texts) -> pl.Series:
    """Where another turn begins (`Human:`, `### Instruction:`): the model went on in the user's name."""
    answer = texts.answer
    told = pl.Series([None], dtype=pl.String).new_from_index(0, len(answer))
    places = having(answer, ANCHORS)
    if not len(places):
        return told
    return told.scatter(places, pl.Series([another_turn(text) for text in answer.gather(places)], dtype=pl.String))


def another_turn(text: str) -> str | None:
    r"""The mark that begins another turn in an answer, or None.

    >>> another_turn("Paris.\n\nHuman: And Spain?"), another_turn("Human: Hi\nAssistant: Hello")
    ('Human:', None)
    """
    bare = CODE.sub("", text)
    heading = _HEADING.search(bare)
    if heading and (heading.start() or OWN_LABEL.match(heading.group())):
        return heading.group().strip()
    asking = ASKING.search(bare)
    if asking and bare[: asking.start()].strip() and RESPONDING.search(bare, asking.end()):
        return asking.group().strip()
    labels = list(LABEL.finditer(bare))
    if not labels:
        inline = INLINE.search(bare) or BARE.search(bare)
        return inline.group()[:60].strip() if inline and bare[: inline.start()].strip() else None
    first = labels[0]
    before = bare[: first.start()].rstrip(" \t")
    said = before.strip()
    further = labels[1] if len(labels) > 2 and first.lastgroup == "answered" and not said else None
    if further and further.lastgroup == "asked" and bare[: further.start()].endswith("\n\n"):
        return further.group().strip() if labels[2].lastgroup == "answered" else None
    if not said:  # it begins with a label: a dialogue, or the label of the answer itself
        alone = len(ANY_LABEL.findall(bare)) == 1 and first.lastgroup in ("user", "assistant") and ":" in first.group()
        return first.group().strip() if alone and OWN_LABEL.match(first.group()) else None
    last = said.rpartition("\n")[2]
    if said.endswith((":", "：", ":**", "**:")) or ANY_LABEL.match(last) or last.startswith("#"):
        return None
    kinds = {label.lastgroup for label in labels}
    if kinds >= {"user", "assistant"}:
        return first.group().strip()
    if first.lastgroup in ("user", "assistant") and before.endswith("\n\n") and not _labelled_list(bare, first.end()):
        return first.group().strip()
    ends = said.endswith((".", "!", "?", "。", "！", "？")) or len(said) <= SHORT
    if kinds >= {"asked", "answered"} and ends and not ASKS.search(said):
        return first.group().strip()
    return None


SHORT = 40  # characters of an answer that needs no full stop
ASKS = re.compile(
    r"(?i)question|interview|frage|pregunta|pergunta|domanda|вопрос|質問|질문|trivia|riddle|cards?\b|example|faq|q&a|quiz|exercise|problem|instruction|问题|例"
)
_HEADING = re.compile(HEADING)


def _labelled_list(text: str, at: int) -> bool:
    """Whether the line after a label has another label of its own: settings, credits."""
    rest = text[at:].partition("\n")[2]
    match = ANY_LABEL.match(rest)
    return match is not None and LABEL.match(rest) is None
