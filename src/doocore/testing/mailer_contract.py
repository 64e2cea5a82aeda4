"""The suite that every mailer passes: a class of tests, each a claim of the port, for any test runner.

    class TestMyMailer(MailerContract):
        def make_mailer(self) -> Mailer:
            return MyMailer(...)

        def received(self) -> Sequence[bytes]:
            return [...]  # every mail that arrived, in order, as it went over the wire

Under `unittest`, add `unittest.TestCase` as a second base.
"""

from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from doocore.model.message import Delivery, DeliveryOutcome, Mail, Mailbox
from doocore.ports import Mailer

ACCEPTED = Delivery(DeliveryOutcome.ACCEPTED)

LONG = "Zeile mit Umlauten äöüß und 🦄, die länger ist, als eine Zeile in einer Mail sein darf. " * 20


def a_mail(number: int = 1, **changes: object) -> Mail:
    """Make a mail; *changes* are fields of `Mail` that differ."""
    given: dict[str, object] = {
        "sender": Mailbox(email="kim@veranstalter.de", name="Veranstaltungsbüro Kim"),
        "to": Mailbox(email=f"ada{number}@example.de", name="Ada Lovelace"),
        "subject": f"Einladung {number}: Größe zählt 🎉",
        "text": f"Guten Tag {number}\n.\n..zwei Punkte\nGrüße\n",
        "message_id": f"<mail{number}@veranstalter.de>",
    }
    return Mail(**{**given, **changes})  # type: ignore[arg-type]


class MailerContract:
    """What every mailer must do."""

    def make_mailer(self) -> Mailer:
        """Make a mailer whose mails `received` gives."""
        raise NotImplementedError

    def received(self) -> Sequence[bytes]:
        """Give every mail that arrived, in order, as it went over the wire."""
        raise NotImplementedError

    def test_a_mail_arrives_as_it_was_written(self) -> None:
        """Names, subject and text are those of the mail, whatever script they are in."""
        arrived = self._delivered(a_mail(reply_to=Mailbox(email="buero@veranstalter.de")))
        assert arrived["From"].addresses[0].display_name == "Veranstaltungsbüro Kim"
        assert arrived["From"].addresses[0].addr_spec == "kim@veranstalter.de"
        assert arrived["To"].addresses[0].addr_spec == "ada1@example.de"
        assert arrived["Reply-To"].addresses[0].addr_spec == "buero@veranstalter.de"
        assert arrived["Subject"] == "Einladung 1: Größe zählt 🎉"
        assert arrived["Message-ID"] == "<mail1@veranstalter.de>"
        assert "Date" in arrived
        assert text_of(arrived) == "Guten Tag 1\n.\n..zwei Punkte\nGrüße\n"
        assert "List-Unsubscribe" not in arrived

    def test_html_stands_beside_the_plain_text(self) -> None:
        """Whoever cannot show HTML shows the text."""
        arrived = self._delivered(a_mail(html="<p>Grüße 🦄</p>"))
        assert arrived.get_content_type() == "multipart/alternative"
        plain, html = arrived.iter_parts()
        assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert html.get_content().strip() == "<p>Grüße 🦄</p>"

    def test_unsubscribing_takes_one_click(self) -> None:
        """Mail programs show a button for it, whose press is a POST; they read no link that is folded or encoded."""
        url = "https://veranstalter.example/link/" + "x" * 80
        arrived = self._delivered(a_mail(unsubscribe_url=url))
        assert arrived["List-Unsubscribe"] == f"<{url}>"
        assert f"\nList-Unsubscribe: <{url}>".encode() in self.received()[0]
        assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_long_lines_arrive_whole(self) -> None:
        """What is too long for a line of a mail, in the subject or in the text, comes together again."""
        arrived = self._delivered(a_mail(subject=LONG.strip(), text=LONG + "\n"))
        assert arrived["Subject"] == LONG.strip()
        assert text_of(arrived) == LONG + "\n"

    def test_mails_arrive_in_order_and_once(self) -> None:
        """Each for its recipient, also after the mailer was closed in between."""
        mailer = self.make_mailer()
        for number in (1, 2, 3):
            assert mailer.deliver(a_mail(number)) == ACCEPTED
            if number == 2:
                mailer.close()
        mailer.close()
        assert [parsed(each)["To"].addresses[0].addr_spec for each in self.received()] == [
            "ada1@example.de",
            "ada2@example.de",
            "ada3@example.de",
        ]

    def test_closing_twice_is_closing(self) -> None:
        """A mailer that was never used can be closed too."""
        mailer = self.make_mailer()
        mailer.close()
        mailer.close()
        assert len(self.received()) == 0

    def _delivered(self, mail: Mail) -> EmailMessage:
        mailer = self.make_mailer()
        assert mailer.deliver(mail) == ACCEPTED
        mailer.close()
        (arrived,) = self.received()
        return parsed(arrived)


def parsed(raw: bytes) -> EmailMessage:
    """Read a mail as a mail program does."""
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage) -> str:
    """Give the plain text, with the line ends of this machine."""
    body = message.get_body(("plain",))
    assert body is not None, "there is no plain text"
    return str(body.get_content()).replace("\r\n", "\n")


__all__ = ["MailerContract", "a_mail", "parsed", "text_of"]
