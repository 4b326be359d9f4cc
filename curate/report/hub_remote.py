"""What lies on the Hub under the name of a data set, and which of its files a push replaces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from curate.errors import DataError
from curate.report.card_merge import DEFAULT, header_of

if TYPE_CHECKING:
    from huggingface_hub import HfApi

CARD = "README.md"


@dataclass(frozen=True, slots=True)
class Remote:
    """What lies on the Hub. commit: None for a repository (or branch) that is not there yet."""

    commit: str | None
    paths: frozenset[str]
    card: str
    repo_there: bool


def read_remote(api: HfApi, repo_id: str, revision: str | None) -> Remote:
    """What a repository, or a branch of it, holds now."""
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    try:
        info = api.dataset_info(repo_id, revision=revision)
    except RepositoryNotFoundError:
        return Remote(None, frozenset(), "", repo_there=False)
    except RevisionNotFoundError:
        main = read_remote(api, repo_id, None)  # a new branch begins as a copy of main
        return Remote(None, main.paths, main.card, repo_there=True)
    paths = frozenset(file.rfilename for file in info.siblings or ())
    return Remote(info.sha, paths, _read_card(api, repo_id, info.sha) if CARD in paths else "", repo_there=True)


def _read_card(api: HfApi, repo_id: str, commit: str | None) -> str:
    """The card at a commit; not through the cache, which answers for a Hub that does not."""
    with TemporaryDirectory() as folder:
        path = api.hf_hub_download(repo_id, CARD, repo_type="dataset", revision=commit, local_dir=folder)
        try:
            return Path(path).read_bytes().decode()
        except UnicodeDecodeError as bad:
            raise DataError(f"the card of {repo_id} is not UTF-8 (byte {bad.start}); mend it there") from None


def replaced(there: Remote, ours: set[str], text: str) -> list[str]:
    """Parquet files in the remote `data/` that no config of the new card needs any more."""
    needed = list(_patterns(header_of(text).get("configs")))
    old = [path for path in there.paths if path.startswith("data/") and path.endswith(".parquet") and path not in ours]
    return sorted(path for path in old if not any(fnmatch(path, pattern) for pattern in needed))


def _patterns(configs: Any) -> Iterator[str]:
    """The data files of the configs that are not ours."""
    for config in configs if isinstance(configs, list) else ():
        if isinstance(config, dict) and config.get("config_name", DEFAULT) != DEFAULT:
            yield from _paths(config.get("data_files"))


def _paths(files: Any) -> Iterator[str]:
    if isinstance(files, str):
        yield files
    elif isinstance(files, list):
        for entry in files:
            yield from _paths(entry)
    elif isinstance(files, dict):
        for entry in [files["path"]] if "path" in files else files.values():
            yield from _paths(entry)
