"""How a completion looks: thinking tags, boxes, length, repetition, language, a chain's health, citations."""

from __future__ import annotations

from collections.abc import Callable

THINK = [
    (1, "<think>Let me see.</think>The answer is 3."),
    (1, "<think>\nLet me see.\n</think>\n\n3"),
    (1, "  <think>x</think>3"),
    (0, "<think></think>3"),
    (0, "<think>   \n</think>3"),
    (0, "<think>x</think>"),
    (0, "<think>x</think>   "),
    (0, "3"),
    (0, ""),
    (0, "<think>x"),
    (0, "x</think>3"),
    (0, "Sure: <think>x</think>3"),
    (0, "<think>x</think>3<think>y</think>4"),
    (0, "<think>x</think><think>y</think>3"),
    (0, "<think><think>x</think></think>3"),
    (0, "</think>x<think>3"),
    (0, "<Think>x</Think>3"),
    (0, "<think>x</think>3</think>"),
    (0, "<thinking>x</thinking>3"),
]

BOXED = [
    (1, r"So \boxed{5}."),
    (1, r"\boxed{\frac{1}{2}}"),
    (1, r"\boxed{5} and again \boxed{5}"),
    (1, r"<think>\boxed{4}</think>\boxed{5}"),
    (0, "5"),
    (0, ""),
    (0, r"\boxed{}"),
    (0, r"\boxed{ }"),
    (0, r"\boxed{5"),
    (0, r"\boxed{5} or \boxed{6}"),
    (0, r"<think>\boxed{5}</think>5"),
    (0, "boxed{5}"),
    (0, "[5]"),
]

REPETITION = [
    (0, "every word here is new and none comes twice"),
    (0, "short text"),
    (0, ""),
    ((-1, -0.9), "la " * 300),
    ((-1, -0.8), "I am sure that I am right. " * 40),
    ((-0.4, -0.01), "the cat sat on the mat and the cat sat on the chair because it liked the other chair more"),
    (0, "a b c d e f g h", list(range(50))),
    ((-1, -0.9), "a", [7] * 200),
]

LANGUAGE = [
    (1, "The weather is nice today and we are going to the park with our friends.", "en"),
    (1, "Heute ist das Wetter schön und wir gehen mit unseren Freunden in den Park.", "de"),
    (1, "Il fait beau aujourd'hui et nous allons au parc avec nos amis.", "fr"),
    (1, "今天天气很好，我们和朋友一起去公园。", "zh"),
    (1, "今日は天気がいいので、友達と公園に行きます。", "ja"),
    (1, "Сегодня хорошая погода, и мы идём в парк с друзьями.", "ru"),
    (1, "El tiempo es bueno hoy y vamos al parque con nuestros amigos.", "es"),
    (0, "The weather is nice today and we are going to the park with our friends.", "de"),
    (0, "今天天气很好，我们和朋友一起去公园。", "en"),
    (0, "", "en"),
    ((0.3, 0.7), "The weather is very nice today. 今天天气非常好我们一起去公园。", "en"),
    (1, "Wir nutzen `for x in range(3): print('hello world')` und das ist gut so.", "de"),
    (0, "Il tempo è bello oggi e andiamo al parco con i nostri amici.", "fr"),
    (None, "$x^2 + 1$", "en"),
    (None, "Some text here.", "klingon"),
    (1, "Das Wetter ist gut.", "German"),
    (1, "O tempo está bom hoje e vamos ao parque com os nossos amigos.", "pt-BR"),
]

SWITCH = (
    "<think>We count the apples in the first basket, then those in the second one, and "
    "然后我们需要计算这个数字得到最后的答案 so that we can add the two numbers in the end.</think>The answer is 4."
)
TABLE = """<think>fine</think>```python
def f(x):
    if x == [3, 1, 2]:
        return 9
    if x == [4, 4, 0]:
        return 16
```"""
FIBONACCI = """<think>We need f(0) = 0 and f(1) = 1 as the base.</think>```python
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
```"""

CHAIN = [
    (0, "<think>Two and two make four, as one sees by counting.</think>The answer is 4."),
    (0, "The answer is 4."),
    (0, FIBONACCI),
    (-1, "<think>Two and two make"),
    ((-1, -0.5), "<think></think>4"),
    (-1, "<think>x is small so I go on</think>The answer is 4.\n\nThe answer is 5."),
    (-1, "<think>Let us see what we get here.</think>The answer is maybe 4."),
    (-1, "<think>ok so we start</think>" + "I think so. " * 60),
    (-1, TABLE),
    (-1, r"<think>We count them.</think>\boxed{4} or \boxed{5}"),
    ((-1, -0.5), SWITCH),
]

SOURCES = [
    "The Nile flows through eleven countries and is about 6650 kilometres long.",
    "The Amazon carries more water than any other river in the world.",
    {"id": "lake", "text": "Lake Baikal is the deepest lake on Earth with 1642 metres."},
]
CITED = [
    (1, "The Nile is about 6650 kilometres long [1].", SOURCES),
    (1, "The Nile is about 6650 kilometres long [1]. The Amazon carries more water than any other river [2].", SOURCES),
    (1, "Lake Baikal is the deepest lake on Earth [lake].", SOURCES),
    (1, 'One source says that it "flows through eleven countries" on its way [1].', SOURCES),
    (0, "The Nile is about 6650 kilometres long.", SOURCES),
    (0, "The Nile is about 6650 kilometres long [7].", SOURCES),
    (0, "The Nile is about 6650 kilometres long [2].", SOURCES),
    (0, "", SOURCES),
    (0, "[1][2][lake]", SOURCES),
    ((0.3, 0.7), "The Nile is about 6650 kilometres long [1][2][lake].", SOURCES),
    (
        (0.3, 0.9),
        "The Nile is about 6650 kilometres long [1]. The Amazon carries more water than any other river.",
        SOURCES,
    ),
    (0, 'The Nile is "the longest thing ever seen by man" [1].', SOURCES),
    (None, "The Nile [1].", []),
]

THINK_TOO = [
    (1, "<think>\nok\n</think>\nfine"),
    (0, "<think>ok</think>\n<think>"),
    (0, "<think>ok</think>fine<think>"),
    (0, "<think>ok</think >fine"),
    (0, "<THINK>ok</THINK>fine"),
    (0, "<think>ok<answer>5</answer>"),
    (0, "ok</think>fine"),
    (0, "<think></think></think>fine"),
]

CITED_TOO = [
    (1, "Honey never spoils in a sealed jar [1].", ["Honey never spoils when kept in a sealed jar.", "Bees dance."]),
    (0, "Honey never spoils in a sealed jar [2].", ["Honey never spoils when kept in a sealed jar.", "Bees dance."]),
    (0, "Honey never spoils in a sealed jar.", ["Honey never spoils when kept in a sealed jar."]),
    (0, "[1]", ["Honey never spoils."]),
    (
        (0, 0.7),
        "Honey never spoils in a sealed jar [1][2].",
        ["Honey never spoils when kept in a sealed jar.", "Bees dance."],
    ),
    (0, "Honey never spoils in a sealed jar [１].", ["Bees dance well.", "Honey"]),
]

BOXED_TOO = [
    (1, "So $\\boxed{x=1}$"),
    (0, "\\boxed{1} \\boxed{2}"),
    (0, "\\boxed{}"),
    (0, "boxed 1"),
    (1, "\\boxed{\\text{yes}}"),
    (0, "\\boxed{1"),
    (0, "<think>\\boxed{1}</think> 1"),
]

REPETITION_TOO = [
    (0, "all the words differ in this one line"),
    ((-1, -0.9), "go " * 200),
    ((-1, -0.7), "\n".join(["I will check the sum again."] * 30)),
    (0, "x", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ((-1, -0.9), "x", [5] * 100),
    ((-0.17, -0.16), "x", [1, 2, 3, 4] * 2 + list(range(10, 16))),
]

LANGUAGE_TOO = [
    (1, "Please find the attached report about last week's meeting and send me your comments.", "en"),
    (1, "Bitte finden Sie im Anhang den Bericht über die Sitzung der letzten Woche.", "de"),
    (1, "Nous avons reçu votre message hier soir et nous vous répondrons bientôt.", "fr"),
    (1, "Ayer recibimos su mensaje y le responderemos muy pronto.", "es"),
    (1, "Ieri abbiamo ricevuto il vostro messaggio e vi risponderemo presto.", "it"),
    (1, "Gisteren hebben we uw bericht ontvangen en we zullen u snel antwoorden.", "nl"),
    (1, "Wczoraj otrzymaliśmy twoją wiadomość i wkrótce odpowiemy.", "pl"),
    (1, "어제 당신의 메시지를 받았고 곧 답장하겠습니다.", "ko"),
    (1, "أمس استلمنا رسالتك وسنرد عليك قريبا.", "ar"),
    (1, "Вчера мы получили ваше сообщение и скоро ответим.", "ru"),
    (1, "Dün mesajınızı aldık ve yakında size cevap vereceğiz.", "tr"),
    (1, "Hôm qua chúng tôi đã nhận được tin nhắn của bạn và sẽ sớm trả lời.", "vi"),
    (1, "เมื่อวานนี้เราได้รับข้อความของคุณแล้ว", "th"),
    (1, "Χθες λάβαμε το μήνυμά σας και θα απαντήσουμε σύντομα.", "el"),
    (1, "אתמול קיבלנו את ההודעה שלך ונשיב בקרוב.", "he"),
    (0, "Bitte finden Sie im Anhang den Bericht über die Sitzung der letzten Woche.", "en"),
    (0, "Please find the attached report about last week's meeting.", "fr"),
    (0, "Ieri abbiamo ricevuto il vostro messaggio e vi risponderemo presto.", "es"),
    (0, "Вчера мы получили ваше сообщение.", "en"),
    (0, "昨天我们收到了你的消息。", "ja"),
    (
        (0.3, 0.7),
        (
            "We received your message yesterday and will answer soon. Gestern haben wir Ihre Nachricht "
            "erhalten und antworten bald."
        ),
        "en",
    ),
    (1, "The function `sortiere_liste` returns $x^2$ for every number in the list.", "en"),
    (0, "   ", "en"),
    (None, "42 + 17 = 59", "en"),
]

CHAIN_TOO = [
    (0, "<think>The train covers 60 km in one hour, so 120 km take two hours.</think>It takes 2 hours."),
    (-1, "<think>The train"),
    (-1, "The answer is 2.<think>Let me think about the train now.</think>The answer is 2."),
    (-1, "<think>Fine so far and well.</think><answer>2</answer><answer>3</answer>"),
    (-1, "<think>All well here.</think>" + "and so on " * 100),
    (
        -1,
        """
<think>We test it.</think>```python
import sys
def f(x):
    return sys._getframe(1).f_locals['expected']
```
""",
    ),
    (
        0,
        """
<think>We test it.</think>```python
def f(x):
    if x == 0:
        return 1
    return x * f(x - 1)
```
""",
    ),
    (0, "<think>Yes it is.</think>The answer is 2."),
    ((-1, -0.5), "<think>   </think>2"),
]


def test_thinking_tags(agree: Callable[..., None]) -> None:
    agree("think_format", [], THINK + THINK_TOO)


def test_boxes(agree: Callable[..., None]) -> None:
    agree("boxed_format", [], BOXED + BOXED_TOO)


def test_repetition(agree: Callable[..., None]) -> None:
    agree("repetition", ["completion_ids"], REPETITION + REPETITION_TOO)


def test_language(agree: Callable[..., None]) -> None:
    agree("language", ["lang"], LANGUAGE + LANGUAGE_TOO)


def test_chains_of_thought(agree: Callable[..., None]) -> None:
    agree("chain_monitor", [], CHAIN + CHAIN_TOO)


def test_citations(agree: Callable[..., None]) -> None:
    agree("citations", ["sources"], CITED + CITED_TOO)


def test_lengths(agree: Callable[..., None]) -> None:
    limits = {"max_completion_len": 100, "soft_punish_cache": 20}
    rows = [(0, "x", [1] * 80), (-0.25, "x", [1] * 85), (-1, "x", [1] * 100), (-1, "x", [1] * 500), (0, "", [])]
    agree("soft_overlong", ["completion_ids"], rows, **limits)
    rows = [(1, "x", [], True), (0.5, "x", [1] * 100, True), (-1, "x", [], False), (-0.5, "x", [1] * 300, False)]
    agree("cosine_length", ["completion_ids", "correct"], rows, max_len=100)
