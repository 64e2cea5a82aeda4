"""Messages: who gets one, what stands in it, what becomes of each mail, and where its links lead (chapter 11)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from doocore import (
    Booker,
    Contact,
    ContactCenter,
    Delivery,
    DeliveryOutcome,
    Event,
    EventNotLiveError,
    Evidence,
    FieldType,
    InvalidMessageError,
    InvalidTokenError,
    InvitationStatus,
    Link,
    Mail,
    Mailbox,
    Mailing,
    MailState,
    MessageDraft,
    NotFoundError,
    OtherTemplatesError,
    PermissionDeniedError,
    Reaction,
    RecipientStatus,
    SkipReason,
    Subscription,
    SubscriptionState,
    Through,
)
from doocore.contact_center import RandomIds, messaging
from doocore.model.message import LINKS_VALID
from doocore.plans.following import plan_following
from doocore.plans.messages import PLACES
from doocore.plans.sending import IN_HAND, NEVER_CAME_BACK
from doocore.plans.story import Facts, Needs
from doocore.rules import messages as rules
from doocore.rules.messages import SKIPS, STATUSES, Candidate, Standing, recipient_status, states_of, why_skipped
from doocore.rules.outbox import RETRY_AFTER, SETTLED, SPREAD
from doocore_adapters.jinja2 import JinjaRenderer
from doocore_adapters.memory import MemoryMailer, MemoryStore, mailing, reading
from tests.builders import LOU, MAILING, NEWSLETTER, NOW, TOKENS, SteadyClock, circumstances, merge, new_center

EVENT = Subscription.EVENT_COMMUNICATION
SUBSCRIBED, UNSUBSCRIBED = SubscriptionState.SUBSCRIBED, SubscriptionState.UNSUBSCRIBED
DRAFT = MessageDraft(event_id="e1", subject="Einladung, ${first_name}", text="Ja: ${registration_link}")
ALL_LINKS = "\n".join(f"{name} ${{{name}}}" for name in [*PLACES, "link_programm", "link_anfahrt"])
LINKED = replace(
    DRAFT, text=ALL_LINKS, links={"programm": "https://x.example/programm", "anfahrt": "https://x.example/anfahrt"}
)
JINJA = replace(MAILING, renderer=JinjaRenderer())
OTHERS = ((JINJA, "Hallo {{ first_name }}", MAILING), (MAILING, "Hallo ${first_name}", JINJA))
"""Who writes a message for which renderer, and who has another one."""

ACCEPTED, REFUSED, DEFERRED, UNKNOWN = (Delivery(outcome, outcome.value) for outcome in DeliveryOutcome)


class Office:
    """A contact center with a mailer that remembers, and a group that wants mails."""

    def __init__(self, answers: Iterable[Delivery] = (), mailing: Mailing = MAILING) -> None:
        self.mailer = MemoryMailer(answers)
        self.clock = SteadyClock()
        self.center = new_center(clock=self.clock, mailer=self.mailer)
        self.center._shell = replace(self.center._shell, mailing=mailing)

    def guest(self, email: str | None, *, group: str = "VIP", wants: bool = True, **values: str) -> Contact:
        """Add somebody who wants mails about events."""
        address = {} if email is None else {"email": email}
        return self.center.create_contact(
            {**address, **values}, groups=[group], subscriptions={EVENT: True} if wants else {}, confirm_duplicate=True
        )

    def run(self) -> Mapping[MailState, int]:
        """Send what is due, always with the same spread."""
        return self.center.outbox.run(spread=lambda: 0.0)

    def link(self, name: str, mail: int = -1) -> str:
        """Find the token of a link in a mail that was sent."""
        found = re.search(rf"^{name} https://x\.example/l/(\S+)$", self.mailer.mails[mail].text, re.MULTILINE)
        assert found is not None
        return found[1]

    def states(self) -> list[MailState]:
        return [each.state for each in self.center.outbox.page()]

    def evidence(self, contact: Contact) -> Evidence:
        return self.center.invitations.explain("e1", contact.id).evidence


@pytest.fixture
def office() -> Office:
    return Office()


class TestRecipients:
    """Who gets a message, and who does not (SU-2, SU-5, MA-1)."""

    def test_members_of_groups_get_it_in_their_order(self, office: Office) -> None:
        """Groups as given, members as they joined; who is in several stands once."""
        both = office.guest("b@x.de")
        office.guest("z@x.de", group="Presse")
        office.guest("a@x.de")
        office.center.groups.join("Presse", [both.id])
        told = office.center.messages.queue(DRAFT, groups=["Presse", "vip"])
        assert (told.queued, told.skipped) == (3, {})
        assert office.run() == {MailState.SENT: 3}
        assert [each.to.email for each in office.mailer.mails] == ["z@x.de", "b@x.de", "a@x.de"]

    def test_each_reason_is_told(self, office: Office) -> None:
        """Who has no address, never said yes, said no, or shares an address with somebody before."""
        office.guest("ada@x.de")
        office.guest(None)
        office.guest("new@x.de", wants=False)
        left = office.guest("left@x.de")
        office.center.set_subscription(left.id, EVENT, UNSUBSCRIBED)
        own = office.guest("own@x.de")
        office.guest("OWN@x.de")
        office.center.set_subscription(own.id, EVENT, UNSUBSCRIBED, through=Through.UNSUBSCRIBE_LINK)
        office.guest("ADA@X.de")
        told = office.center.messages.queue(DRAFT, groups=["VIP"])
        assert told.queued == 1
        assert told.skipped == {
            SkipReason.NO_EMAIL: 1,
            SkipReason.NOT_SUBSCRIBED: 1,
            SkipReason.UNSUBSCRIBED: 1,
            SkipReason.OPTED_OUT: 2,
            SkipReason.SAME_ADDRESS: 1,
        }
        office.run()
        assert [each.to.email for each in office.mailer.mails] == ["ada@x.de"]

    def test_who_is_skipped_does_not_take_the_address(self, office: Office) -> None:
        """The first who may have it gets it."""
        office.guest("ada@x.de", wants=False)
        second = office.guest("ada@x.de")
        office.guest("ada@x.de")
        told = office.center.messages.queue(DRAFT, groups=["VIP"])
        assert (told.queued, told.skipped) == (1, {SkipReason.NOT_SUBSCRIBED: 1, SkipReason.SAME_ADDRESS: 1})
        (queued,) = office.center.messages.recipients(told.message.id, statuses=[RecipientStatus.QUEUED])
        assert queued.mail.contact_id == second.id

    def test_the_purpose_decides(self, office: Office) -> None:
        """A newsletter goes to those who subscribed to that."""
        office.guest("event@x.de")
        office.center.create_contact({"email": "news@x.de"}, groups=["VIP"], subscriptions={NEWSLETTER: True})
        office.center.messages.queue(replace(DRAFT, purpose=NEWSLETTER), groups=["VIP"])
        office.run()
        assert [each.to.email for each in office.mailer.mails] == ["news@x.de"]

    def test_a_selection_of_the_invitation_list(self, office: Office) -> None:
        """Those who stand somewhere now, or everybody on the list; single contacts come behind them."""
        clicked, _, single = office.guest("a@x.de"), office.guest("b@x.de"), office.guest("c@x.de", group="others")
        office.center.invitations.create("e1", ["VIP"])
        office.center.messages.queue(LINKED, groups=["VIP"])
        office.run()
        office.center.receive(office.link("maybe_link", 0))
        undecided = office.center.messages.queue(DRAFT, statuses=[InvitationStatus.UNDECIDED], contacts=[single.id])
        assert [each.mail.contact_id for each in office.center.messages.recipients(undecided.message.id)] == [
            clicked.id,
            single.id,
        ]
        assert office.center.messages.queue(DRAFT, statuses=[]).queued == 2

    def test_every_reason_has_its_row(self) -> None:
        """The table is complete; the first row that holds is told, and another order tells another reason."""
        assert {row.reason for row in SKIPS} == set(SkipReason)
        nobody = Candidate(contact=None, purpose=EVENT, address_taken=True)
        assert why_skipped(nobody) is SkipReason.GONE
        assert why_skipped(nobody, tuple(reversed(SKIPS))) is SkipReason.SAME_ADDRESS

    def test_unknown_audiences_are_refused(self, office: Office) -> None:
        """A group, a list or contacts that do not exist; nothing is queued then."""
        audiences: tuple[dict[str, Any], ...] = ({"groups": ["?"]}, {"statuses": []}, {"contacts": ["c9", "c8"]})
        for audience in audiences:
            with pytest.raises(NotFoundError):
                office.center.messages.queue(DRAFT, **audience)
        assert office.center.messages.page() == ()

    def test_many_recipients_are_told_while_they_are_written(self, office: Office) -> None:
        """Progress counts everybody who was looked at."""
        office.guest("a@x.de")
        office.guest("b@x.de")
        seen: list[int] = []
        office.center.messages.queue(DRAFT, groups=["VIP"], progress=seen.append)
        assert seen == [2]

    def test_writing_needs_a_member(self, office: Office) -> None:
        """A booker writes to nobody."""
        with pytest.raises(PermissionDeniedError):
            office.center.acting_as(Booker()).messages.queue(DRAFT)
        office.center.acting_as(LOU).messages.queue(DRAFT)


class TestContents:
    """What stands in a mail."""

    def test_placeholders_have_the_recipients_values(self, office: Office) -> None:
        """System fields by their keys, others by their names, the event's name; what is blank leaves nothing."""
        office.center.events.put(replace(office.center.events.get("e1"), name="Gala"))
        office.center.fields.create("Größe (cm)")
        office.center.fields.create("Veggie", FieldType.CHECKBOX)
        ada = office.guest("ada@x.de", first_name="Ada")
        office.center.change_contact(ada.id, {"Größe (cm)": "170", "Veggie": "ja"})
        draft = replace(DRAFT, text="${event_name}|${first_name}|${last_name}|${Größe_cm}|${Veggie}|$$")
        assert office.center.messages.preview(draft, ada.id).text == "Gala|Ada||170|1|$"

    def test_html_is_escaped_and_the_subject_is_one_line(self, office: Office) -> None:
        """Values cannot become markup, nor headers (MA-4)."""
        ada = office.guest("ada@x.de", first_name="<b>Ada", comment="x\r\nBcc: all@x.de")
        draft = replace(DRAFT, subject="${comment}", html="<p>${first_name}</p>")
        mail = office.center.messages.preview(draft, ada.id)
        assert (mail.subject, mail.html) == ("x Bcc: all@x.de", "<p>&lt;b&gt;Ada</p>")

    def test_the_mail_can_be_unsubscribed_from_by_its_header(self, office: Office) -> None:
        """Even where the text has no such link."""
        office.guest("ada@x.de")
        office.center.messages.queue(replace(LINKED, text="unsubscribe_link ${unsubscribe_link}"), groups=["VIP"])
        office.run()
        (mail,) = office.mailer.mails
        assert mail.unsubscribe_url == f"https://x.example/l/{office.link('unsubscribe_link')}"

    def test_the_domain_is_written_as_mail_servers_know_it(self, office: Office) -> None:
        """The local part as it was entered (ID-3)."""
        ada = office.guest("Ada.L@Bücher.example")
        assert office.center.messages.preview(DRAFT, ada.id).to.email == "Ada.L@xn--bcher-kva.example"

    @pytest.mark.parametrize(
        ("changes", "part", "problem"),
        [
            ({"subject": "Hallo\nBcc: all@x.de"}, "subject", "line ends"),
            ({"subject": " \u200b"}, "subject", "blank"),
            ({"subject": "${vorname}"}, "subject", "there is no ${vorname}"),
            ({"text": "${link_programm}"}, "text", "there is no ${link_programm}"),
            ({"html": "<p>$</p>"}, "html", "line 1, col 4"),
            ({"links": {"zum Programm": "x"}}, "links", "letters, digits and _"),
        ],
    )
    def test_a_draft_that_cannot_be_sent_is_refused_at_once(
        self, office: Office, changes: dict[str, object], part: str, problem: str
    ) -> None:
        """With the part and what is wrong; nothing is queued."""
        office.guest("ada@x.de")
        with pytest.raises(InvalidMessageError) as caught:
            office.center.messages.queue(replace(DRAFT, **changes), groups=["VIP"])  # type: ignore[arg-type]
        assert caught.value.part == part
        assert problem in str(caught.value)
        assert office.center.messages.page() == ()

    def test_an_event_that_is_a_draft_has_no_messages(self, office: Office) -> None:
        """And one that does not exist has none either."""
        office.center.events.put(Event(id="e2"))
        with pytest.raises(EventNotLiveError):
            office.center.messages.queue(replace(DRAFT, event_id="e2"))
        with pytest.raises(NotFoundError):
            office.center.messages.queue(replace(DRAFT, event_id="e3"))

    def test_a_test_goes_to_oneself_at_once(self, office: Office) -> None:
        """What Ada would get; its links lead nowhere, and it is nobody's message."""
        ada = office.guest("ada@x.de", first_name="Ada")
        assert office.center.messages.test(LINKED, Mailbox(email="kim@x.de"), ada.id) == Delivery(
            DeliveryOutcome.ACCEPTED
        )
        (mail,) = office.mailer.mails
        assert (mail.to.email, mail.subject) == ("kim@x.de", "Einladung, Ada")
        with pytest.raises(InvalidTokenError, match="unknown"):
            office.center.receive(office.link("maybe_link"))
        assert office.center.outbox.page() == ()

    def test_a_preview_of_nobody_is_refused(self, office: Office) -> None:
        """The contact must exist."""
        with pytest.raises(NotFoundError):
            office.center.messages.preview(DRAFT, "c9")

    def test_other_renderers_have_loops_and_conditions(self) -> None:
        """Jinja's sandbox, for instance; what fails for one recipient fails for that one alone."""
        office = Office(mailing=replace(MAILING, renderer=JinjaRenderer()))
        office.guest("ada@x.de", first_name="Ada")
        office.guest("bob@x.de", first_name="0")
        draft = replace(
            DRAFT,
            subject="Einladung",
            text="{% if first_name %}{{ 1 // first_name|length }}{% endif %}{{ [][0:1][first_name|int(1)] if first_name == '0' else '' }}",
        )
        office.center.messages.queue(draft, groups=["VIP"])
        assert office.run() == {MailState.SENT: 1, MailState.FAILED: 1}
        (failed,) = office.center.outbox.page(states=[MailState.FAILED])
        assert failed.problem.startswith("message, text: ")

    @pytest.mark.parametrize("templates", OTHERS)
    def test_another_renderer_never_sends_what_was_written_for_this_one(
        self, templates: tuple[Mailing, str, Mailing]
    ) -> None:
        """It puts the mail off and says why; with the right one, it leaves when it is due again."""
        written_for, text, wrong = templates
        office = Office(mailing=written_for)
        office.guest("ada@x.de", first_name="Ada")
        office.center.messages.queue(replace(DRAFT, subject="Einladung", text=text), groups=["VIP"])
        office.center._shell = replace(office.center._shell, mailing=wrong)
        assert office.run() == {MailState.QUEUED: 1}
        (put_off,) = office.center.outbox.page()
        assert (put_off.attempts, put_off.due_at - NOW) == (1, RETRY_AFTER[0])
        assert put_off.problem.startswith("message, text: ")
        assert office.run() == {}
        office.center._shell = replace(office.center._shell, mailing=written_for)
        office.clock.moment += RETRY_AFTER[0]
        assert office.run() == {MailState.SENT: 1}
        assert [each.text for each in office.mailer.mails] == ["Hallo Ada"]

    def test_who_sends_with_the_wrong_renderer_for_days_gives_up(self) -> None:
        """As with a server that never takes it."""
        office = Office(mailing=JINJA)
        office.guest("ada@x.de", first_name="Ada")
        office.center.messages.queue(replace(DRAFT, subject="Einladung", text="{{ first_name }}"), groups=["VIP"])
        office.center._shell = replace(office.center._shell, mailing=MAILING)
        for pause in (*RETRY_AFTER, RETRY_AFTER[-1]):
            assert office.states() == [MailState.QUEUED]
            office.run()
            office.clock.moment += pause
        assert office.states() == [MailState.FAILED]

    @pytest.mark.parametrize("templates", OTHERS)
    def test_a_draft_for_another_renderer_is_refused(
        self, office: Office, templates: tuple[Mailing, str, Mailing]
    ) -> None:
        """By the part that is written for it."""
        ada = office.guest("ada@x.de")
        _, text, wrong = templates
        office.center._shell = replace(office.center._shell, mailing=wrong)
        for draft in (
            replace(DRAFT, subject="Einladung", text=text),
            replace(DRAFT, subject="Einladung", text="Hallo", html=text),
        ):
            with pytest.raises(OtherTemplatesError) as caught:
                office.center.messages.preview(draft, ada.id)
            assert caught.value.part == ("text" if draft.html is None else "html")

    def test_what_is_missing_to_send_mails_is_named(self) -> None:
        """A center without sender or mailer says what to pass."""
        center = ContactCenter(MemoryStore().organization("acme"))
        for call in (lambda: center.messages.queue(DRAFT), center.outbox.run, lambda: center.receive("x")):
            with pytest.raises(InvalidMessageError, match="mailing=Mailing"):
                call()
        center = ContactCenter(MemoryStore().organization("acme"), mailing=MAILING)
        with pytest.raises(InvalidMessageError, match="mailer="):
            center.outbox.run()
        with pytest.raises(ValueError, match=r"link_url needs \{token\}"):
            Mailing(sender=Mailbox(email="kim@x.de"), link_url="https://x.example/", tokens=TOKENS)


class TestOutbox:
    """What becomes of each mail (MA-2, MA-3)."""

    def test_what_the_server_said_decides(self) -> None:
        """Accepted is sent, refused has failed, put off is queued, in doubt stays so; each is counted once."""
        office = Office([ACCEPTED, REFUSED, DEFERRED, UNKNOWN])
        guests = [office.guest(f"a{number}@x.de") for number in range(4)]
        told = office.center.messages.queue(DRAFT, groups=["VIP"])
        expected = [MailState.SENT, MailState.FAILED, MailState.QUEUED, MailState.UNKNOWN]
        assert office.run() == dict.fromkeys(expected, 1)
        assert office.states() == expected == [SETTLED[outcome] for outcome in DeliveryOutcome]
        assert [office.evidence(each) for each in guests] == [Evidence.SENT, *[Evidence(0)] * 3]
        counts = office.center.messages.counts(told.message.id)
        assert sum(counts.values()) == 4
        assert [each.problem for each in office.center.outbox.page()] == ["accepted", "refused", "deferred", "unknown"]

    def test_only_what_was_put_off_is_tried_again(self) -> None:
        """After a pause that grows, a little longer for each by chance, until it has failed."""
        office = Office([DEFERRED] * 20)
        office.guest("ada@x.de")
        office.center.messages.queue(DRAFT, groups=["VIP"])
        for pause in RETRY_AFTER:
            assert office.run() == {MailState.QUEUED: 1}
            (mail,) = office.center.outbox.page()
            assert mail.due_at == office.clock.moment + pause
            office.clock.move(seconds=pause.total_seconds() - 1)
            assert office.run() == {}
            office.clock.move(seconds=1)
        assert office.run() == {MailState.FAILED: 1}
        assert office.run() == {}
        assert office.center.outbox.page()[0].attempts == len(RETRY_AFTER) + 1

    def test_chance_spreads_the_next_attempts(self) -> None:
        """By a quarter of the pause at most."""
        office = Office([DEFERRED])
        office.guest("ada@x.de")
        office.center.messages.queue(DRAFT, groups=["VIP"])
        office.center.outbox.run(spread=lambda: 1.0)
        assert office.center.outbox.page()[0].due_at == NOW + RETRY_AFTER[0] * (1 + SPREAD)

    def test_permission_is_asked_again_at_sending(self, office: Office) -> None:
        """Whoever unsubscribed, left, lost the address or was deleted meanwhile gets nothing (SU-2, SU-5)."""
        stays, left, gone, blank, barred = (office.guest(f"{name}@x.de") for name in "abcde")
        told = office.center.messages.queue(DRAFT, groups=["VIP"])
        office.center.set_subscription(left.id, EVENT, UNSUBSCRIBED)
        office.center.delete_contact(office.center.deletion(gone.id))
        office.center.change_contact(blank.id, {"email": ""})
        twin = office.center.create_contact({"email": "E@x.de"}, confirm_duplicate=True)
        office.center.set_subscription(twin.id, EVENT, UNSUBSCRIBED, through=Through.PORTAL)
        assert office.run() == {MailState.SENT: 1, MailState.SKIPPED: 3}
        assert [each.to.email for each in office.mailer.mails] == [stays.values["email"]]
        assert office.center.messages.skipped(told.message.id) == {
            SkipReason.UNSUBSCRIBED: 1,
            SkipReason.GONE: 1,
            SkipReason.NO_EMAIL: 1,
            SkipReason.OPTED_OUT: 1,
        }
        assert office.evidence(barred) == Evidence(0)

    def test_a_corrected_address_is_written_to(self, office: Office) -> None:
        """Unless somebody else gets the message there (MA-1)."""
        wrong, other, late = (office.guest(f"{name}@x.de") for name in ("wrnog", "ada", "late"))
        told = office.center.messages.queue(DRAFT, groups=["VIP"])
        office.center.change_contact(wrong.id, {"email": "right@x.de"})
        office.center.change_contact(late.id, {"email": "ADA@x.de"}, confirm_duplicate=True)
        assert office.run() == {MailState.SENT: 2, MailState.SKIPPED: 1}
        assert [each.to.email for each in office.mailer.mails] == ["right@x.de", "ada@x.de"]
        assert office.center.messages.skipped(told.message.id) == {SkipReason.SAME_ADDRESS: 1}
        assert office.evidence(other) == Evidence.SENT

    def test_who_never_comes_back_leaves_a_doubt(self, office: Office) -> None:
        """A dispatcher that died while sending: unknown, and not sent again by itself, only by hand."""
        office.guest("ada@x.de")
        office.center.messages.queue(DRAFT, groups=["VIP"])
        dying = replace(office.center._shell, mailer=Dying())
        office.center._shell, alive = dying, office.center._shell
        with pytest.raises(KeyboardInterrupt):
            office.run()
        office.center._shell = alive
        assert office.states() == [MailState.SENDING]
        assert office.run() == {}
        office.clock.move(seconds=IN_HAND.total_seconds())
        assert office.run() == {}
        (mail,) = office.center.outbox.page(states=[MailState.UNKNOWN])
        assert mail.problem == NEVER_CAME_BACK
        office.clock.move(days=30)
        assert office.run() == {}
        assert office.center.outbox.requeue([mail.id]) == 1
        assert office.run() == {MailState.SENT: 1}
        assert office.center.outbox.requeue([mail.id]) == 0, "what has arrived is not sent again"
        with pytest.raises(NotFoundError):
            office.center.outbox.requeue(["?", mail.id])

    def test_what_was_only_taken_in_hand_is_due_again(self, office: Office) -> None:
        """The dispatcher died before it came to this mail."""
        for name in "abc":
            office.guest(f"{name}@x.de")
        office.center.messages.queue(DRAFT, groups=["VIP"])
        alive = office.center._shell
        office.center._shell = replace(alive, mailer=Dying())
        with pytest.raises(KeyboardInterrupt):
            office.run()
        office.center._shell = alive
        assert office.states() == [MailState.SENDING, MailState.QUEUED, MailState.QUEUED]
        assert office.run() == {}
        office.clock.move(seconds=IN_HAND.total_seconds())
        assert office.run() == {MailState.SENT: 2}

    def test_an_outcome_that_comes_late_settles_the_doubt(self) -> None:
        """The dispatcher was given up, and comes back knowing that the mail was accepted."""
        office = Office()
        ada = office.guest("ada@x.de")
        office.center.messages.queue(DRAFT, groups=["VIP"])
        slow = Slow(office)
        office.center._shell = replace(office.center._shell, mailer=slow)
        assert office.run() == {MailState.SENT: 1}
        assert slow.seen == [MailState.UNKNOWN]
        assert (office.states(), office.evidence(ada)) == ([MailState.SENT], Evidence.SENT)

    def test_an_outcome_that_comes_too_late_is_dropped(self) -> None:
        """The mail was queued again by hand meanwhile: what the old attempt says means nothing for the new one."""
        office = Office()
        office.guest("ada@x.de")
        office.center.messages.queue(DRAFT, groups=["VIP"])
        office.center._shell = replace(office.center._shell, mailer=Slow(office, requeue=True))
        office.center.outbox.run(limit=1, spread=lambda: 0.0)
        assert office.states() == [MailState.QUEUED]

    def test_a_mail_that_somebody_else_took_is_left_alone(self) -> None:
        """A dispatcher that slept past its time does not send what another one has by then."""
        office = Office()
        for name in "ab":
            office.guest(f"{name}@x.de")
        office.center.messages.queue(DRAFT, groups=["VIP"])
        office.center._shell = replace(office.center._shell, mailer=Slow(office, others=True))
        office.run()
        assert len(office.mailer.mails) == 2
        assert office.states() == [MailState.SENT, MailState.SENT]

    def test_a_limit_is_kept(self, office: Office) -> None:
        """The rest stays due."""
        for number in range(5):
            office.guest(f"a{number}@x.de")
        office.center.messages.queue(DRAFT, groups=["VIP"])
        seen: list[int] = []
        assert office.center.outbox.run(limit=2, progress=seen.append) == {MailState.SENT: 2}
        assert seen == [1, 2]
        assert office.center.outbox.run(limit=0) == {}
        assert office.center.outbox.counts() == dict.fromkeys(MailState, 0) | {
            MailState.SENT: 2,
            MailState.QUEUED: 3,
        }

    def test_an_unknown_message_is_told(self, office: Office) -> None:
        """By whatever asks for it."""
        messages = office.center.messages
        for ask in (messages.get, messages.counts, messages.status_counts, messages.skipped, messages.recipients):
            with pytest.raises(NotFoundError, match="message 'm9'"):
                ask("m9")

    def test_who_was_last_written_to_when(self, office: Office) -> None:
        """Shown with the contact, as soon as the mail is accepted (MA-5)."""
        ada = office.guest("ada@x.de")
        office.center.messages.queue(DRAFT, groups=["VIP"])
        assert office.center.details(ada.id).last_contacted is None
        office.clock.move(hours=1)
        office.run()
        assert office.center.details(ada.id).last_contacted == NOW + timedelta(hours=1)


class TestStandings:
    """Where each recipient of a message stands (MA-2)."""

    @pytest.fixture
    def told(self) -> tuple[Office, str, list[Contact]]:
        """Four guests got a message, or nearly: sent, sent, in doubt, and skipped."""
        office = Office([ACCEPTED, ACCEPTED, UNKNOWN])
        guests = [office.guest(f"{name}@x.de") for name in ("ada", "bob", "cyd", "ada")]
        told = office.center.messages.queue(LINKED, groups=["VIP"])
        office.run()
        return office, told.message.id, guests

    def standings(self, office: Office, message_id: str, **asked: Any) -> list[str]:  # noqa: ANN401, what is asked for
        return [each.status.value for each in office.center.messages.recipients(message_id, **asked)]

    def test_the_most_that_is_known_is_told(self, told: tuple[Office, str, list[Contact]]) -> None:
        """What became of the mail; then that it was opened; then that a link in it was clicked, in whatever order."""
        office, message_id, guests = told
        assert self.standings(office, message_id) == ["sent", "sent", "unknown", "skipped"]
        for name, mail in (("pixel_link", 0), ("maybe_link", 1), ("pixel_link", 1)):
            office.center.receive(office.link(name, mail))
        office.center.invitations.record_message_event("e1", guests[2].id, Reaction.OPENED, message=message_id)
        assert self.standings(office, message_id) == ["opened", "clicked", "opened", "skipped"]
        assert [each.reactions for each in office.center.messages.recipients(message_id)] == [
            {Reaction.SENT, Reaction.OPENED},
            {Reaction.SENT, Reaction.OPENED, Reaction.CLICKED_MAYBE},
            {Reaction.OPENED},
            set(),
        ]
        counts = office.center.messages.status_counts(message_id)
        assert list(counts) == list(RecipientStatus)
        assert {status.value: count for status, count in counts.items() if count} == {
            "opened": 2,
            "clicked": 1,
            "skipped": 1,
        }

    @pytest.mark.parametrize("name", ["registration_link", "maybe_link", "decline_link", "link_anfahrt"])
    def test_any_link_counts_but_those_of_machines_and_the_one_to_unsubscribe(
        self, told: tuple[Office, str, list[Contact]], name: str
    ) -> None:
        """MA-6: what a machine follows tells nothing."""
        office, message_id, _ = told
        office.center.receive(office.link(name, 0), by_machine=True)
        office.center.receive(office.link("unsubscribe_link", 0))
        assert self.standings(office, message_id)[0] == "sent"
        office.center.receive(office.link(name, 0))
        assert self.standings(office, message_id)[0] == "clicked"

    def test_another_message_tells_nothing_of_this_one(self, told: tuple[Office, str, list[Contact]]) -> None:
        """Of the same event, to the same people."""
        office, message_id, guests = told
        another = office.center.messages.queue(LINKED, contacts=[guests[0].id])
        office.run()
        office.center.receive(office.link("maybe_link"))
        assert self.standings(office, message_id)[0] == "sent"
        assert self.standings(office, another.message.id) == ["clicked"]

    def test_what_the_host_knows_of_a_message_counts_too(self, told: tuple[Office, str, list[Contact]]) -> None:
        """Under the message's ID."""
        office, message_id, guests = told
        office.center.invitations.record_message_event("e1", guests[0].id, Reaction.OPENED, message=message_id)
        assert self.standings(office, message_id)[0] == "opened"

    def test_some_are_listed_page_by_page(
        self, told: tuple[Office, str, list[Contact]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Those at some statuses, in the message's order, however they lie between the others."""
        office, message_id, guests = told
        for each in (0, 2):
            office.center.invitations.record_message_event("e1", guests[each].id, Reaction.OPENED, message=message_id)
        monkeypatch.setattr(messaging, "AT_ONCE", 1)
        mails = [each.mail.id for each in office.center.messages.recipients(message_id)]
        opened = [RecipientStatus.OPENED]
        assert self.standings(office, message_id, limit=3) == ["opened", "sent", "opened"]
        assert self.standings(office, message_id, after=mails[1]) == ["opened", "skipped"]
        assert self.standings(office, message_id, statuses=opened) == ["opened", "opened"]
        assert self.standings(office, message_id, statuses=opened, limit=1) == ["opened"]
        (last,) = office.center.messages.recipients(message_id, statuses=opened, after=mails[0])
        assert last.mail.id == mails[2]
        others = [RecipientStatus.SENT, RecipientStatus.SKIPPED]
        assert self.standings(office, message_id, statuses=others) == ["sent", "skipped"]
        assert self.standings(office, message_id, limit=0) == []

    def test_who_was_skipped_stays_so_after_a_merge(self, told: tuple[Office, str, list[Contact]]) -> None:
        """The contact got the message by another mail, and that one tells of it: nobody is counted twice."""
        office, message_id, guests = told
        office.center.receive(office.link("maybe_link", 0))
        merge(office.center, guests[0].id, guests[3].id)
        assert self.standings(office, message_id) == ["clicked", "sent", "unknown", "skipped"]

    def test_what_a_deleted_contact_did_is_gone(self, told: tuple[Office, str, list[Contact]]) -> None:
        """That there was a mail stays (CT-3)."""
        office, message_id, guests = told
        office.center.receive(office.link("maybe_link", 0))
        office.center.delete_contact(office.center.deletion(guests[0].id))
        assert self.standings(office, message_id)[0] == "sent"

    def test_the_table_is_complete_and_is_what_decides(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A row for every state; every status stands in one; another row is another status."""
        assert list(STATUSES) == list(MailState)
        assert {status for standing in STATUSES.values() for status in standing} == set(RecipientStatus)
        assert {RecipientStatus(state.value) for state in MailState} < set(RecipientStatus)
        for state, standing in STATUSES.items():
            assert standing.silent.value == state.value
            assert states_of([standing.silent]) == {state}
            for reactions, column in (((), 0), ((Reaction.SENT,), 0), ((Reaction.OPENED,), 1), (list(Reaction), 2)):
                assert recipient_status(state, reactions) is standing[column]
        assert states_of([]) == frozenset()
        assert states_of([RecipientStatus.CLICKED]) == set(MailState) - {MailState.SKIPPED}
        monkeypatch.setitem(rules.STATUSES, MailState.SENT, Standing(*[RecipientStatus.FAILED] * 3))
        assert recipient_status(MailState.SENT, ()) is RecipientStatus.FAILED

    def test_a_page_is_read_by_two_look_ups(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However many recipients are on it; none is read where nobody is."""
        office = Office()
        for number in range(30):
            office.guest(f"a{number}@x.de")
        message_id = office.center.messages.queue(DRAFT, groups=["VIP"]).message.id
        asked: list[int] = []
        page, events = mailing.Outbox.page, reading.Invitations.message_events

        def counted_page(it: mailing.Outbox, **given: Any) -> Any:  # noqa: ANN401
            asked.append(given["limit"])
            return page(it, **given)

        def counted_events(it: reading.Invitations, event_id: str, contact_ids: Any) -> Any:  # noqa: ANN401
            asked.append(-len(contact_ids))
            return events(it, event_id, contact_ids)

        monkeypatch.setattr(mailing.Outbox, "page", counted_page)
        monkeypatch.setattr(reading.Invitations, "message_events", counted_events)
        assert len(office.center.messages.recipients(message_id, limit=25)) == 25
        assert asked == [25, -25]


class Dying:
    """A mailer whose process ends while it sends."""

    def deliver(self, _: Mail) -> Delivery:
        raise KeyboardInterrupt

    def close(self) -> None:
        pass


class Slow:
    """A mailer that takes so long that its dispatcher is given up meanwhile."""

    def __init__(self, office: Office, *, requeue: bool = False, others: bool = False) -> None:
        self._office = office
        self._requeue = requeue
        self._others = others
        self.seen: list[MailState] = []

    def deliver(self, mail: Mail) -> Delivery:
        center = new_view(self._office)
        self._office.clock.move(seconds=IN_HAND.total_seconds())
        if self._others:
            self._others = False
            center.outbox.run(spread=lambda: 0.0)
        else:
            center.outbox.run(limit=1, spread=lambda: 0.0)
        self.seen += self._office.states()
        if self._requeue:
            center.outbox.requeue([each.id for each in center.outbox.page()])
        return self._office.mailer.deliver(mail)

    def close(self) -> None:
        pass


def new_view(office: Office) -> ContactCenter:
    """Open the same contact center as another process does."""
    center = office.center.acting_as(LOU)
    center._shell = replace(center._shell, mailer=office.mailer)
    return center


class TestLinks:
    """Where links lead, and what they are evidence for (MA-1, MA-2, MA-6)."""

    @pytest.fixture
    def ada(self, office: Office) -> Contact:
        ada = office.guest("ada@x.de", first_name="Ada")
        office.center.messages.queue(LINKED, groups=["VIP"])
        office.run()
        return ada

    @pytest.mark.parametrize(
        ("name", "link", "evidence"),
        [
            ("registration_link", Link.REGISTRATION, Evidence.CLICKED_REGISTRATION),
            ("maybe_link", Link.MAYBE, Evidence.CLICKED_MAYBE),
            ("decline_link", Link.DECLINE, Evidence.CLICKED_DECLINE),
            ("pixel_link", Link.PIXEL, Evidence.OPENED),
            ("link_programm", Link.GENERAL, Evidence.CLICKED_GENERAL),
            ("link_anfahrt", Link.GENERAL, Evidence.CLICKED_GENERAL),
        ],
    )
    def test_following_a_link_is_evidence(
        self, office: Office, ada: Contact, name: str, link: Link, evidence: Evidence
    ) -> None:
        """Of what it stands for, of this contact, at this event; done again it changes nothing."""
        followed = office.center.receive(office.link(name))
        assert (followed.link, followed.contact_id, followed.event_id) == (link, ada.id, "e1")
        assert office.evidence(ada) == Evidence.SENT | evidence
        office.center.receive(office.link(name))
        assert office.evidence(ada) == Evidence.SENT | evidence

    def test_the_registration_link_carries_the_prefill(self, office: Office, ada: Contact) -> None:
        """The contact, and the address that it has now; a booking with it is assigned (AS-2)."""
        office.center.change_contact(ada.id, {"email": "ada@y.de"})
        followed = office.center.receive(office.link("registration_link"))
        assert followed.prefill is not None
        assert (followed.prefill.contact_id, followed.prefill.email) == (ada.id, "ada@y.de")
        assert followed.target is None

    def test_general_links_have_their_own_targets(self, office: Office, ada: Contact) -> None:
        """Each leads where the draft says."""
        assert ada.id
        targets = [office.center.receive(office.link(f"link_{name}")).target for name in ("programm", "anfahrt")]
        assert targets == ["https://x.example/programm", "https://x.example/anfahrt"]

    def test_the_unsubscribe_link_unsubscribes_from_the_purpose(self, office: Office, ada: Contact) -> None:
        """And binds the address (SU-4, SU-5); done again it changes nothing."""
        followed = office.center.receive(office.link("unsubscribe_link"))
        assert (followed.link, followed.purpose) == (Link.UNSUBSCRIBE, EVENT)
        contact = office.center.contact(ada.id)
        assert (contact.state(EVENT), contact.state(NEWSLETTER)) == (UNSUBSCRIBED, SubscriptionState.UNKNOWN)
        office.center.receive(office.link("unsubscribe_link"))
        assert office.center.contact(ada.id) == contact
        assert office.center.messages.queue(DRAFT, groups=["VIP"]).skipped == {SkipReason.OPTED_OUT: 1}
        assert office.evidence(ada) == Evidence.SENT

    def test_unsubscribing_binds_the_address_that_was_written_to(self, office: Office, ada: Contact) -> None:
        """Also where the contact has another one by now (SU-5)."""
        office.center.change_contact(ada.id, {"email": "ada@y.de"})
        for address in ("ada@x.de", "ada@y.de"):
            office.guest(address, group="again")
        office.center.receive(office.link("unsubscribe_link"))
        assert office.center.messages.queue(DRAFT, groups=["again"]).skipped == {SkipReason.OPTED_OUT: 2}

    def test_who_was_deleted_can_still_unsubscribe(self, office: Office, ada: Contact) -> None:
        """The address is bound, for whoever has it later (SU-5); the other links lead nowhere any more."""
        office.center.delete_contact(office.center.deletion(ada.id))
        with pytest.raises(InvalidTokenError, match="unknown"):
            office.center.receive(office.link("maybe_link"))
        office.center.receive(office.link("unsubscribe_link"), by_machine=True)
        office.guest("ada@x.de", group="again")
        assert office.center.messages.queue(DRAFT, groups=["again"]).skipped == {}
        followed = office.center.receive(office.link("unsubscribe_link"))
        assert (followed.link, followed.purpose, followed.contact_id) == (Link.UNSUBSCRIBE, EVENT, None)
        assert office.center.messages.queue(DRAFT, groups=["again"]).skipped == {SkipReason.OPTED_OUT: 1}

    def test_machines_are_recorded_and_are_evidence_for_nothing(self, office: Office, ada: Contact) -> None:
        """Link scanners open everything (MA-6); they unsubscribe nobody."""
        for name in [*PLACES, "link_programm"]:
            office.center.receive(office.link(name), by_machine=True)
        assert office.evidence(ada) == Evidence.SENT
        assert office.center.contact(ada.id).state(EVENT) is SUBSCRIBED
        witnesses = office.center.invitations.explain("e1", ada.id)
        assert witnesses.evidence == Evidence.SENT

    def test_links_expire_but_for_the_one_to_unsubscribe(self, office: Office, ada: Contact) -> None:
        """At the moment itself they still lead somewhere; afterwards nothing is recorded."""
        office.center.receive(office.link("maybe_link"), NOW + LINKS_VALID)
        late = NOW + LINKS_VALID + timedelta(microseconds=1)
        before = office.evidence(ada)
        for name in ("decline_link", "registration_link", "pixel_link", "link_programm"):
            with pytest.raises(InvalidTokenError, match="expired"):
                office.center.receive(office.link(name), late)
        assert office.evidence(ada) == before
        assert office.center.receive(office.link("unsubscribe_link"), late).link is Link.UNSUBSCRIBE

    def test_a_forged_or_foreign_token_leads_nowhere(self, office: Office, ada: Contact) -> None:
        """Nor one of another organization's with the same secret, nor one moved to another recipient."""
        elsewhere = Office()
        token = office.link("maybe_link")
        with pytest.raises(InvalidTokenError, match="unknown"):
            elsewhere.center.receive(token)
        with pytest.raises(InvalidTokenError, match="forged"):
            office.center.receive(token[1:])
        held = TOKENS.read(token)[0]
        for payload, link in [
            (held, Link.GENERAL),
            (f"{held}.7", Link.GENERAL),
            (f"{held}.x", Link.GENERAL),
            (held, Link.REPORT),
        ]:
            with pytest.raises(InvalidTokenError, match="unknown"):
                office.center.receive(TOKENS.sign(payload, link))
        assert office.evidence(ada) == Evidence.SENT

    def test_the_links_of_a_deleted_contact_lead_nowhere(self, office: Office, ada: Contact) -> None:
        """There is nobody left to say anything about."""
        office.center.delete_contact(office.center.deletion(ada.id))
        with pytest.raises(InvalidTokenError, match="unknown"):
            office.center.receive(office.link("maybe_link"))

    def test_a_mail_whose_contact_is_not_there_leads_nowhere(self, office: Office, ada: Contact) -> None:
        """As its token would, had the store not forgotten it."""
        mail, message = office.center.outbox.page()[0], office.center.messages.page()[0]
        facts = Facts(asked=Needs(), mails_by_token={mail.token: mail}, messages={message.id: message})
        assert ada.id == mail.contact_id
        with pytest.raises(InvalidTokenError, match="unknown"):
            plan_following(mail.token, Link.MAYBE, None, facts, circumstances(), by_machine=False)

    def test_tokens_are_drawn_at_random(self) -> None:
        """Letters and digits, 26 of them: 130 bits."""
        drawn = {RandomIds().token() for _ in range(1_000)}
        assert len(drawn) == 1_000
        assert all(len(each) == 26 and each.isalnum() for each in drawn)

    def test_tokens_show_nothing(self, office: Office, ada: Contact) -> None:
        """Neither who it is, nor what, nor when."""
        tokens = [office.link(name) for name in PLACES]
        for shown in (ada.id, "ada", "e1", "maybe", office.center.messages.page()[0].id):
            assert not any(shown in token.split(".")[0] for token in tokens)
        assert len(set(tokens)) == len(tokens)

    def test_a_token_that_is_no_token_is_forged(self, office: Office) -> None:
        """Whatever somebody puts behind the address."""
        for token in ("", "x", "a.b", "\udcff", "ä" * 10):
            with pytest.raises(InvalidTokenError, match="forged"):
                office.center.receive(token)
