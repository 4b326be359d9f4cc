"""The viewer over real HTTP: who is answered, what a hostile row becomes, what a preference leaves behind."""

from __future__ import annotations

import html
import http.client
import json
import re
import shutil
import threading
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polars as pl
import pytest

from curate.building import build
from curate.errors import DataError, UsageError
from curate.recipe import load_recipe
from curate.run import Run
from curate.schema import convert
from curate.viewer.command import serve
from curate.viewer.preferences import NAME, export, write_export
from curate.viewer.server import Viewer

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> \u202egnp {{ 7 * 7 }} </div>"
RECIPE = """\
name: small
license: mit
engines:
  teacher: {engine: fake, text: boxed}
steps:
  - step: load
    sources: [{file: rows.jsonl, license: mit}]
  - step: generate
    engine: teacher
    n: 4
  - {step: keep, where: completion_tokens > 100000}
"""


class Answer:
    def __init__(self, status: int, headers: http.client.HTTPMessage, text: str) -> None:
        self.status, self.headers, self.text = status, headers, text


def ask(viewer: Viewer, page: str, form: Any = None, token: str | None = None, **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", viewer.server_port, timeout=30)
    body = None if form is None else urlencode(form, doseq=True)
    headers = {name.title().replace("_", "-"): value for name, value in headers.items()}
    path = f"/{viewer.token if token is None else token}/{page}"
    connection.request("GET" if form is None else "POST", path, body, headers)
    came = connection.getresponse()
    answer = Answer(came.status, came.headers, came.read().decode())
    connection.close()
    return answer


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("viewed")
    rows = [{"prompt": f"{HOSTILE} What is {n} + {n}?", "answer": str(2 * n)} for n in range(30)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "small.yaml").write_text(RECIPE)
    return build(load_recipe(folder / "small.yaml"), folder / "run")


@pytest.fixture
def viewer(run: Run) -> Iterator[Viewer]:
    (run.folder / NAME).unlink(missing_ok=True)
    with Viewer(run, who="tester") as viewer:
        thread = threading.Thread(target=viewer.serve_forever)
        thread.start()
        yield viewer
        viewer.shutdown()
        thread.join()


def form_of(text: str) -> dict[str, Any]:
    """The hidden fields of the form for a preference."""
    part = text[text.index('class="prefer"') :]
    fields: dict[str, Any] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', part):
        fields.setdefault(name, []).append(value)
    return fields


def test_a_run_is_seen_while_it_is_built(run: Run, tmp_path: Path) -> None:
    under_way = tmp_path / "under way"
    shutil.copytree(run.folder / "steps", under_way / "steps", ignore=shutil.ignore_patterns("02-*"))
    with Viewer(Run(under_way), who="tester") as viewer:
        thread = threading.Thread(target=viewer.serve_forever)
        thread.start()
        try:
            early = ask(viewer, "rows")
            shutil.copytree(run.folder, under_way, dirs_exist_ok=True)
            late = ask(viewer, "rows")
        finally:
            viewer.shutdown()
            thread.join()
    assert (early.status, late.status) == (200, 200)
    assert "Not finished: 2 steps are done; `curate build` goes on" in html.unescape(early.text)
    assert ("01-generate" in early.text, "02-keep" in early.text) == (True, False)
    assert ("Not finished" in late.text, "02-keep" in late.text) == (False, True)
    (tmp_path / "begun" / "steps").mkdir(parents=True)
    with pytest.raises(DataError, match=r"no step of .*begun is done yet"):
        Viewer(Run(tmp_path / "begun"), who="tester")


def test_the_token_is_not_on_the_command_line_of_the_browser(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = list[str]()

    def open_(address: str) -> bool:
        page = Path(address.removeprefix("file://"))
        opened.extend((address, page.read_text(), oct(page.parent.stat().st_mode & 0o777)))
        raise KeyboardInterrupt

    monkeypatch.setattr(webbrowser, "open", open_)
    said = list[str]()
    with pytest.raises(KeyboardInterrupt):
        serve(run, port=0, who="tester", browser=True, say=said.append)
    address, page, mode = opened
    url = said[0].split("\n", maxsplit=1)[0]
    assert (url in page, mode) == (True, "0o700")
    assert url.split("/")[3] not in address


def test_only_who_has_the_token_and_the_right_host_and_origin_is_answered(viewer: Viewer) -> None:
    port = viewer.server_port
    assert ask(viewer, "rows").status == 200
    assert ask(viewer, "rows", host=f"localhost:{port}").status == 200
    assert ask(viewer, "rows", token="x" * len(viewer.token)).status == 403
    assert ask(viewer, "rows", token="").status == 403
    assert ask(viewer, "view.js", token="wrong").status == 403
    assert ask(viewer, "rows", host=f"evil.example:{port}").status == 421
    assert ask(viewer, "rows", host="127.0.0.1").status == 421
    assert ask(viewer, "prefer", {"better": "a"}, origin="http://evil.example").status == 403
    assert ask(viewer, "prefer", {"better": "a"}, origin="null").status == 403


def test_it_listens_on_this_machine_alone(viewer: Viewer) -> None:
    assert viewer.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("page", ["", "rows?table=01-generate", "rows?table=02-keep.dropped", "next?table=01-generate"])
def test_a_hostile_row_is_text_on_every_page(viewer: Viewer, page: str) -> None:
    answer = ask(viewer, page)
    assert answer.status == 200
    for live in ("<script>alert", "<img", "\u202e", "49 </div>"):
        assert live not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"<script(?! src=\"view.js\")| style=| on\w+=[\"']", answer.text)


def test_a_hostile_rule_a_table_that_is_a_path_and_a_strange_id_are_answered_as_text(viewer: Viewer) -> None:
    for name, value in (("rule", HOSTILE), ("table", "../../etc/passwd"), ("table", HOSTILE)):
        answer = ask(viewer, "rows?" + urlencode({name: value}))
        assert (answer.status, "<script>alert" in answer.text) == (400, False)
    answer = ask(viewer, "row?" + urlencode({"id": HOSTILE}))
    assert (answer.status, "<script>alert" in answer.text) == (400, False)
    assert ask(viewer, "../../../etc/passwd").status == 404
    assert ask(viewer, "rows?" + "&".join(f"x{n}=1" for n in range(100))).status == 400


def test_the_life_of_a_dropped_row_names_the_rule(viewer: Viewer, run: Run) -> None:
    row = run.dropped("02-keep")["id"][0]
    answer = ask(viewer, "row?" + urlencode({"id": row}))
    assert answer.status == 200
    assert '<p class="reason">completion_tokens &gt; 100000</p>' in answer.text
    assert "<script>alert" not in answer.text


def test_the_first_page_is_the_training_data(viewer: Viewer, run: Run) -> None:
    other = Path(shutil.copyfile(run.data_folder / "train.parquet", run.data_folder / "validation.parquet"))
    shown = ask(viewer, "").text
    other.unlink()
    assert "<h1>data/train</h1>" in shown


def test_pages_hold_every_row_once_in_order(viewer: Viewer, run: Run) -> None:
    seen: list[str] = []
    for start in range(0, 125, 25):
        text = ask(viewer, f"rows?table=01-generate&start={start}").text
        seen += re.findall(r'name="id" value="([^"]+)"', text)
    assert seen == run.kept("01-generate")["id"].to_list()
    last = ask(viewer, "rows?table=01-generate&start=99999").text
    assert "101-120 of 120" in last
    assert 'id="after"' not in last


def test_a_filter_gives_the_rows_of_the_rule_and_a_text_is_found_in_any_case(viewer: Viewer, run: Run) -> None:
    every = run.kept("01-generate")
    rule = ask(viewer, "rows?" + urlencode({"table": "01-generate", "rule": "sample == 2"})).text
    wanted = every.filter(pl.col("sample") == 2)["id"].to_list()
    assert re.findall(r'name="id" value="([^"]+)"', rule) == wanted[:25]
    assert "of 30<" in rule
    text = ask(viewer, "rows?" + urlencode({"table": "01-generate", "text": "WHAT IS 7 + 7?", "rule": ""})).text
    assert "1-4 of 4<" in text
    assert "1-25 of 120<" in ask(viewer, "rows?" + urlencode({"table": "01-generate", "rule": "1 == 1"})).text
    assert "No row fits" in ask(viewer, "rows?" + urlencode({"table": "01-generate", "text": ".*"})).text


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("complettion == 1", "did you mean &#39;completion&#39;?"),
        ("length(", "not a rule"),
        ("sample == 'two'", "does not fit the columns"),
        ("length(completion)", "a rule is true or false of a row"),
        ("__import__('os').system('id')", "is not a column"),
        ("matches(prompt, '(')", "not a regular expression"),
    ],
)
def test_a_wrong_rule_is_one_clear_message(viewer: Viewer, rule: str, message: str) -> None:
    answer = ask(viewer, "rows?" + urlencode({"table": "01-generate", "rule": rule}))
    assert answer.status == 400
    assert message in answer.text


def test_a_preference_is_written_once_however_often_its_form_comes(viewer: Viewer, run: Run) -> None:
    form = form_of(ask(viewer, "next?table=01-generate").text) | {"better": "b", "note": "shorter <b>"}
    for _ in range(2):
        assert ask(viewer, "prefer", form, origin=f"http://127.0.0.1:{viewer.server_port}").status == 303
    (line,) = (run.folder / NAME).read_text().splitlines()
    one = json.loads(line)
    assert (one["who"], one["better"], one["note"], [one["a"], one["b"]]) == ("tester", "b", "shorter <b>", form["id"])
    again = form_of(ask(viewer, "next?table=01-generate").text)
    assert set(again["id"]).isdisjoint(form["id"])


def test_preferences_become_pairs_that_load_and_train_dpo_read(viewer: Viewer, run: Run, tmp_path: Path) -> None:
    from trainers.data import read
    from trainers.methods import METHODS
    from trainers.settings import Data
    from trainers.shaping import choose, shape

    for better in ("a", "b", "tie", "both_bad"):
        form = form_of(ask(viewer, "next?table=01-generate").text)
        ask(viewer, "prefer", form | {"better": better})
    for name in ("pairs.jsonl", "pairs.parquet"):
        made = write_export(run, tmp_path / name)
        assert (made.pairs.height, made.left_out) == (2, {"tie": 1, "both bad": 1})
        frame = read(Data(path=str(tmp_path / name)), {})
        shaped, left = shape(frame, choose(frame, METHODS["dpo"]), chat=True, needs=(), where="pairs")
        assert (shaped.height, left) == (2, {})
    judged = [json.loads(line) for line in (run.folder / NAME).read_text().splitlines()]
    assert made.pairs["chosen_id"].to_list() == [judged[0]["a"], judged[1]["b"]]
    answers = dict(run.kept("01-generate").select("id", "completion").iter_rows())
    assert answers[judged[0]["a"]] in made.pairs["chosen"][0][0]["content"]
    assert answers[judged[0]["b"]] in made.pairs["rejected"][0][0]["content"]
    (tmp_path / "again.yaml").write_text(
        "name: again\nlicense: mit\nsteps:\n  - step: load\n    sources: [{file: pairs.parquet, license: mit}]\n"
    )
    loaded = build(load_recipe(tmp_path / "again.yaml"), tmp_path / "again").kept("00-load")
    assert convert(loaded, "preference").reasons.to_list() == [None, None]


def test_a_changed_mind_replaces_and_judges_who_disagree_make_no_pair(viewer: Viewer, run: Run) -> None:
    form = form_of(ask(viewer, "next?table=01-generate").text)
    a, b = form["id"]
    again = "compare?" + urlencode({"table": "01-generate", "id": [a, b]}, doseq=True)
    ask(viewer, "prefer", form | {"better": "a"})
    ask(viewer, "prefer", form_of(ask(viewer, again).text) | {"better": "b"})
    assert export(run).pairs["chosen_id"].to_list() == [b]
    viewer.who = "another"
    ask(viewer, "prefer", form_of(ask(viewer, again).text) | {"better": "a"})
    assert export(run).left_out == {"judges disagree": 1}


def test_a_preference_that_means_nothing_is_refused(viewer: Viewer, run: Run) -> None:
    form = form_of(ask(viewer, "next?table=01-generate").text)
    rows = run.kept("01-generate")["id"].to_list()
    assert ask(viewer, "prefer", form | {"better": "c"}).status == 400
    assert ask(viewer, "prefer", form | {"better": "a", "id": [rows[0], rows[-1]]}).status == 400
    assert ask(viewer, "prefer", form | {"better": "a", "id": [rows[0]]}).status == 400
    assert ask(viewer, "prefer", form | {"better": "a", "note": "x" * 70_000}).status == 400
    assert not (run.folder / NAME).exists() or not (run.folder / NAME).read_text()
    other = ask(viewer, "compare?" + urlencode({"table": "01-generate", "id": [rows[0], rows[-1]]}, doseq=True))
    assert "the rows answer different prompts" in other.text


def test_a_torn_line_costs_nothing_but_itself(viewer: Viewer, run: Run) -> None:
    other = {"key": "k", "who": "x", "a": "1", "b": "2", "prompt": [], "answer_a": [], "answer_b": []}
    lines = [json.dumps(other | wrong).encode() for wrong in ({"better": "c"}, {"better": "a", "a": [1]}, {})]
    (run.folder / NAME).write_bytes(b"\n".join([*lines, b"\xff", b"[1]", b'{"key": "to']))
    ask(viewer, "prefer", form_of(ask(viewer, "next?table=01-generate").text) | {"better": "a"})
    made = export(run)
    assert (made.pairs.height, made.left_out) == (1, {"lines that cannot be read": 6})


def test_looking_changes_nothing_in_the_run(viewer: Viewer, run: Run) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*") if path.is_file()}
    for page in ("", "rows?table=02-keep.dropped&text=7", "next?table=01-generate", "view.css", "style.css", "view.js"):
        assert ask(viewer, page).status == 200
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*") if path.is_file()} == before


def test_what_cannot_be_served_or_exported_is_said(viewer: Viewer, run: Run, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not the folder of a finished run"):
        Viewer(Run(tmp_path), who="x")
    with pytest.raises(UsageError, match="--port"):
        Viewer(run, port=viewer.server_port, who="x")
    with pytest.raises(DataError, match="no pair to export"):
        write_export(run, tmp_path / "pairs.jsonl")
    with pytest.raises(UsageError, match=r"\.jsonl or \.parquet"):
        write_export(run, tmp_path / "pairs.csv")
