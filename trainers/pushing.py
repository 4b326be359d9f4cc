"""`trl: {push_to_hub: true}`: the model that came out, on the Hub, in one commit when the training is whole.

transformers makes the repository before the first step and ends the training when the Hub cannot be reached; what it
then pushes is the folder of checkpoints. Here nothing is asked of the Hub until the model lies in its folder, and what
the Hub refuses costs nothing but the push.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from curate.errors import StepFailed
from trainers.folder import Trained
from trainers.processes import is_main

if TYPE_CHECKING:
    from trainers.settings import TrainConfig

Say = Callable[[str], None]


def local(trl: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments for the trainer, which is not to push."""
    return {name: value for name, value in trl.items() if name != "push_to_hub"}


def warn(config: TrainConfig, say: Say) -> None:
    """Say before the first step that a push will want a token."""
    from huggingface_hub import get_token

    if config.trl.get("push_to_hub") and get_token() is None:
        say("warning: no token for the Hub, which a push needs: run `hf auth login`, or set HF_TOKEN")


def push(trained: Trained, config: TrainConfig, say: Say) -> None:
    """Push the model of a finished training, if its config asks for that; a model that is there already is no commit.

    `hub_model_id`, the name of the training's folder unless given; `hub_private_repo`; `hub_revision`, a branch.
    Raises StepFailed when the Hub refuses or cannot be reached, with how to push later.
    """
    if not config.trl.get("push_to_hub") or not is_main():
        return
    from huggingface_hub import HfApi, get_token

    from curate.report.hub_errors import explained

    asked, branch = str(config.trl.get("hub_model_id") or trained.folder.name), config.trl.get("hub_revision")
    token, api = get_token(), HfApi()
    try:
        with explained(asked, token, api.endpoint):
            named = api.create_repo(asked, private=config.trl.get("hub_private_repo"), exist_ok=True).repo_id
            if branch is not None:
                api.create_branch(named, branch=branch, exist_ok=True)
            done = api.upload_folder(
                repo_id=named, folder_path=trained.model, revision=branch, commit_message=f"{config.method} by curate"
            )
    except StepFailed as refused:
        later = f"hf upload {asked} {trained.model}" + (f" --revision {branch}" if branch is not None else "")
        raise StepFailed(
            f"{trained.folder} is trained and kept, but not pushed: {str(refused).rstrip('.')}. To push it later, the "
            f"same command with --resume, or: {later}"
        ) from refused
    say(f"pushed: {api.endpoint}/{named} ({done.oid[:12]})")
