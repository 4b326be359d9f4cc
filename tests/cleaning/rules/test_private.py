"""Private data: what is one is found and masked, what only looks like one is left alone. All values are made up."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from curate import filter_rows, mask_rows
from curate.cleaning.rules.private import PRIVATE, values_in
from curate.errors import DataError

# Keys are put together here, so that no scanner takes this file for a leak.
PRIVATE_TEXTS: dict[str, list[str]] = {
    "email": [
        "Write to anna.müller@firma.de today.",
        "john.doe+spam@mail.example.co.uk",
        "<bob_99@gmail.com>",
        "mailto:info@uni-bonn.de?subject=hi",
        "Contact: JANE@ACME.ORG.",
    ],
    "phone": [
        "Call me at +1 (415) 555-2671.",
        "+49 30 901820",
        "Tel: 030 1234567",
        "(555) 867-5309",
        "my number is 555-123-4567",
        "+44 20 7946 0958",
        "phone 020 7946 0958",
        "WhatsApp: +91 98765 43210",
        "0033 1 42 68 53 00",
        "+86 138 0013 8000",
        "415.555.2671",
    ],
    "card": [
        "4539 1488 0343 6467",
        "5425-2334-3010-9903",
        "378282246310005",
        "6011000990139424",
        "my card 4012888888881881 expires 12/27",
        "3782 822463 10005",
    ],
    "iban": [
        "DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819",
        "FR14 2004 1010 0505 0001 3M02 606 please",
        "NL91ABNA0417164300",
        "IBAN: ES9121000418450200051332.",
    ],
    "ssn": ["SSN: 536-22-8726", "my social security number is 219-09-9999", "536-22-8726", "SSN 536 22 8726"],
    "ip": [
        "connect to 93.184.216.34:80",
        "ssh root@51.15.201.8",
        "2a02:8109:85a3:0:0:8a2e:370:7334",
        "IP address: 84.23.117.9",
        "2606:4700:4700::1111",
    ],
    "private_key": [
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA75\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ",
    ],
    "jwt": [
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
    ],
    "key": [
        "sk-" + "T7qZ0pXv3Lw9RkY2bNc8Jd5F",
        "hf_" + "QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi",
        "AKIA" + "Q3ZJ7KX5VTW2MNPL",
        "ghp_" + "x7Kq2Zp9Lm4Rv8Tb1Nc6Yd3Wf5Hg0Js7Ua2E",
        "xoxb-" + "2384729384-9283749283-zKq8vTw3LmPx9RbY",
        "AIza" + "SyD8f2Kq9Lw3Zx7Vb1Nm5Qp0Rt4Yu6Io2Pa",
        "sk-ant-api03-" + "Zx9Kq2Lw7Rv4Tb8Nc1Yd6Wf3Hg5Js0Ua",
        "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    ],
    "secret": [
        "password = 'Tr0ub4dor&3xK9!z'",
        "api_key: Zk3v9Qw7Lp2Xn8Rt5Bm1",
        "export SECRET_KEY=9fK2mQ7xLw3ZtR8vB5nY",
        '"client_secret": "u8Kd-2Lq9_Zx4Vb7Nm1Pw"',
        "Authorization: Bearer a8F3kQ9zLm2XvT7wRb5N",
    ],
}
OTHER_TEXTS: dict[str, list[str]] = {
    "email": [
        "a @ b",
        "@user on twitter",
        "icon@2x.png",
        "x@y",
        "user@",
        "foo@bar",
        "matrix A@B.T is fine",
        "5 apples @ $2.00",
    ],
    "phone": [
        "order number 555-123-4567",
        "2024-10-31 12:30:45",
        "ISBN 978-3-16-148410-0",
        "3.14159265358979",
        "12345678901",
        "192.168.100.200",
        "1,234,567,890",
        "(1234567890)",
        "10/31/2024 - 11/02/2024",
        "1 2 3 4 5 6 7 8 9",
        "SKU 123-456-7890",
        "ticket #415-555-2671",
        "x = 123 - 456 - 7890",
        "pages 100-200 300-400",
        "1990-2000 2001-2010",
        "100 000 000 000",
    ],
    "card": [
        "4111 1111 1111 1111",
        "5500-0000-0000-0004",
        "4111 1111 1111 1112",
        "order 4012888888881880",
        "1234567890123456",
        "0000000000000000",
        "3.1415926535897932",
        "9780306406157",
        "1111-2222-3333-4444",
        "100000000000000",
    ],
    "iban": [
        "DE89 3704 0044 0532 0130 01",
        "AB12CDEF34567890123",
        "GB82 WEST 1234 5698 7654 33",
        "ISO27001 CERTIFIED COMPANY LIST",
        "UTF8 ENCODED STRINGS HERE NOW",
    ],
    "ssn": [
        "An SSN looks like 123-45-6789.",
        "my SSN is a secret",
        "000-12-3456",
        "666-12-3456",
        "912-34-5678",
        "123-00-4567",
        "phone 555-12-34567",
        "078-05-1120",
        "2021-12-2021",
        "part 100 20 3000",
    ],
    "ip": [
        "version 1.2.3.4",
        "v10.20.30.40",
        "OpenSSL 1.0.2.1",
        "127.0.0.1",
        "10.0.12.200",
        "172.16.254.1",
        "203.0.113.77",
        "2001:db8:85a3:0:0:8a2e:370:7334",
        "0.0.0.0",
        "255.255.255.0",
        "section 12.13.14.15",
        "999.1.1.1",
        "1.2.3.4.5.6",
        "12:30:45:10",
        "aa:bb:cc:dd:ee:ff",
        "std::vector::size",
        "Chrome/91.0.4472.124",
        "firmware 12.4.5.67",
    ],
    "private_key": ["-----BEGIN PUBLIC KEY-----", "a private key is secret"],
    "jwt": ["eyJ is how JSON begins in base64", "eyJhbGciOiJIUzI1NiJ9"],
    "key": [
        "sk-your-api-key-goes-here-please",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
        "hf_" + "x" * 34,
        "AKIAIOSFODNN7EXAMPLE",
        "task-management-system-for-teams-and-more",
        "risk-assessment-and-mitigation-plan",
        "ghp_" + "a" * 36,
        "disk-utilization-monitoring-tool",
    ],
    "secret": [
        "password = os.getenv('DB_PASSWORD')",
        "the password is correct",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "token: 550e8400-e29b-41d4-a716-446655440000",
        "api_key = 'YOUR_API_KEY_HERE123'",
        "key = e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "password: hunter2",
        "secret = generate_secret_token(32)",
        "token = tokenizer.encode(text1)",
        "the secret ingredient is cinnamon",
        "API key: <your-key-123456>",
        "password=password123456",
    ],
}


def found(kind: str, texts: list[str]) -> list[list[str] | None]:
    return values_in(pl.Series(texts, dtype=pl.String), PRIVATE[kind]).to_list()


@pytest.mark.parametrize("kind", sorted(PRIVATE))
def test_private_data_is_found(kind: str) -> None:
    missed = [text for text, hit in zip(PRIVATE_TEXTS[kind], found(kind, PRIVATE_TEXTS[kind]), strict=True) if not hit]
    assert not missed


@pytest.mark.parametrize("kind", sorted(PRIVATE))
def test_what_looks_like_private_data_is_left_alone(kind: str) -> None:
    false = [hit for hit in found(kind, OTHER_TEXTS[kind]) if hit]
    assert not false


@given(st.text(alphabet="0123456789", min_size=13, max_size=13), st.sampled_from("45"))
def test_of_ten_numbers_one_is_a_card(digits: str, first: str) -> None:
    """The check digit of Luhn is right for exactly one last digit."""
    assume(len(set(digits)) > 4)
    numbers = [f"{first}1{digits}{last}" for last in range(10)]
    assert sum(bool(hit) for hit in found("card", numbers)) == 1


def test_a_value_keeps_its_placeholder_all_through_its_row() -> None:
    chat = [
        {"role": "user", "content": "I am anna@firma.de, my friend is bo@firma.de"},
        {"role": "assistant", "content": "Hello anna@firma.de and bo@firma.de, not xanna@firma.dev"},
    ]
    rows = pl.DataFrame({"prompt": ["write to bo@firma.de", "nothing"], "messages": [chat, None]})
    kept = mask_rows(rows).kept
    assert kept["prompt"].to_list() == ["write to [EMAIL_1]", "nothing"]
    assert [message["content"] for message in kept["messages"][0]] == [
        "I am [EMAIL_2], my friend is [EMAIL_1]",
        "Hello [EMAIL_2] and [EMAIL_1], not [EMAIL_3]",
    ]
    assert kept["messages"][1] is None
    assert kept.schema == rows.schema
    assert mask_rows(rows).notes == {"masked": {"email": 6}, "rows": 1}


def test_masking_twice_changes_nothing() -> None:
    rows = pl.DataFrame({"text": [text for texts in PRIVATE_TEXTS.values() for text in texts]})
    once = mask_rows(rows).kept
    assert mask_rows(once).kept.equals(once)
    assert not any(found(kind, once["text"].to_list()) != [None] * once.height for kind in PRIVATE)


def test_labels_do_not_tell_the_secret() -> None:
    key = PRIVATE_TEXTS["key"][0]
    shown = filter_rows(pl.DataFrame({"text": [key]}), ["secrets"], keep="clean").dropped
    assert key not in shown["reason"][0]
    assert shown["reason"][0].startswith("key: “sk-")


def test_the_body_of_a_key_is_masked_with_its_header_even_when_it_is_cut_off() -> None:
    body = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\nAAAAAAAAABAAAAMwAAAAtzc2gtZWQyNTUxOQAAACDJ6Xz9m2k7xJ8v"
    begin, end = (f"-----{word} OPENSSH PRIVATE KEY-----" for word in ("BEGIN", "END"))
    rows = pl.DataFrame({"text": [f"a {begin}\n{body}", f"a {begin}\n{body}\n{end} b", f"the header is {begin}"]})
    assert mask_rows(rows).kept["text"].to_list() == [
        "a [PRIVATE_KEY_1]",
        "a [PRIVATE_KEY_1] b",
        f"the header is {begin}",
    ]


def test_only_what_is_asked_for_is_masked() -> None:
    rows = pl.DataFrame({"text": ["anna@firma.de 4539 1488 0343 6467"], "other": ["anna@firma.de"]})
    assert mask_rows(rows, kinds="card").kept.row(0) == ("anna@firma.de [CARD_1]", "anna@firma.de")
    with pytest.raises(DataError, match="unknown kind 'emial' to mask; did you mean 'email'"):
        mask_rows(rows, kinds=["emial"])
    with pytest.raises(DataError, match="no column 'txt' to mask; did you mean 'text'"):
        mask_rows(rows, "txt")


def test_ten_megabytes_of_near_misses_are_read_in_linear_time() -> None:
    from time import process_time

    texts = [
        "a@" * 2_500_000,
        "1.1" * 1_700_000,
        "-----BEGIN PRIVATE KEY-----" * 180_000,
        "eyJ" * 1_700_000,
        "12-" * 1_700_000,
    ]
    started = process_time()
    mask_rows(pl.DataFrame({"text": texts}))
    assert process_time() - started < 60  # CPU-seconds for 25 MB under ten patterns
