"""A mailer that keeps what it gets: for tests and for trying out."""

from collections.abc import Iterable

from doocore import Delivery, DeliveryOutcome, Mail

ACCEPTED = Delivery(DeliveryOutcome.ACCEPTED)


class MemoryMailer:
    """Keeps the mails that it accepts in `mails`.

    The first calls answer with *answers*, one each; what is not accepted is not kept.
    """

    def __init__(self, answers: Iterable[Delivery] = ()) -> None:
        self.mails: list[Mail] = []
        self._answers = iter(answers)

    def deliver(self, mail: Mail) -> Delivery:
        """Keep one mail, or answer what was asked for."""
        answer = next(self._answers, ACCEPTED)
        if answer.outcome is DeliveryOutcome.ACCEPTED:
            self.mails.append(mail)
        return answer

    def close(self) -> None:
        """There is no connection."""
