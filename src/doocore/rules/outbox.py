"""The outbox, chapter 11: where a mail stands after its delivery, and when it is tried again (MA-3).

Two rules for this file. 1: what an outcome means is the table `SETTLED`, how long to wait the table `RETRY_AFTER`. 2: it
knows no clock and no chance; whoever calls it adds the pause to the moment, and says how far to spread it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from doocore.model.message import DeliveryOutcome, MailState

RETRY_AFTER: Sequence[timedelta] = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240, 480, 960, 1440))
"""How long to wait after the first, second, … attempt that was put off; after the last, the mail has failed."""

SPREAD = 0.25
"""By how much of itself a waiting time is lengthened at most, so that not all come back at once."""

SETTLED: Mapping[DeliveryOutcome, MailState] = {
    DeliveryOutcome.ACCEPTED: MailState.SENT,
    DeliveryOutcome.REFUSED: MailState.FAILED,
    DeliveryOutcome.DEFERRED: MailState.QUEUED,
    DeliveryOutcome.UNKNOWN: MailState.UNKNOWN,
}
"""Where a mail stands after its delivery; one that was put off too often has failed."""

REQUEUED = frozenset({MailState.FAILED, MailState.UNKNOWN})
"""What can be queued again by hand."""


def settled(outcome: DeliveryOutcome, attempts: int) -> MailState:
    """Tell where a mail stands after so many attempts, the last of which had this outcome.

    >>> settled(DeliveryOutcome.DEFERRED, 1).value, settled(DeliveryOutcome.DEFERRED, 9).value
    ('queued', 'failed')
    """
    state = SETTLED[outcome]
    return MailState.FAILED if state is MailState.QUEUED and attempts > len(RETRY_AFTER) else state


def pause_after(attempts: int, spread: float) -> timedelta:
    """Tell how long to wait after so many attempts; *spread*, between 0 and 1, lengthens it by up to a quarter.

    >>> pause_after(1, 0.0), pause_after(2, 1.0)
    (datetime.timedelta(seconds=60), datetime.timedelta(seconds=375))
    """
    return RETRY_AFTER[attempts - 1] * (1 + SPREAD * spread)
