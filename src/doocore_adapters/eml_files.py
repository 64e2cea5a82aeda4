"""Mails as `.eml` files in a directory, which any mail program opens: to see what would be sent, and for tests."""

import re
import time
from pathlib import Path

from doocore import Delivery, DeliveryOutcome, Mail
from doocore_adapters._files import whole_file
from doocore_adapters._mime import mime_of

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._@-]+")


class EmlMailer:
    """Writes each mail into a file of its own, whole or not at all; names are in the order of time."""

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory)
        self._last = 0

    def deliver(self, mail: Mail) -> Delivery:
        """Write one mail; a directory that cannot be written is a reason to try again."""
        self._last = max(time.time_ns(), self._last + 1)
        name = _NOT_IN_NAMES.sub("-", mail.message_id).strip("-.") or "mail"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            with whole_file(self.directory / f"{self._last:020d}-{name[:100]}.eml", replace=False) as file:
                file.write(mime_of(mail).as_bytes())
        except OSError as error:
            return Delivery(DeliveryOutcome.DEFERRED, f"{self.directory}: {error.strerror}")
        return Delivery(DeliveryOutcome.ACCEPTED)

    def close(self) -> None:
        """Nothing is open between two mails."""

    def __repr__(self) -> str:
        return f"EmlMailer({str(self.directory)!r})"
