"""A model that is to be pushed is trained and kept first, whatever the Hub does."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from huggingface_hub import constants

from curate.errors import RecipeError, StepFailed
from trainers import train

Make = Callable[..., dict[str, Any]]
SERVER = Path(__file__).parent.parent / "servers" / "hub.py"
PUSH = {"push_to_hub": True, "hub_private_repo": True}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a stand-in Hub, which the client asks."""
    server = subprocess.Popen([sys.executable, str(SERVER)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        client_of(monkeypatch, address)
        yield address
    finally:
        server.kill()
        server.communicate()


def client_of(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "writer")


def test_without_the_hub_a_training_is_whole_and_says_how_to_push_later(
    settings: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_of(monkeypatch, "http://127.0.0.1:9")
    made = settings("sft", PUSH)
    with pytest.raises(StepFailed) as refused:
        train(made)
    assert "is trained and kept, but not pushed: http://127.0.0.1:9 cannot be reached" in str(refused.value)
    assert f"hf upload sft {made['out']}/model" in str(refused.value)
    folder = Path(made["out"])
    assert json.loads((folder / "metrics.json").read_text())["steps"] == 2
    assert (folder / "model" / "model.safetensors").is_file()


def test_the_same_command_with_resume_pushes_what_could_not_be_pushed(
    settings: Make, monkeypatch: pytest.MonkeyPatch, hub: str
) -> None:
    made, said = settings("sft", PUSH), []
    with monkeypatch.context() as away:
        client_of(away, "http://127.0.0.1:9")
        with pytest.raises(StepFailed):
            train(made)
    trained = train(made, resume=True, print_line=said.append)
    with urlopen(f"{hub}/_state") as answer:
        repos = json.load(answer)["repos"]
    assert repos["me/sft"]["private"]
    files = repos["me/sft"]["branches"]["main"]
    assert set(files) - {".gitattributes"} == {file.name for file in Path(trained.model).iterdir()}
    assert files["chat_template.jinja"] == (Path(trained.model) / "chat_template.jinja").read_text()
    assert said[-1].startswith(f"pushed: {hub}/me/sft")


def test_a_token_in_the_config_is_refused_since_configs_are_copied_into_files(settings: Make) -> None:
    made = settings("sft", {**PUSH, "hub_token": "hf_secret"})
    with pytest.raises(RecipeError, match="set HF_TOKEN") as refused:
        train(made)
    assert "hf_secret" not in str(refused.value)
    assert not Path(made["out"]).exists()
