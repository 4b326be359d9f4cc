"""The command line as a user meets it: exit codes, where output goes, machine-readable answers."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from curate.cli import main

RECIPE = """\
name: small
license: mit
engines:
  teacher: {engine: fake, text: boxed, latency_s: 0.0}
steps:
  - step: load
    sources: [{procedural: arithmetic, rows: 6}]
  - step: generate
    engine: teacher
    n: 2
  - step: grade
    rewards: [verifier]
  - step: keep
    where: score.verifier is not None
"""


def curate(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"NO_COLOR": "1", "COLUMNS": "200"} | environment
    return subprocess.run(
        [sys.executable, "-m", "curate.cli", *words], cwd=cwd, env=env, capture_output=True, text=True, timeout=120
    )


def inside(*words: str, cwd: Path) -> tuple[int, str]:
    """The exit code and all the text of a command that is run in this process, which is ten times faster."""
    told = io.StringIO()
    argv, sys.argv = sys.argv, ["curate", *words]
    try:
        with contextlib.chdir(cwd), contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            main()
    except SystemExit as end:
        return int(end.code or 0), told.getvalue()
    finally:
        sys.argv = argv


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(RECIPE)
    return tmp_path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe and a finished run of it."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "small.yaml").write_text(RECIPE)
    assert curate("build", "small.yaml", "--out", "run", cwd=folder).returncode == 0
    return folder


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["biuld"], 2, "No such command 'biuld'"),
        (["build", "small.yaml", "--limit", "0"], 2, "--limit"),
        (["build", "small.yaml", "--profile", "gpo"], 2, "no profile 'gpo'"),
        (["build", "small.yaml", "--until", "grad"], 2, "did you mean 'grade'"),
        (["build", "smal.yaml"], 3, "did you mean 'small.yaml'"),
        (["build", "small.yaml", "--set", "steps.keep.where=scor.verifier == 1"], 3, "did you mean 'score.verifier'"),
        (["build", "small.yaml", "--set", "engines.teacher.error_rate=1"], 4, "all 12 requests failed"),
        (["build", "small.yaml", "--out", "small.yaml"], 2, "small.yaml cannot hold a run"),
        (["build", "small.yaml", "--out", "/proc/curate"], 2, "/proc/curate cannot hold a run"),
        (
            ["build", "small.yaml", "--set", "steps.load.sources=[{file: " + "x" * 300 + "}]"],
            3,
            "xxx: File name too long",
        ),
        (["show", "nowhere"], 3, "nowhere is not the folder of a finished run: there is no such folder"),
        (["why", "nowhere", "x"], 3, "nowhere"),
    ],
)
def test_a_failure_has_its_exit_code_and_one_clear_message(
    folder: Path, words: list[str], code: int, message: str
) -> None:
    done = curate(*words, cwd=folder)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert message in done.stderr
    assert not done.stdout


def test_what_rows_servers_and_recipes_wrote_moves_no_cursor(folder: Path) -> None:
    """Escape codes of a terminal, and characters that turn the direction of a line (CVE-2021-42574)."""
    evil = "\x1b[31m\x1b]0;pwned\x07 \x9b2J \u202eback"
    (folder / "rows.jsonl").write_text("".join(json.dumps({"prompt": f"{n} {evil}"}) + "\n" for n in range(3)))
    source = RECIPE.replace("procedural: arithmetic, rows: 6", "file: rows.jsonl").replace("boxed", "echo")
    ungraded = source[: source.index("  - step: grade")]
    (folder / "evil.yaml").write_text(ungraded + "  - {step: keep, where: 'prompt == \"\"'}\n")
    outputs = [curate("build", "evil.yaml", "--out", "run", cwd=folder)]
    row = pl.read_parquet(folder / "run" / "steps" / "00-load.parquet")["id"][0]
    asked = (
        ["show", "run", "--step", "generate"],
        ["show", "run", "--step", "generate", "--json"],
        ["why", "run", row],
        ["plan", "evil.yaml", "--set", f"steps.generate.{evil}=1"],
        ["build", f"{evil}.yaml"],
    )
    outputs += [curate(*words, cwd=folder) for words in asked]
    for done in outputs:
        assert "Traceback" not in done.stderr
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", done.stdout + done.stderr)
    assert evil in json.loads(outputs[2].stdout)["rows"][0]["prompt"]


@pytest.mark.parametrize(
    "damaged", ["recipe.lock.json", "ledger.jsonl", "data/train.parquet", "steps/01-generate.json"]
)
@pytest.mark.parametrize("bytes_", [b"", b"\xff{", b"{", b"[1]"])
def test_a_damaged_file_of_a_run_is_one_clear_error_and_a_build_mends_it(
    built: Path, tmp_path: Path, damaged: str, bytes_: bytes
) -> None:
    folder = tmp_path / "folder"
    shutil.copytree(built, folder)
    (folder / "run" / damaged).write_bytes(bytes_)
    reading = (["show", "run"], ["card", "run"], ["report", "run"], ["profile", "run", "-t", "house"])
    for words in reading:
        status, told = inside(*words, cwd=folder)
        assert status in (0, 3), told
    for words in (["build", "small.yaml", "--out", "run"], *reading):
        status, told = inside(*words, cwd=folder)
        assert status == 0, told


def test_without_the_extra_train_a_build_says_what_to_install(folder: Path) -> None:
    (folder / "light").mkdir()
    hide = "import sys\nsys.modules['torch'] = sys.modules['transformers'] = None\n"
    (folder / "light" / "sitecustomize.py").write_text(hide)
    house = ["small.yaml", "--set", "engines.teacher={engine: transformers, model: house}"]
    light = {"PYTHONPATH": str(folder / "light")}
    assert curate("plan", *house, cwd=folder, **light).returncode == 0
    done = curate("build", *house, cwd=folder, **light)
    assert (done.returncode, "Traceback" in done.stderr) == (4, False), done.stderr
    assert "pip install 'curate-posttrain[train]'" in done.stderr
    assert "failed" not in done.stderr  # the engine's error, not each row's


def test_tables_go_to_stdout_and_progress_to_stderr(folder: Path) -> None:
    done = curate("build", "small.yaml", cwd=folder)
    assert done.returncode == 0
    assert done.stdout.startswith("data:   runs/small/data")
    assert "01-generate: 12 rows" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["build", "small.yaml", "--out", "run"],
        ["plan", "small.yaml"],
        ["show", "run"],
        ["schema"],
        ["doctor"],
        ["rewards", "list"],
    ],
    ids=lambda words: words[0],
)
def test_every_reading_command_speaks_json(built: Path, words: list[str]) -> None:
    done = curate(*words, *([] if words == ["schema"] else ["--json"]), cwd=built)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


def test_show_has_no_answer_for_two_tables_at_once(built: Path) -> None:
    code, told = inside("show", "run", "--dropped", "--failed", cwd=built)
    assert (code, "give one of them" in told) == (2, True)


def test_show_prints_the_funnel_and_rows_by_reason(built: Path) -> None:
    shown = curate("show", "run", "--rows", "1", cwd=built).stdout
    assert re.search(r"01-generate +6 +6 +12 +0 +0", shown)
    kept = json.loads(curate("show", "run", "--step", "grade", "--rows", "2", "--json", cwd=built).stdout)
    assert (kept["count"], len(kept["rows"])) == (12, 2)


def test_why_tells_the_life_of_a_row_and_of_its_children(built: Path) -> None:
    row = json.loads(curate("show", "run", "--step", "load", "--rows", "1", "--json", cwd=built).stdout)["rows"][0][
        "id"
    ]
    told = curate("why", "run", row, cwd=built)
    assert told.returncode == 0, told.stderr
    assert f"{row}/0" in told.stdout
    child = curate("why", "run", f"{row}/1", cwd=built).stdout
    assert "verifier" in child
    wrong = curate("why", "run", "arithmetik", cwd=built)
    assert wrong.returncode == 3


def test_why_tells_what_was_asked_where_a_template_made_it(folder: Path) -> None:
    template = "steps.generate.prompt=Be brief. {{ prompt }}"
    assert curate("build", "small.yaml", "--set", template, "--set", "steps.generate.n=1", cwd=folder).returncode == 0
    row = json.loads(curate("show", "runs/small", "--rows", "1", "--json", cwd=folder).stdout)["rows"][0]
    assert f"asked[user]: Be brief. {row['prompt']}" in curate("why", "runs/small", row["id"], cwd=folder).stdout


def test_init_writes_a_recipe_that_plans(tmp_path: Path) -> None:
    assert curate("init", "mine", cwd=tmp_path).returncode == 0
    assert curate("plan", "mine.yaml", cwd=tmp_path).returncode == 0
    assert curate("init", "../mine", cwd=tmp_path).returncode == 2


def test_an_interrupt_is_130_and_the_same_command_goes_on(folder: Path) -> None:
    slow = [
        sys.executable,
        "-m",
        "curate.cli",
        "build",
        "small.yaml",
        "--out",
        "run",
        "--set",
        "engines.teacher.latency_s=30",
    ]
    process = subprocess.Popen(slow, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    deadline = time.monotonic() + 60
    while not (folder / "run" / "steps" / "00-load.json").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "goes on from there" in told
    assert curate("build", "small.yaml", "--out", "run", cwd=folder).returncode == 0


def test_a_reader_that_closes_early_is_no_error(built: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m curate.cli schema | head -c 10", shell=True, cwd=built, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr


def test_an_output_without_letters_for_a_row_gets_them_as_escapes(folder: Path) -> None:
    (folder / "rows.jsonl").write_text(
        '{"prompt": "\u03c0 \u2248 3 \u6570", "completion": "\u00e9"}\n', encoding="utf-8"
    )
    for encoding, told in (("latin-1", "\\u03c0 \\u2248 3 \\u6570"), ("utf-8", "\u03c0 \u2248 3 \u6570")):
        done = subprocess.run(
            [sys.executable, "-m", "curate.cli", "show", "rows.jsonl"],
            cwd=folder, capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert told in done.stdout.decode(encoding)


def test_the_list_of_verbs_is_not_cut_off_and_the_version_is_told(folder: Path) -> None:
    code, told = inside("--help", cwd=folder)
    ours = (
        "init",
        "plan",
        "build",
        "show",
        "why",
        "diff",
        "view",
        "report",
        "card",
        "push",
        "profile",
        "schema",
        "doctor",
    )
    lines = {line.split()[0]: line for line in told.partition("Commands:")[2].splitlines() if line.strip()}
    assert code == 0
    assert [name for name in ours if lines[name].endswith("...")] == []
    assert inside("--version", cwd=folder)[1].startswith("curate 0.")


def test_a_run_of_that_name_elsewhere_is_what_was_meant(built: Path, folder: Path) -> None:
    for name in ("first", "second"):
        shutil.copytree(built / "run", folder / "runs" / name)
    for words in (
        ["show", "second"],
        ["why", "second", "x"],
        ["card", "runs/secnd"],
        ["diff", "./second", "runs/first"],
    ):
        code, told = inside(*words, cwd=folder)
        assert (code, "did you mean 'runs/second'?" in told) == (3, True), told


def test_a_full_disk_behind_the_output_is_one_line(built: Path) -> None:
    command = f"{sys.executable} -m curate.cli schema > /dev/full"
    done = subprocess.run(command, shell=True, cwd=built, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (3, "error: the output: No space left on device\n")


def test_a_build_that_ends_with_failed_rows_says_so_last(folder: Path) -> None:
    done = curate("build", "small.yaml", "--out", "run", "--set", "engines.teacher.error_rate=0.4", cwd=folder)
    failed = json.loads((folder / "run" / "ledger.jsonl").read_text().splitlines()[1])
    assert failed["failed"] > 0
    assert done.stderr.splitlines()[-1].startswith(f"rows that failed: {failed['failed']} in 01-generate")
    assert "curate show run --failed" in done.stderr
    assert "rows that failed" not in curate("build", "small.yaml", "--out", "whole", cwd=folder).stderr


def test_init_takes_the_name_of_the_file_too(tmp_path: Path) -> None:
    for name in ("mine", "yours.yaml", "his.yml"):
        assert inside("init", name, cwd=tmp_path)[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["his.yaml", "mine.yaml", "yours.yaml"]


def test_flags_that_were_not_raised_are_one_line(folder: Path) -> None:
    """A filter writes some twenty flags; the one that was raised is what a reader looks for."""
    rows = [{"prompt": "Write a poem.", "completion": "I'm sorry, but I can't help with that."}]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "filtered.yaml").write_text(
        "name: filtered\nlicense: mit\nsteps:\n  - {step: load, sources: [rows.jsonl]}\n  - {step: filter}\n"
    )
    assert inside("build", "filtered.yaml", "--out", "run", cwd=folder)[0] == 0
    shown = inside("show", "run", cwd=folder)[1].splitlines()
    told = inside("why", "run", "rows", cwd=folder)[1].splitlines()
    for lines in (shown, told):
        flags = [line.strip() for line in lines if "flag" in line and "why.flags" not in line and "score" not in line]
        assert flags[0] == "flag.refusal: True"
        assert [line.partition(":")[0] for line in flags] == ["flag.refusal", "not flagged"]


def test_show_takes_files_of_rows_too(built: Path, folder: Path) -> None:
    """What TRL logs of a training is a folder of parquet; people look at it as at a run."""
    (folder / "completions").mkdir()
    for number in range(2):
        made = pl.DataFrame({"step": [number] * 3, "completion": ["a", "b\u202e", "c"], "math": [1.0, 0.0, None]})
        made.write_parquet(folder / "completions" / f"completions_{number:05}.parquet")
    (folder / "one.jsonl").write_text('{"id": "mine", "prompt": "a"}\n{"id": "torn"')
    code, told = inside("show", "completions", "--rows", "2", cwd=folder)
    assert (code, told.splitlines()[0]) == (0, "6 rows: step, completion, math")
    assert "2 of 6 rows" in told
    assert "b<U+202E>" in told
    code, told = inside("show", "one.jsonl", cwd=folder)
    assert told.splitlines()[0] == "1 row, 1 that cannot be read: id, prompt"
    assert "  id: mine" in told
    parquet = built / "run" / "data" / "train.parquet"
    code, told = inside("show", str(parquet), "--rows", "1", "--json", cwd=folder)
    assert json.loads(told)["count"] == pl.read_parquet(parquet).height
    assert inside("show", "one.jsonl", "--dropped", cwd=folder)[0] == 2
    assert inside("show", ".", cwd=built)[0] == 3  # a folder of runs and recipes is neither


def test_diff_takes_folders_of_rows_and_names_a_file_that_is_missing(folder: Path) -> None:
    for name, ids in (("old", [1, 2]), ("new", [1, 3])):
        (folder / name).mkdir()
        pl.DataFrame({"id": ids}).write_parquet(folder / name / "rows.parquet")
    code, told = inside("diff", "old", "new", cwd=folder)
    assert (code, "the same: 1" in told, "only in the new: 1" in told) == (1, True, True), told
    code, told = inside("diff", "old/row.parquet", "neither.parquet", cwd=folder)
    assert code == 3
    assert "did you mean 'rows.parquet'?" in told


def test_a_place_that_is_no_file_or_holds_runs_is_refused(built: Path) -> None:
    for place in ("", ".", "run"):
        code, told = inside("view", "run", "--export", place, cwd=built)
        assert (code, "is a directory" in told) == (2, True), told
    code, told = inside("show", "run/data/trian.parquet", cwd=built)
    assert (code, "did you mean 'train.parquet'?" in told) == (3, True), told
    code, told = inside("profile", ".", "--tokenizer", "house", cwd=built)
    assert (code, "holds runs" in told, "run" in told) == (3, True, True), told
