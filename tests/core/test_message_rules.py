"""Chapter 11 where its rules stand: who gets a message, what links mean, when a mail is tried again, what templates hold."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, product

import pytest

from doocore import (
    Consent,
    Contact,
    DeliveryOutcome,
    FrozenDict,
    InvalidMessageError,
    Link,
    MailState,
    MessageEvent,
    OptOut,
    OtherTemplatesError,
    PlainTemplates,
    Reaction,
    RecipientStatus,
    SkipReason,
    Subscription,
    SubscriptionState,
    Through,
)
from doocore.model.identifiers import ContactId
from doocore.model.message import About, MessageId
from doocore.rules import outbox
from doocore.rules.links import BY_LINK, NEVER_EXPIRE, OF_NOTICES
from doocore.rules.messages import (
    CLICKS,
    SKIPS,
    STATUSES,
    Candidate,
    choose_recipients,
    reactions_to,
    recipient_status,
    states_of,
    why_skipped,
)
from doocore.rules.outbox import REQUEUED, RETRY_AFTER, SETTLED, SPREAD, pause_after, settled
from doocore.rules.templates import JINJA
from tests.builders import NOW, contact

EVENT, NEWSLETTER = Subscription.EVENT_COMMUNICATION, Subscription.NEWSLETTER
SUBSCRIBED, UNSUBSCRIBED = SubscriptionState.SUBSCRIBED, SubscriptionState.UNSUBSCRIBED
ACCEPTED, REFUSED, DEFERRED, UNKNOWN = DeliveryOutcome


def guest(
    contact_id: str = "c1",
    email: str | None = "ada@x.de",
    state: SubscriptionState = SUBSCRIBED,
    through: Through = Through.BY_HAND,
) -> Contact:
    """Make somebody who stands so with mails about events."""
    values = {} if email is None else {"email": email}
    return replace(contact(contact_id, values), subscriptions=FrozenDict({EVENT: Consent(state, NOW, through)}))


class TestWhoIsSkipped:
    """SU-2, SU-5, MA-1: the first reason that holds."""

    @pytest.mark.parametrize(
        ("candidate", "reason"),
        [
            (Candidate(contact=guest(), purpose=EVENT), None),
            (Candidate(contact=None, purpose=EVENT), SkipReason.GONE),
            (Candidate(contact=guest(email=None), purpose=EVENT), SkipReason.NO_EMAIL),
            (Candidate(contact=guest(state=UNSUBSCRIBED), purpose=EVENT), SkipReason.UNSUBSCRIBED),
            (
                Candidate(
                    contact=guest(state=UNSUBSCRIBED, through=Through.UNSUBSCRIBE_LINK),
                    purpose=EVENT,
                    opt_outs=frozenset({OptOut("ada@x.de", EVENT)}),
                ),
                SkipReason.OPTED_OUT,
            ),
            (Candidate(contact=guest(), purpose=NEWSLETTER), SkipReason.NOT_SUBSCRIBED),
            (Candidate(contact=guest(), purpose=EVENT, address_taken=True), SkipReason.SAME_ADDRESS),
            (
                Candidate(contact=guest(), purpose=EVENT, opt_outs=frozenset({OptOut("ada@x.de", EVENT)})),
                SkipReason.OPTED_OUT,
            ),
            (Candidate(contact=guest(), purpose=EVENT, opt_outs=frozenset({OptOut("ada@x.de", NEWSLETTER)})), None),
            (Candidate(contact=guest(), purpose=EVENT, opt_outs=frozenset({OptOut("bob@x.de", EVENT)})), None),
        ],
    )
    def test_every_row(self, candidate: Candidate, reason: SkipReason | None) -> None:
        assert why_skipped(candidate) is reason

    def test_the_table_is_complete(self) -> None:
        """Every reason has one row, and only one."""
        assert [row.reason for row in SKIPS] == list(SkipReason)

    def test_the_table_decides(self) -> None:
        """Without its row, a reason is not told; of two that hold, the upper one is."""
        nobody = Candidate(contact=None, purpose=EVENT, address_taken=True)
        assert why_skipped(nobody) is SkipReason.GONE
        assert why_skipped(nobody, SKIPS[-1:]) is SkipReason.SAME_ADDRESS
        assert why_skipped(nobody, ()) is None


class TestRecipients:
    """MA-1: each address gets it once, the first contact that may have it."""

    def chosen(self, contacts: Iterable[Contact], taken: set[str], *opt_outs: OptOut) -> list[SkipReason | None]:
        found = list(choose_recipients(contacts, EVENT, frozenset(opt_outs), taken))
        assert [each for each, _ in found] == list(contacts)
        return [reason for _, reason in found]

    def test_who_is_skipped_leaves_the_address_to_the_next(self) -> None:
        taken = set[str]()
        contacts = [guest("c1", state=UNSUBSCRIBED), guest("c2", "ADA@x.de"), guest("c3"), guest("c4", "bob@x.de")]
        assert self.chosen(contacts, taken) == [SkipReason.UNSUBSCRIBED, None, SkipReason.SAME_ADDRESS, None]
        assert taken == {"ada@x.de", "bob@x.de"}

    def test_what_was_taken_by_another_batch_stays_taken(self) -> None:
        taken = {"ada@x.de"}
        assert self.chosen([guest(), guest("c2", None), guest("c3", None)], taken) == [
            SkipReason.SAME_ADDRESS,
            SkipReason.NO_EMAIL,
            SkipReason.NO_EMAIL,
        ]
        assert taken == {"ada@x.de"}

    def test_the_purpose_and_the_opt_outs_are_asked(self) -> None:
        assert self.chosen([guest()], set(), OptOut("ada@x.de", EVENT)) == [SkipReason.OPTED_OUT]
        (found,) = choose_recipients([guest()], NEWSLETTER, frozenset(), set())
        assert found[1] is SkipReason.NOT_SUBSCRIBED


class TestStandings:
    """MA-2: where a recipient stands."""

    @pytest.mark.parametrize(("state", "opened", "clicked"), list(product(MailState, (False, True), (False, True))))
    def test_every_row(self, state: MailState, opened: bool, clicked: bool) -> None:  # noqa: FBT001
        """What came back tells more than the mail; to somebody who was skipped, nothing came back through this one."""
        for click in CLICKS if clicked else [Reaction.SENT]:
            found = recipient_status(state, {click, Reaction.OPENED if opened else Reaction.SENT})
            told = "clicked" if clicked else "opened" if opened else state.value
            assert found.value == ("skipped" if state is MailState.SKIPPED else told)

    def test_the_table_is_complete(self) -> None:
        assert list(STATUSES) == list(MailState)
        assert {each for each in Reaction if each.value.startswith("clicked")} == CLICKS

    @pytest.mark.parametrize("status", RecipientStatus)
    def test_a_status_is_found_in_these_states_and_no_others(self, status: RecipientStatus) -> None:
        among = {each for each in MailState if status in STATUSES[each]}
        assert states_of([status]) == among
        assert states_of([status, RecipientStatus.SKIPPED]) == among | {MailState.SKIPPED}

    def test_only_what_people_did_with_this_message_counts(self) -> None:
        """MA-6, and each message for itself."""

        def event(reaction: Reaction, message: str = "m1", *, by_machine: bool = False) -> MessageEvent:
            return MessageEvent(
                event_id="e1",
                contact_id=ContactId("c1"),
                reaction=reaction,
                at=NOW,
                message=message,
                by_machine=by_machine,
            )

        events = [
            event(Reaction.OPENED),
            event(Reaction.CLICKED_MAYBE, by_machine=True),
            event(Reaction.CLICKED_DECLINE, "m2"),
            event(Reaction.CLICKED_GENERAL, ""),
        ]
        assert reactions_to(MessageId("m1"), events) == {Reaction.OPENED}
        assert reactions_to(MessageId("m2"), events) == {Reaction.CLICKED_DECLINE}


class TestLinks:
    """MA-1, IN-2: what following a link is."""

    @pytest.mark.parametrize("link", Link)
    def test_every_row(self, link: Link) -> None:
        """A link whose name is that of a click is that click; of the others, only the pixel tells something."""
        found = BY_LINK[link]
        said = {each.value: each for each in Reaction}
        assert found is (Reaction.OPENED if link is Link.PIXEL else said.get(f"clicked_{link.value}"))

    def test_the_tables_are_complete(self) -> None:
        """Every link has a row; every reaction but being sent can come of one."""
        assert set(BY_LINK) == set(Link)
        assert set(BY_LINK.values()) - {None} == set(Reaction) - {Reaction.SENT}

    def test_notices_and_messages_have_their_own(self) -> None:
        """The report's link stands in no message; what is no message's is evidence for nothing."""
        assert OF_NOTICES == {Link.REPORT: About.IMPORT_SUMMARY}
        assert {BY_LINK[link] for link in OF_NOTICES} == {None}

    def test_only_unsubscribing_is_for_ever(self) -> None:
        assert {Link.UNSUBSCRIBE} == NEVER_EXPIRE


class TestOutbox:
    """MA-3: what becomes of a mail, and when it is tried again."""

    @pytest.mark.parametrize(
        ("outcome", "state"),
        [
            (ACCEPTED, MailState.SENT),
            (REFUSED, MailState.FAILED),
            (DEFERRED, MailState.QUEUED),
            (UNKNOWN, MailState.UNKNOWN),
        ],
    )
    def test_every_row(self, outcome: DeliveryOutcome, state: MailState) -> None:
        """However often it was tried, as long as there is a further attempt."""
        for attempts in range(1, len(RETRY_AFTER) + 1):
            assert settled(outcome, attempts) is state

    @pytest.mark.parametrize("outcome", DeliveryOutcome)
    def test_after_the_last_attempt_nothing_is_queued(self, outcome: DeliveryOutcome) -> None:
        """What was put off has failed then; anything else is what it is."""
        told = settled(outcome, len(RETRY_AFTER) + 1)
        assert told is (MailState.FAILED if outcome is DEFERRED else SETTLED[outcome])
        assert told is settled(outcome, len(RETRY_AFTER) + 20)

    def test_the_table_decides(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert set(SETTLED) == set(DeliveryOutcome)
        monkeypatch.setattr(outbox, "SETTLED", {**SETTLED, UNKNOWN: MailState.QUEUED})
        assert settled(UNKNOWN, 1) is MailState.QUEUED
        assert settled(UNKNOWN, len(RETRY_AFTER) + 1) is MailState.FAILED

    def test_nobody_waits_shorter_the_later_it_is(self) -> None:
        """From a minute up to a day."""
        assert (RETRY_AFTER[0], RETRY_AFTER[-1]) == (timedelta(minutes=1), timedelta(days=1))
        assert all(earlier < later for earlier, later in pairwise(RETRY_AFTER))

    @pytest.mark.parametrize("attempts", range(1, len(RETRY_AFTER) + 1))
    def test_chance_lengthens_a_pause_by_a_quarter_at_most(self, attempts: int) -> None:
        """And shortens none."""
        pause = RETRY_AFTER[attempts - 1]
        assert SPREAD == 0.25
        assert [pause_after(attempts, spread) for spread in (0.0, 0.5, 1.0)] == [pause, pause * 1.125, pause * 1.25]

    def test_only_what_failed_or_is_in_doubt_is_queued_again_by_hand(self) -> None:
        """What was sent would arrive twice; what is on its way is on its way."""
        assert {MailState.FAILED, MailState.UNKNOWN} == REQUEUED


class TestTemplates:
    """MA-1: a recipient never sees a gap."""

    def told(self, template: str, **values: str) -> str:
        with pytest.raises(InvalidMessageError) as caught:
            PlainTemplates().render(template, values, html=False)
        assert caught.value.part == "template"
        return caught.value.problem

    def test_values_stand_where_their_names_were(self) -> None:
        """In any script, with braces or without; two signs are one."""
        values = {"Größe": "170", "first_name": "<Ada>"}
        template = "${first_name} $first_name: $Größe cm, $$5, a{color:red}"
        assert PlainTemplates().render(template, values, html=False) == "<Ada> <Ada>: 170 cm, $5, a{color:red}"

    def test_html_is_escaped(self) -> None:
        """Quotation marks too: values stand in attributes."""
        shown = PlainTemplates().render("<i title='${a}'>", {"a": "<&'\">"}, html=True)
        assert shown == "<i title='&lt;&amp;&#x27;&quot;&gt;'>"

    def test_an_unknown_name_is_told_with_those_that_are_known(self) -> None:
        assert self.told("${vorname}", b="", a="") == "there is no ${vorname}; known are: a, b"

    def test_a_sign_that_begins_nothing_is_told_with_its_place(self) -> None:
        assert self.told("Hallo\nfür $ 5") == (
            "line 2, col 5: a $ that begins no placeholder; write ${name}, or $$ for the sign itself"
        )

    @pytest.mark.parametrize("sign", JINJA)
    def test_a_template_of_jinjas_is_refused(self, sign: str) -> None:
        """With what would do; also where it has plain placeholders too."""
        with pytest.raises(OtherTemplatesError) as caught:
            PlainTemplates().render(f"${{first_name}} {sign} first_name", {"first_name": "Ada"}, html=False)
        assert caught.value.part == "template"
        assert caught.value.problem == "{{ and {% are Jinja's, and this renders ${name} alone"
