"""Laws: what the rules say of every state, and of every change from one to the next, whatever happened.

A law is a function of what happened; its name is a claim, its docstring names the rules. `LAWS` has them all.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from doocore import (
    AddAttendee,
    BookingResult,
    ChangedBooking,
    Contact,
    DeliveryOutcome,
    DuplicateMode,
    FieldType,
    ImportReport,
    MailState,
    OptOut,
    PermissionDeniedError,
    QueuedMessage,
    Reaction,
    RecipientStatus,
    RowOutcome,
    RowReason,
    RowReport,
    Subscription,
    SubscriptionState,
    SyncMode,
    Through,
    is_blank,
    match_key,
)
from doocore.changes import told_of_booking
from doocore.model.fields import folded, trimmed
from doocore.model.history import Cause, HistoryEntry
from doocore.model.identifiers import IdentifierKey, IdentifierKind
from doocore.model.invitation import MOST_GROUPS, InvitationFacts, concern_of
from doocore.rules.duplicates import is_own_opt_out
from doocore.rules.invitations import evidence_of_bookings, evidence_of_marks, evidence_of_messages, status_of
from tests.properties.machine.post import Handed, Posted, QueueAgain, Said, Write
from tests.properties.machine.seeing import LOOKED_AT, Seen
from tests.properties.strategies import Book, Deed, Edit, Import

GOES = {"delete a contact", "merge two contacts"}
"""The steps after which a contact may be gone."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One step of a story: what was done, what was answered, and what was to be seen before and after.

    `gone` are the contacts that ceased to be before; `born` tells how each contact came into being. `said` is what the
    mailer said last of each mail before, unless the mail was queued again since.
    """

    step: str
    deed: Deed
    answer: object
    before: Seen
    after: Seen
    gone: frozenset[str]
    born: Mapping[str, Mapping[str, Any]]
    said: Mapping[str, Said]

    @property
    def refused(self) -> bool:
        """Whether the answer is an error: its class, and what it is about."""
        return isinstance(self.answer, tuple) and bool(self.answer) and isinstance(self.answer[0], type)

    @property
    def kept(self) -> Iterator[tuple[Contact, Contact]]:
        """The contacts that were there before and are there after."""
        after = self.after["contacts"]
        return ((each, after[each.id]) for each in self.before["contacts"].values() if each.id in after)

    @property
    def made(self) -> Iterator[Contact]:
        """The contacts that came into being."""
        return (each for each in self.after["contacts"].values() if each.id not in self.before["contacts"])

    @property
    def imported(self) -> tuple[ImportReport, tuple[RowReport, ...]] | None:
        """The report of an import that ran."""
        if isinstance(self.deed, Import) and not self.refused:
            assert isinstance(self.answer, tuple)
            report, rows = self.answer
            return report, rows
        return None

    @property
    def edited(self) -> ChangedBooking | None:
        """The answer to an edit that was taken."""
        taken = isinstance(self.deed, Edit) and isinstance(self.answer, ChangedBooking)
        return self.answer if taken else None  # type: ignore[return-value]

    @property
    def handed(self) -> tuple[Handed, ...]:
        """What the mailer was handed."""
        return self.answer.handed if isinstance(self.answer, Posted) else ()

    @property
    def said_by_now(self) -> Mapping[str, Said]:
        """What the mailer has said last of each mail; one that is queued again by hand begins anew."""
        again: set[str] = set(self.deed.mail_ids) if isinstance(self.deed, QueueAgain) and not self.refused else set()
        kept = {id_: said for id_, said in self.said.items() if id_ not in again or said is DeliveryOutcome.ACCEPTED}
        return {**kept, **{each.mail_id: each.said for each in self.handed}}

    @property
    def booked(self) -> BookingResult | None:
        """The answer to a booking that was taken."""
        return self.answer if isinstance(self.answer, BookingResult) else None


Law: TypeAlias = Callable[[Happened], None]


# Of every step


def what_is_refused_changes_nothing(happened: Happened) -> None:
    """CT-1, AS-13, IM-1, FI-3, GR-1: whole or not at all."""
    if happened.refused:
        assert happened.after == happened.before


def nobody_is_lost(happened: Happened) -> None:
    """CT-3, MG-1: only who is deleted or merged goes, one at a time."""
    lost = happened.before["contacts"].keys() - happened.after["contacts"].keys()
    assert len(lost) <= (happened.step in GOES)


def no_id_is_given_twice(happened: Happened) -> None:
    """ID-1: digits and letters, never again."""
    for contact_id, contact in happened.after["contacts"].items():
        assert contact.id == contact_id
        assert contact_id.isascii()
        assert contact_id.isalnum()
    assert happened.gone.isdisjoint(happened.after["contacts"])


def nothing_else_comes_into_being(happened: Happened) -> None:
    """AS-11, IM-9, CT-1: who comes into being says by what, and when."""
    causes = {Book: Cause.BOOKING, Import: Cause.IMPORT}
    for contact in happened.made:
        assert contact.version == 1
        assert contact.origin.cause is causes.get(type(happened.deed), Cause.BY_HAND)


def the_history_leads_back_to_the_beginning(happened: Happened) -> None:
    """HI-1: every change is one version and one entry, and undone in turn they give the contact as it came to be."""
    for contact in happened.after["contacts"].values():
        entries: tuple[HistoryEntry, ...] = happened.after["history"][contact.id]
        assert [each.version for each in entries] == list(range(2, contact.version + 1))
        state = state_of(contact)
        for entry in reversed(entries):
            assert entry.after.items() <= state.items()
            state = {key: value for key, value in state.items() if key not in entry.after} | entry.before
        assert state == happened.born[contact.id]


def state_of(contact: Contact) -> dict[str, Any]:
    """Give what the history tells of: values, and states of subscriptions."""
    return {**contact.values, **{each.value: consent.state.value for each, consent in contact.subscriptions.items()}}


# Of every state


def keys_match_values(happened: Happened) -> None:
    """ID-3: the key beside an address is its match key."""
    for contact in happened.after["contacts"].values():
        email = contact.values.get("email")
        assert contact.email_key == (None if email is None else match_key(email))


def values_are_normal(happened: Happened) -> None:
    """FI-6, FI-4: of a field that there is, not blank, trimmed; a checkbox is true or false."""
    fields = {each.key: each for each in happened.after["catalog"]}
    for contact in happened.after["contacts"].values():
        for key, value in contact.values.items():
            assert isinstance(value, bool) is (fields[key].type is FieldType.CHECKBOX)
            assert not is_blank(value)
            assert isinstance(value, bool) or trimmed(value) == value


def holders_are_those_who_hold(happened: Happened) -> None:
    """ID-2, ID-5, MG-5: whoever has an identifier now or as an alias, and nobody else."""
    holding: dict[IdentifierKey, list[str]] = {}
    for contact in happened.after["contacts"].values():
        for key in contact.identifiers:
            holding.setdefault(key, []).append(contact.id)
    assert {key: list(ids) for key, ids in happened.after["holders"].items()} == {
        key: sorted(ids) for key, ids in holding.items()
    }


def groups_have_names_and_members(happened: Happened) -> None:
    """GR-1: names are unique without case and have no `;`, members exist."""
    names = [name for name, _ in happened.after["groups by name"]]
    assert len({folded(name) for name in names}) == len(names)
    assert not [name for name in names if ";" in name or trimmed(name) != name or not name]
    for _, members in happened.after["groups by name"]:
        assert len(set(members)) == len(members)
        assert set(members) <= happened.after["contacts"].keys()


def fields_have_names_of_their_own(happened: Happened) -> None:
    """FI-3: also beside the names and labels of system fields."""
    names = [folded(name) for each in happened.after["catalog"] for name in {each.name, *each.labels}]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def parties_belong_to_somebody_or_nobody(happened: Happened) -> None:
    """BO-1, CT-3, MG-1: no booking leads to a contact that is gone."""
    there = {*happened.after["contacts"], *happened.after["survivors"], None}
    for booking in happened.after["bookings"]:
        assert {party.outcome.contact_id for party in booking.parties} <= there


# Of invitations


def the_members_of_its_groups_stand_on_a_list(happened: Happened) -> None:
    """IN-1: whose membership counts as it is now, once each."""
    for listed in happened.after["invitation_lists"]:
        members = {each for group_id in listed.groups for each in happened.after["members"][group_id]}
        assert [each.contact_id for each in happened.after["invited"][listed.event_id]] == sorted(members)
        assert len(set(listed.groups)) == len(listed.groups) <= MOST_GROUPS
    with_lists = {each.event_id for each in happened.after["invitation_lists"]}
    assert not [
        event_id for event_id, lines in happened.after["invited"].items() if lines and event_id not in with_lists
    ]


def evidence_is_what_follows_from_what_was_recorded(happened: Happened) -> None:
    """IN-8: what is kept with every change is what one would conclude from everything there is."""
    for event_id, known in happened.after["invitation_facts"].items():
        messages, marks = happened.after["message_events"][event_id], happened.after["marks"][event_id]
        for contact_id in {*known, *messages, *marks}:
            facts = known.get(contact_id, InvitationFacts())
            follows = evidence_of_messages(messages.get(contact_id, ()))
            follows |= evidence_of_marks(each.mark for each in marks.get(contact_id, ()))
            assert facts.evidence == follows | evidence_of_bookings(facts.concerns), (event_id, contact_id)


def a_list_shows_what_is_known(happened: Happened) -> None:
    """IN-2, IN-6: every line its evidence, every status its lines, and the counts are counts of lines."""
    for event_id, standing in happened.after["standing"].items():
        lines = happened.after["invited"][event_id]
        known = happened.after["invitation_facts"][event_id]
        for line in lines:
            assert line.evidence == known.get(line.contact_id, InvitationFacts()).evidence
        assert happened.after["evidence counted"][event_id] == dict(Counter(each.evidence for each in lines))
        for status, ids in standing["lines"].items():
            assert ids == [each.contact_id for each in lines if status_of(each.evidence) is status]
            assert standing["counts"][status] == len(ids)


# Of messages


def nobody_gets_what_they_may_not_have(happened: Happened) -> None:
    """SU-2, SU-5, MA-3: whoever gets a mail is subscribed when it leaves, is not barred, and has that address."""
    for each in happened.handed:
        mail = happened.after["mails"][each.mail_id]
        purpose = happened.after["messages"][mail.message_id].draft.purpose
        contact: Contact = happened.before["contacts"][mail.contact_id]
        assert contact.state(purpose) is SubscriptionState.SUBSCRIBED
        assert OptOut(contact.email_key or "", purpose) not in happened.before["opt_outs"]
        assert match_key(each.to) == contact.email_key


def what_is_over_is_not_sent_again(happened: Happened) -> None:
    """MA-3: nothing that was accepted, refused for good or is in doubt; only what was put off, and not at once."""
    assert len({each.mail_id for each in happened.handed}) == len(happened.handed)
    for each in happened.handed:
        assert happened.said.get(each.mail_id, DeliveryOutcome.DEFERRED) is DeliveryOutcome.DEFERRED, each


def what_the_mailer_said_is_where_mails_stand(happened: Happened) -> None:
    """MA-2, MA-3: what was accepted is sent, and nothing else is."""
    taken = {each for each, said in happened.said_by_now.items() if said is DeliveryOutcome.ACCEPTED}
    assert {each.id for each in happened.after["mails"].values() if each.state is MailState.SENT} == taken
    if isinstance(happened.answer, Posted) and happened.answer.counts is not None:
        assert sum(happened.answer.counts.values()) >= len(happened.handed)


def each_address_gets_a_message_once(happened: Happened) -> None:
    """MA-1: whatever addresses change, and whoever is merged, between queueing and sending."""
    mails = [each for each in happened.after["mails"].values() if each.state is not MailState.SKIPPED]
    written_to = Counter((each.message_id, each.address_key) for each in mails if each.address_key is not None)
    assert [each for each, count in written_to.items() if count > 1] == []


def everybody_a_message_is_meant_for_has_a_mail(happened: Happened) -> None:
    """MA-1, MA-2: one, queued or skipped with a reason, in the order of groups; none comes later, and none is lost."""
    of_messages = {each.id: each.message_id for each in happened.after["mails"].values()}
    new = of_messages.keys() - happened.before["mails"].keys()
    assert happened.before["mails"].keys() <= of_messages.keys()
    if not isinstance(happened.answer, QueuedMessage):
        assert not new
        return
    assert isinstance(happened.deed, Write)
    mails = [happened.after["mails"][each] for each in sorted(new)]
    assert {each.message_id for each in mails} <= {happened.answer.message.id}
    assert [each.contact_id for each in mails] == list(dict.fromkeys(_meant(happened.deed, happened.before)))
    assert happened.answer.queued == sum(each.state is MailState.QUEUED for each in mails)
    assert dict(happened.answer.skipped) == dict(Counter(each.skipped for each in mails if each.skipped))
    assert len(mails) == happened.answer.queued + sum(happened.answer.skipped.values())


def _meant(write: Write, before: Seen) -> Iterator[str]:
    members = {folded(name): found for name, found in before["groups by name"]}
    for name in write.groups:
        yield from members[folded(name)]
    if write.statuses is not None:
        lines = before["standing"][write.event_id]["lines"]
        yield from sorted(each for status in write.statuses or lines for each in lines[status])
    yield from (before["survivors"].get(each, each) for each in write.contacts)


def what_is_told_of_a_message_adds_up(happened: Happened) -> None:
    """MA-2: its recipients are its mails, and every count counts them."""
    for message_id, told in happened.after["messages told"].items():
        mails = [each for each in happened.after["mails"].values() if each.message_id == message_id]
        assert [each.mail for each in told["recipients"]] == mails
        assert told["counts"] == {state: sum(each.state is state for each in mails) for state in MailState}
        assert told["skipped"] == dict(Counter(each.skipped for each in mails if each.skipped))
        assert told["status counts"] == {
            status: sum(each.status is status for each in told["recipients"]) for status in RecipientStatus
        }
        assert told["status counts"][RecipientStatus.SKIPPED] == sum(told["skipped"].values())


def recipients_stand_where_the_most_is_known(happened: Happened) -> None:
    """MA-2, MA-6: a click before an opening before what became of the mail, as far as people did it, with this message."""
    for message_id, told in happened.after["messages told"].items():
        events = happened.after["message_events"][happened.after["messages"][message_id].draft.event_id]
        for each in told["recipients"]:
            known = [event for event in events.get(each.mail.contact_id, ()) if event.message == message_id]
            words = [event.reaction.value.partition("_")[0] for event in known if not event.by_machine]
            most = next((word for word in ("clicked", "opened") if word in words), each.mail.state.value)
            assert each.status.value == ("skipped" if each.mail.skipped else most)


def what_was_sent_was_recorded(happened: Happened) -> None:
    """IN-2, MA-2, MA-5: once, as an event of the message at the contact, whose evidence another law derives."""
    sent = Counter(
        (each.message_id, each.contact_id)
        for each in happened.after["mails"].values()
        if each.state is MailState.SENT and each.contact_id is not None
    )
    recorded = Counter(
        (event.message, contact_id)
        for of_event in happened.after["message_events"].values()
        for contact_id, events in of_event.items()
        for event in events
        if event.message and event.reaction is Reaction.SENT
    )
    assert sent == recorded
    assert happened.after["last sent"].keys() == {contact_id for _, contact_id in sent} & {*LOOKED_AT}


# Of bookings


def bookings_stay_as_delivered(happened: Happened) -> None:
    """AS-13, BO-6: number, content and fingerprint of the first delivery; only staff who edits one changes its content."""
    after = {each.number: each for each in happened.after["bookings"]}
    for booking in happened.before["bookings"]:
        kept = after[booking.number]
        assert kept.fingerprint == booking.fingerprint
        if happened.edited is None or happened.edited.booking.number != booking.number:
            assert [each.entered for each in kept.parties] == [each.entered for each in booking.parties]


def every_change_of_a_booking_is_dated_and_leads_back(happened: Happened) -> None:
    """HI-1, BP-7, BO-1: one version, one entry and `last_changed`, from which it follows what was there before."""
    after = {each.number: each for each in happened.after["bookings"]}
    for booking in happened.before["bookings"]:
        changed, entries = after[booking.number], happened.after["booking_history"][booking.number]
        new = entries[len(happened.before["booking_history"][booking.number]) :]
        assert [each.version for each in entries] == list(range(2, changed.version + 1))
        state = _without_contacts(told_of_booking(changed))
        for entry in reversed(new):
            assert entry.at == changed.last_changed
            state = {key: each for key, each in state.items() if key not in entry.after} | entry.before
        assert _without_contacts(state) == _without_contacts(told_of_booking(booking))


def _without_contacts(told: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out whose parties are: nobody's, once the contact is deleted (CT-3)."""
    return {key: value for key, value in told.items() if not key.endswith(".contact_id")}


def an_edit_moves_nobody(happened: Happened) -> None:
    """SY-11: a party stays whose it is, and with nobody if it is nobody's."""
    if happened.edited is None:
        return
    after = happened.edited.booking
    before = next(each for each in happened.before["bookings"] if each.number == after.number)
    owners = [[each.outcome.contact_id for each in booking.parties] for booking in (before, after)]
    assert owners[1][: len(owners[0])] == owners[0]


def under_off_an_edit_changes_the_booking_only(happened: Happened) -> None:
    """SY-11: the contact not at all; a further attendee is decided about as in a booking."""
    if happened.edited is None or happened.before["settings"].sync is SyncMode.ON:
        return
    assert isinstance(happened.deed, Edit)
    if not any(isinstance(each, AddAttendee) for each in happened.deed.edits):
        assert happened.after["contacts"] == happened.before["contacts"]
        assert not any(happened.edited.reports)


def an_edit_does_not_erase(happened: Happened) -> None:
    """SY-1: what is cleared in the edit stays on the contact."""
    if happened.edited is not None:
        for before, after in happened.kept:
            assert before.values.keys() <= after.values.keys()


def bookings_concern_whom_they_should(happened: Happened) -> None:
    """IN-3: booker, attendees, and those through whose invitation they came; all bookings of the event, by number."""
    for event_id, facts in happened.after["invitation_facts"].items():
        bookings = [each for each in happened.after["bookings"] if each.event_id == event_id]
        for contact_id in happened.after["contacts"]:
            known = facts.get(contact_id)
            concerns = [found for each in bookings if (found := concern_of(each, contact_id)) is not None]
            assert list(() if known is None else known.concerns) == concerns


def a_booking_delivered_again_changes_nothing(happened: Happened) -> None:
    """AS-13."""
    if happened.booked is not None and happened.booked.repeated:
        assert happened.after == happened.before


def a_booking_does_not_erase(happened: Happened) -> None:
    """SY-1, SY-4, SY-6: nothing is cleared, and under `off` nothing replaced."""
    if happened.booked is None:
        return
    off = happened.before["settings"].sync is SyncMode.OFF
    for before, after in happened.kept:
        assert before.values.keys() <= after.values.keys()
        assert not off or before.values.items() <= after.values.items()


def a_booking_makes_no_second_holder(happened: Happened) -> None:
    """SY-8: of a customer ID, and of an address unless the contact is new."""
    if happened.booked is None:
        return
    new = {each.id for each in happened.made}
    before, after = happened.before["holders"], happened.after["holders"]
    for key, ids in after.items():
        came = set(ids) - set(before.get(key, ()))
        counted = came if key.kind is IdentifierKind.CUSTOMER_ID else came - new
        # Who gave the identifier up in the same booking may have done so before or after.
        assert len(counted) <= (0 if set(before.get(key, ())) & set(ids) else 1)


def one_address_leads_to_one_contact(happened: Happened) -> None:
    """AS-10: within a booking, whoever is decided by an address."""
    if happened.booked is None or happened.booked.repeated:
        return
    assert isinstance(happened.deed, Book)
    found: dict[str, set[str | None]] = {}
    for party, outcome in zip(happened.deed.booking.parties, happened.booked.parties, strict=True):
        key = match_key(party.email or "")
        if key is not None and outcome.reason in DECIDED_BY_ADDRESS:
            found.setdefault(key, set()).add(outcome.contact_id)
    assert [each for each in found.values() if len(each) > 1] == []


DECIDED_BY_ADDRESS = {
    *("email_match", "no_match", "ambiguous", "same_booking", "policy_oldest", "policy_newest", "policy_most_complete")
}


# Of imports


def outcomes_add_up(happened: Happened) -> None:
    """IM-8, IM-10, IM-18: every row has one outcome; those that were not processed have reasons, the others none."""
    for record in happened.after["imports"]:
        counts, notable = happened.after["import_rows"][record.id]
        assert sum(counts.values()) == record.total_rows
        assert counts.get(RowOutcome.UNPROCESSED, 0) == sum(bool(row.reasons) for row in notable)
    if happened.imported is not None:
        report, rows = happened.imported
        assert dict(report.counts) == dict(Counter(row.outcome for row in rows))
        for row in rows:
            unprocessed = row.outcome is RowOutcome.UNPROCESSED
            assert bool(row.reasons) is unprocessed
            assert not (unprocessed and row.warnings)
            words = [each.word for each in row.reasons]
            assert RowReason.WRONG_COLUMN_COUNT not in words or len(words) == 1


def an_import_keeps_to_its_mode(happened: Happened) -> None:
    """IM-5: nothing is cleared; `fill_empty` replaces nothing, `only_new` touches nobody."""
    if happened.imported is None:
        return
    mode = happened.imported[0].record.options.duplicates
    for before, after in happened.kept:
        assert before.values.keys() <= after.values.keys()
        assert mode is DuplicateMode.OVERWRITE or before.values.items() <= after.values.items()
        assert mode is not DuplicateMode.ONLY_NEW or before == after


def an_import_takes_nobody_out_of_a_group(happened: Happened) -> None:
    """IM-6: and under `only_new` it brings nobody in who was there, but for the group that collects them."""
    if happened.imported is None:
        return
    options = happened.imported[0].record.options
    before = {folded(name): members for name, members in happened.before["groups by name"]}
    known = happened.before["contacts"].keys()
    for name, members in happened.after["groups by name"]:
        were = before.get(folded(name), ())
        assert members[: len(were)] == were
        collects = folded(name) == folded(options.existing_to_group or "")
        if options.duplicates is DuplicateMode.ONLY_NEW and not collects:
            assert known.isdisjoint(set(members) - set(were))


def a_rehearsal_changes_nothing(happened: Happened) -> None:
    """IM-14."""
    if isinstance(happened.deed, Import) and happened.deed.dry_run:
        assert happened.after == happened.before


# Of subscriptions and permissions


def a_person_s_own_word_stands(happened: Happened) -> None:
    """SU-4, SU-5: no import and no booking undoes it, or subscribes whom it binds."""
    if happened.booked is None and happened.imported is None:
        return
    bound: frozenset[OptOut] = happened.before["opted out"] & happened.after["opted out"]
    for before, after in happened.kept:
        for subscription in Subscription:
            if is_own_opt_out(before.subscriptions.get(subscription)):
                assert after.subscriptions[subscription] == before.subscriptions[subscription]
            _refuse_subscribing(before, after, subscription, bound)
    for contact in happened.made:
        for subscription in Subscription:
            _refuse_subscribing(contact, contact, subscription, bound, new=True)


def _refuse_subscribing(
    before: Contact, after: Contact, subscription: Subscription, bound: frozenset[OptOut], *, new: bool = False
) -> None:
    became = after.state(subscription) is SubscriptionState.SUBSCRIBED
    if became and (new or before.state(subscription) is not SubscriptionState.SUBSCRIBED):
        keys = {each.key for each in before.identifiers & after.identifiers if each.kind is IdentifierKind.EMAIL}
        assert not [key for key in keys if OptOut(key, subscription) in bound]


def subscriptions_come_from_somewhere(happened: Happened) -> None:
    """SU-1, SU-2: a consent says when and through what, and none changes in silence."""
    allowed = {Book: {Through.BOOKING}, Import: {Through.IMPORT}}.get(type(happened.deed))
    for before, after in happened.kept:
        for subscription, consent in after.subscriptions.items():
            changed = before.subscriptions.get(subscription) != consent
            assert not changed or allowed is None or consent.through in allowed


def members_do_not_manage(happened: Happened) -> None:
    """PR-2: settings and fields are a team admin's."""
    if happened.step.endswith("as a member"):
        assert happened.refused
        assert isinstance(happened.answer, tuple)
        assert happened.answer[0] is PermissionDeniedError


LAWS: Mapping[str, Law] = {
    law.__name__: law
    for law in (
        what_is_refused_changes_nothing,
        nobody_is_lost,
        no_id_is_given_twice,
        nothing_else_comes_into_being,
        the_history_leads_back_to_the_beginning,
        keys_match_values,
        values_are_normal,
        holders_are_those_who_hold,
        groups_have_names_and_members,
        fields_have_names_of_their_own,
        parties_belong_to_somebody_or_nobody,
        the_members_of_its_groups_stand_on_a_list,
        bookings_concern_whom_they_should,
        evidence_is_what_follows_from_what_was_recorded,
        a_list_shows_what_is_known,
        nobody_gets_what_they_may_not_have,
        what_is_over_is_not_sent_again,
        what_the_mailer_said_is_where_mails_stand,
        each_address_gets_a_message_once,
        everybody_a_message_is_meant_for_has_a_mail,
        what_is_told_of_a_message_adds_up,
        recipients_stand_where_the_most_is_known,
        what_was_sent_was_recorded,
        bookings_stay_as_delivered,
        every_change_of_a_booking_is_dated_and_leads_back,
        an_edit_moves_nobody,
        under_off_an_edit_changes_the_booking_only,
        an_edit_does_not_erase,
        a_booking_delivered_again_changes_nothing,
        a_booking_does_not_erase,
        a_booking_makes_no_second_holder,
        one_address_leads_to_one_contact,
        outcomes_add_up,
        an_import_keeps_to_its_mode,
        an_import_takes_nobody_out_of_a_group,
        a_rehearsal_changes_nothing,
        a_person_s_own_word_stands,
        subscriptions_come_from_somewhere,
        members_do_not_manage,
    )
}
