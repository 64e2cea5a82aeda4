"""Files that appear under their name when they are whole, or not at all; what the writers of lists share."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(target: Path | str | BinaryIO, *, replace: bool) -> Iterator[BinaryIO]:
    """Open a file that comes to stand at the path *target* when the block is through and everything is on disk.

    If the block fails, nothing appears. A file that exists is only replaced with *replace*, else `FileExistsError` is
    raised. Only its owner can read it. A *target* that is a stream is given as it is, and left open.
    """
    if not isinstance(target, str | Path):
        yield target
        return
    path = Path(target)
    _refuse_existing(path, replace=replace)
    handle, name = tempfile.mkstemp(prefix=".unfinished-", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(handle)
        _refuse_existing(path, replace=replace)
        part.replace(path)
    except BaseException:
        part.unlink()
        raise


def _refuse_existing(path: Path, *, replace: bool) -> None:
    if path.exists() and not replace:
        raise FileExistsError(errno.EEXIST, "the file exists already", str(path))
