"""A run pushed to the Hub: its data, card, recipe, lock, ledger and report, in one commit.

What leaves the machine is the list of `FILES` and the parquet files of `data/`, nothing else: no responses, no logs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import DataError, StepFailed, UsageError
from curate.report import card
from curate.report.about import about
from curate.report.card_merge import header_of, merge
from curate.report.figures import size
from curate.report.hub_errors import explained
from curate.report.hub_remote import CARD, Remote, read_remote, replaced
from curate.report.licences import UNKNOWN, spelling, stricter
from curate.report.usage import is_local
from curate.run import Run
from curate.text.shown import one_line, visible

if TYPE_CHECKING:
    from huggingface_hub import HfApi

FILES = ("recipe.yaml", "recipe.lock.json", "ledger.jsonl", "report.html")


@dataclass(frozen=True, slots=True)
class Sent:
    """A file and its size in bytes."""

    path: str
    size: int


@dataclass(frozen=True)
class Pushed:
    """What was pushed, or would be. commit: None in a dry run.

    created: whether the repository is new. deleted: data files of an earlier push that this one replaces.
    card_diff: unified, "" when the card stays as it is. warnings: what to look at before others do.
    """

    repo_id: str
    url: str
    commit: str | None
    created: bool
    files: tuple[Sent, ...]
    deleted: tuple[str, ...]
    card_diff: str
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    def __str__(self) -> str:
        done = self.commit is not None
        what = "made anew" if self.created else "updated"
        lines = [f"{'pushed to' if done else 'would push to'} {self.url} ({what})"]
        lines += [f"  {size(sent.size):>8}  {sent.path}" for sent in self.files]
        lines += [f"   deleted  {path}" for path in self.deleted]
        lines += [f"look at: {warning}" for warning in self.warnings]
        if not done:
            lines += ["", self.card_diff or f"{CARD} stays as it is", "nothing was sent (dry run)"]
        return "\n".join(lines)


def push(
    run: Run,
    repo_id: str,
    *,
    private: bool = False,
    dry_run: bool = False,
    revision: str | None = None,
    token: str | None = None,
    message: str | None = None,
) -> Pushed:
    """Push a finished run as a data set.

    private: makes a new repository private; one that is there stays as it is. dry_run: says what would be sent, reads
    the card that is there (or says that it could not), sends nothing. revision: a branch, made when it is not there.
    token: the one that `hf auth login` stored or HF_TOKEN unless given; it never shows up in a message.
    The endpoint is huggingface_hub's (HF_ENDPOINT). Raises UsageError for a bad name or a missing token, DataError for
    a run without data or a card that cannot be merged, StepFailed when the Hub refuses or cannot be reached.
    """
    from huggingface_hub import HfApi, get_token

    _check_name(repo_id)
    files = _files(run)
    known = token or get_token()
    if known is None and not dry_run:
        raise UsageError("no token for the Hub: run `hf auth login`, or set HF_TOKEN to one that may write")
    api = HfApi(token=known)
    unseen: list[str] = []
    try:
        with explained(repo_id, known, api.endpoint):
            there = read_remote(api, repo_id, revision)
    except StepFailed as refused:
        if not dry_run:
            raise
        there = Remote(None, frozenset(), "", repo_there=False)
        unseen = [f"what is there could not be read, so this is shown as if nothing were: {refused}"]
    text = _card(run, repo_id, there)
    deleted = replaced(there, set(files), text)
    sent = (Sent(CARD, len(text.encode())), *(Sent(path, local.stat().st_size) for path, local in files.items()))
    planned = Pushed(
        repo_id=repo_id, url=f"{api.endpoint}/datasets/{repo_id}", commit=None, created=not there.repo_there,
        files=sent, deleted=tuple(deleted), card_diff=_diff(there.card, text),
        warnings=(*unseen, *_warnings(run, there.card)),
    )  # fmt: skip
    if dry_run:
        return planned
    with explained(repo_id, known, api.endpoint):
        commit = _commit(api, planned, text, files, there, private=private, revision=revision, message=message)
    return replace(planned, commit=commit)


def _check_name(repo_id: str) -> None:
    if repo_id.count("/") != 1:
        raise UsageError(f"'{repo_id}' is no data set of the Hub, which has one owner and one name; write ORG/NAME")
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined] # documented, not re-exported

    try:
        validate_repo_id(repo_id)
    except HFValidationError as bad:
        raise UsageError(f"'{repo_id}' cannot be a repository: {one_line(str(bad), 300)}") from None


def _files(run: Run) -> dict[str, Path]:
    """What is sent beside the card, by its path in the repository."""
    about(run)  # a folder without a lock is no run
    data = {f"data/{path.name}": path for path in sorted(run.data_folder.glob("*.parquet"))}
    if not data:
        raise DataError(f"{run.folder}: the run has no final rows to push; `curate build` completes it")
    return {**data, **{name: run.folder / name for name in FILES if (run.folder / name).is_file()}}


def _card(run: Run, repo_id: str, there: Remote) -> str:
    """The run's card laid into the one on the Hub, or into the one in the folder, which may have been edited."""
    new = card.render(run, repo_id)
    local = run.card_path.read_text(encoding="utf-8") if run.card_path.is_file() else ""
    return merge(there.card or local, new)


def _diff(old: str, new: str) -> str:
    lines = unified_diff(
        old.splitlines(), new.splitlines(), f"{CARD} on the Hub", f"{CARD} after the push", lineterm=""
    )
    return "\n".join(visible(line[:400]) for line in lines)


def _warnings(run: Run, old_card: str) -> Iterator[str]:
    said = about(run)
    ours = card.licence_of(said)
    theirs = header_of(old_card).get("license") if old_card else None
    if ours == UNKNOWN:
        yield "the licence is unknown: give license: in the recipe, or for each source"
    elif isinstance(theirs, str) and stricter(ours, theirs):
        yield f"the card on the Hub says {spelling(theirs)}, the run {ours}, which is stricter; the card stays as it is"
    places = [source.where for source in said.sources]
    places += [value for model in said.models for name, value in model.settings if name != "url"]
    local = [place for place in places if is_local(place)]
    if local:
        yield f"the recipe names places of this machine, which become public: {', '.join(local[:5])}"


def _commit(
    api: HfApi,
    planned: Pushed,
    text: str,
    files: dict[str, Path],
    there: Remote,
    *,
    private: bool,
    revision: str | None,
    message: str | None,
) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    repo_id = planned.repo_id
    if planned.created:
        api.create_repo(repo_id, repo_type="dataset", private=private or None, exist_ok=True)
    if revision is not None and there.commit is None:
        api.create_branch(repo_id, branch=revision, repo_type="dataset", exist_ok=True)
    added = [CommitOperationAdd(path, str(local)) for path, local in files.items()]
    gone = [CommitOperationDelete(path) for path in planned.deleted]
    done = api.create_commit(
        repo_id,
        [CommitOperationAdd(CARD, text.encode()), *added, *gone],
        commit_message=message or f"{_name(text)} by curate",
        repo_type="dataset",
        revision=revision,
        parent_commit=there.commit,  # refused when someone edited the card since we read it
    )
    return str(done.oid)


def _name(text: str) -> str:
    """The name a card gives its data."""
    return one_line(str(header_of(text).get("pretty_name") or "data"), 80)
