"""Every way in which the Hub can fail, as one error that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from curate.errors import CurateError, StepFailed
from curate.text.shown import one_line


@contextmanager
def explained(repo_id: str, token: str | None, endpoint: str) -> Iterator[None]:
    """Every way the Hub can fail, as one error of ours; the token is struck out of whatever it says."""
    from huggingface_hub import errors

    # The first base is the HTTPError of the client's own HTTP library, whose name depends on its version.
    network: tuple[type[BaseException], ...] = (*errors.HfHubHTTPError.__bases__, OSError)
    try:
        yield
    except CurateError:
        raise
    except errors.HfHubHTTPError as refused:
        raise StepFailed(_status(refused.response.status_code, _said(refused, token), repo_id)) from None
    except errors.OfflineModeIsEnabled:
        raise StepFailed("HF_HUB_OFFLINE is set: the Hub is not asked anything; unset it to push") from None
    except network as broken:
        raise StepFailed(
            f"{endpoint} cannot be reached: {_clean(str(broken) or type(broken).__name__, token)}"
        ) from None
    except (ValueError, KeyError, TypeError) as broken:
        raise StepFailed(
            f"{endpoint} does not answer like a Hub: {_clean(str(broken), token)}; is HF_ENDPOINT right?"
        ) from None


def _said(refused: Any, token: str | None) -> str:
    return _clean(str(refused.server_message or refused).strip() or "no reason given", token)


def _clean(text: str, token: str | None) -> str:
    return one_line(text.replace(token, "***") if token else text, 300)


def _status(status: int, said: str, repo_id: str) -> str:
    """What a refusal means, and what to do."""
    owner = repo_id.partition("/")[0]
    meaning = {
        400: f"the Hub does not take this push to {repo_id}: {said}",
        401: f"the Hub does not accept the token for {repo_id}: {said}. Log in anew with `hf auth login`",
        403: f"the token may not write to {repo_id}: {said}. It needs write access to {owner}",
        404: f"the Hub finds no {repo_id}, or does not show it to this token: {said}",
        409: f"the Hub is in conflict over {repo_id}: {said}. Push again in a moment",
        412: f"{repo_id} changed while this was pushed; nothing was overwritten. Push again",
        413: f"the Hub finds a file of {repo_id} too large: {said}",
        429: f"the Hub asks to wait: {said}. Push again later",
    }
    default = f"the Hub failed with status {status}: {said}. Push again later"
    return meaning.get(status, default)
