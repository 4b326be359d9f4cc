"""Rows from a data set of the Hugging Face Hub, at one commit, through `datasets`.

A branch or a tag moves; a build is repeatable only from a commit. Code that a data set brings along is never run
(`datasets` 4 and later cannot). With a limit the rows are streamed: nothing but them is downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import DataError, did_you_mean
from curate.sources.files import rename
from curate.sources.loaded import Intake, Loaded

if TYPE_CHECKING:
    import polars as pl

_COMMIT = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
BATCH = 1_000


def read(
    name: str,
    *,
    revision: str | None,
    config: str | None = None,
    split: str = "train",
    limit: int | None = None,
    streaming: bool | None = None,
    columns: Mapping[str, str] | None = None,
) -> Loaded:
    """Read rows of the data set `name` (`ORG/NAME`), or of a local folder that has the form of one (`./folder`).

    revision: the commit, 40 hex digits; not for a folder. streaming: True when there is a limit, unless said.
    columns: new name -> name in the data set. `Loaded.provenance` holds `name revision config split license`.
    Raises DataError, with what to do, when it is not pinned, not there, gated, not reachable, or has no rows.
    """
    require_pinned(name, revision)
    local = is_folder(name)
    place = str(Path(name).expanduser()) if local else name
    if local and not Path(place).is_dir():
        raise DataError(f"{name} is no folder here; a data set of the Hub is named ORG/NAME")
    stream = limit is not None if streaming is None else streaming
    frame = _explained(name, revision, lambda: _rows(place, None if local else revision, config, split, limit, stream))
    if not frame.height and limit != 0:
        raise DataError(f"{name}, split '{split}' holds no rows")
    facts = {} if local else _card_facts(name, revision)
    provenance = {"name": name, "revision": revision, "config": config, "split": split, "license": None, **facts}
    return Loaded(rename(frame, columns or {}, name), Intake().finish().failed, provenance=provenance)


def is_folder(name: str) -> bool:
    """Whether a data set is a folder here (`./folder`) rather than on the Hub."""
    return name.startswith((".", "/", "~"))


def require_pinned(name: str, revision: str | None) -> None:
    """Raise DataError for a data set of the Hub without a commit, with the current one where the Hub can be asked."""
    if is_folder(name):
        return
    if not _NAME.fullmatch(name):
        raise DataError(f"'{name}' is no name of a data set; one is named ORG/NAME")
    if Path(name).exists():
        raise DataError(
            f"a folder '{name}' lies in the working directory and would be read in place of the Hub's data set; "
            f"write ./{name} if you mean it, or build from another directory"
        )
    if got := unpinned(name, revision):
        commit, silent = current(name, revision)
        line = f"{commit} (the current one)" if commit else f"<40 hex digits> (the Hub did not say which: {silent})"
        raise DataError(f"{name}: {got}. Pin the commit: revision: {line}")


def unpinned(name: str, revision: str | None) -> str:
    """Why a data set is not pinned to a commit; "" for one that is, and for a folder. Asks nobody.

    >>> unpinned("openai/gsm8k", "main")
    "revision 'main' is no commit, it can move"
    """
    if is_folder(name) or (revision is not None and _COMMIT.fullmatch(revision)):
        return ""
    return "no revision is given" if revision is None else f"revision '{revision}' is no commit, it can move"


def current(name: str, revision: str | None) -> tuple[str | None, str]:
    """The commit that a branch, or the main one, is at now; None and why, when the Hub does not say."""
    from huggingface_hub import HfApi

    try:
        return HfApi().dataset_info(name, revision=revision, timeout=10).sha, ""
    except Exception as error:  # noqa: BLE001  a hint in an error message: whatever fails, the message stands
        return None, _first_line(error)


def _rows(
    place: str, revision: str | None, config: str | None, split: str, limit: int | None, stream: bool
) -> pl.DataFrame:
    import datasets

    found = datasets.load_dataset(place, name=config, split=split, revision=revision, streaming=stream)
    if not stream:
        if limit is not None:
            found = found.take(limit)
        frame: pl.DataFrame = _undecoded(found).to_polars()
        return frame
    intake = Intake(limit)
    for batch in _undecoded(found).iter(batch_size=min(BATCH, limit or BATCH)):
        names = list(batch)
        intake.add([dict(zip(names, row, strict=True)) for row in zip(*batch.values(), strict=True)])
        if intake.full:
            break
    return intake.finish().frame


def _undecoded(found: Any) -> Any:
    """Images and sounds as the bytes they are stored as: no decoder is needed for what is only passed on."""
    return found.decode(False) if hasattr(found, "decode") else found.with_format("arrow").with_format(None)


def _explained(name: str, revision: str | None, read_rows: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """What `read_rows` gives; its errors in the user's words."""
    import datasets
    from huggingface_hub import errors as hub

    try:
        return read_rows()
    except hub.GatedRepoError as error:
        raise DataError(f"{name} is gated: accept its terms on its page, then `hf auth login`") from error
    except hub.RevisionNotFoundError as error:
        raise DataError(f"{name} has no commit {revision}") from error
    except (datasets.exceptions.DatasetNotFoundError, hub.RepositoryNotFoundError) as error:
        raise DataError(f"{name} is not on the Hub, or is private (`hf auth login`): {_first_line(error)}") from error
    except (hub.OfflineModeIsEnabled, hub.LocalEntryNotFoundError, ConnectionError) as error:
        raise DataError(
            f"{name} cannot be reached: {_first_line(error)}. Is there a network, and is HF_HUB_OFFLINE unset?"
        ) from error
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        raise DataError(f"{name}: {_first_line(error)}{_nearest(error)}") from error


def _nearest(error: Exception) -> str:
    """`datasets` names the splits and configs there are; this picks the one that was meant."""
    quoted = re.findall(r"['\"]([\w.-]{1,80})['\"]", str(error)[:2_000])
    return did_you_mean(quoted[0], quoted[1:]) if len(quoted) > 1 else ""


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def _card_facts(name: str, revision: str | None) -> dict[str, Any]:
    """The license on the card, when it can be had: rows may come from a cache, with no network."""
    from huggingface_hub import HfApi

    try:
        card = HfApi().dataset_info(name, revision=revision, timeout=10).card_data
    except Exception:  # noqa: BLE001  a fact for the card of the result; the rows are there already
        return {}
    license_ = card.get("license") if card is not None else None
    return {"license": ", ".join(license_) if isinstance(license_, list) else license_}
