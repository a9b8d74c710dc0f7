"""What an object store refuses, in one sentence."""

from __future__ import annotations

import importlib.util
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar

from srcli.errors import (
    AlreadyExists,
    MissingExtra,
    MissingImage,
    NoCredentials,
    SrcliError,
    UnknownBucket,
    UnreadableImage,
    UnwritableImage,
)
from srcli.files.objects.address import ObjectPath

T = TypeVar("T")
Purpose = Literal["read", "listed", "written"]

TRIES = 6
"""Times that a request is made which fails for a passing reason; each is repeated inside, too."""
FIRST_PAUSE = 0.1
"""Seconds before the second try; each further pause is twice as long, less a random part."""
_REFUSED = re.compile(r"status code: 4(?!08|09|29)\d\d")
"""What the store says to a request that it would refuse again."""
_NO_CREDENTIALS = re.compile(
    r"169\.254\.169\.254|/latest/|computeMetadata|[Tt]oken request|service account file"
    r"|Invalid Access Key|Missing(?:Account|AccessKey|SecretAccess|AuthenticationToken)"
)
"""What is said where a machine in a cloud would be asked who it is, and of keys that are none."""
_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|specified (?:bucket|container) does not")
_DENIED = re.compile(r"status code: 40[13]")
_SETTINGS = {
    "s3": "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_SKIP_SIGNATURE=true for a "
    "public bucket.",
    "gs": "Set GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`.",
    "az": "Set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY.",
}


def check_installed() -> None:
    """Make sure that the package that speaks to object stores is there.

    Raises:
        MissingExtra: it is not installed.

    """
    if importlib.util.find_spec("obstore") is None:
        msg = "Buckets need obstore, which is not installed."
        raise MissingExtra(msg, hint="Run `pip install 'srcli[storage]'`.")


def persistent(action: Callable[[], T]) -> T:
    """Do something, again and again while it fails for a reason that may pass.

    Raises:
        BaseError: of obstore; it failed too often, or for a reason that stays.

    """
    from obstore.exceptions import GenericError

    for number in range(1, TRIES):
        try:
            return action()
        except GenericError as error:
            text = str(error)
            if _REFUSED.search(text) or _NO_CREDENTIALS.search(text):
                raise
            time.sleep(FIRST_PAUSE * 2**number * random.uniform(0.5, 1.0))
    return action()


@contextmanager
def told(path: ObjectPath, purpose: Purpose) -> Iterator[None]:
    """Turn what an object store says into our errors, about ``path``.

    Raises:
        MissingImage: there is no such object.
        AlreadyExists: there is one, and it was not to be replaced.
        UnknownBucket: there is no such bucket.
        NoCredentials: nothing says who is asking.
        UnreadableImage: it cannot be read or listed: forbidden, or the store does not answer.
        UnwritableImage: it cannot be written, for the same reasons.

    """
    from obstore.exceptions import BaseError

    try:
        yield
    except SrcliError:
        raise
    except (BaseError, OSError, UnicodeError, ValueError) as error:
        raise _told(path, purpose, error) from error


def _told(path: ObjectPath, purpose: Purpose, error: Exception) -> SrcliError:
    from obstore.exceptions import AlreadyExistsError, PreconditionError

    text = str(error)
    if _NO_BUCKET.search(text):
        msg = f"The bucket {path.top} does not exist."
        return UnknownBucket(msg, hint="Check its name, and the region or endpoint that is set.")
    if _NO_CREDENTIALS.search(text):
        msg = f"{path} cannot be {purpose}: no credentials were found."
        return NoCredentials(msg, hint=_SETTINGS[path.scheme])
    if isinstance(error, (AlreadyExistsError, FileExistsError, PreconditionError)):
        msg = f"{path} exists already."
        return AlreadyExists(msg, hint="Add --overwrite to replace it.")
    if isinstance(error, FileNotFoundError):
        msg = f"{path} does not exist."
        return MissingImage(msg, hint="Check its name.")
    failure = UnwritableImage if purpose == "written" else UnreadableImage
    reason, hint = _reason(error, text)
    return failure(f"{path} cannot be {purpose}: {reason}.", hint=hint)


def _reason(error: Exception, text: str) -> tuple[str, str]:
    """Return what went wrong, of the many lines that obstore says, and what to do."""
    from obstore.exceptions import InvalidPathError, PermissionDeniedError, UnauthenticatedError

    denials = (PermissionError, PermissionDeniedError, UnauthenticatedError)
    if isinstance(error, denials) or _DENIED.search(text):
        hint = "Check the credentials that are set, and what they allow."
        return "the store denies access", hint
    if isinstance(error, InvalidPathError):
        found = re.search(r'Error parsing Path "([^"]*)"', text)
        key = f"the key {found[1]}" if found else "a key"
        return f"{key} is no path", "Rename the object, or name a folder beside it."
    if isinstance(error, UnicodeError):
        return "keys of objects are UTF-8, and this name is not", "Rename the file."
    hint = "Check the network and the endpoint, and run the same command again."
    answered = re.search(r"status code: (\d+ [A-Za-z ]+)", text)
    if answered:
        return f"the store answers {answered[1].strip()}", hint
    if "kind: Timeout" in text or "timed out" in text:
        return "the store does not answer in time", hint
    return "the store cannot be reached", hint
