"""Claims about transactions: all or nothing, organization by organization."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from itertools import chain

from doocore.changes import (
    Change,
    ChangeCode,
    ChangeEvent,
    ChangeSettings,
    CreateCode,
    CreateContact,
    CreateEvent,
    CreateGroup,
    CreateMessage,
    DeleteContact,
    DeleteField,
    DeleteGroup,
    ExpireRows,
    FinishImport,
    JoinGroup,
    LeaveGroup,
    LiftOptOut,
    PutField,
    QueueMails,
    RecordBooking,
    RecordMessageEvents,
    RecordOptOut,
    RecordRows,
    RedeemCode,
    RenameGroup,
    RetireContact,
    StartImport,
    TakeOverImport,
    UpdateBooking,
    UpdateContact,
    UpdateMail,
    group_by_kind,
)
from doocore.errors import NotFoundError, StaleVersionError
from doocore.model.booking import AttendeeStatus, PaymentStatus
from doocore.model.contact import GroupId, OptOut, Subscription
from doocore.model.contact_import import ImportId, Remark, RowOutcome, RowReason, RowReport, RowWarning
from doocore.model.event import Event
from doocore.model.identifiers import ContactId, IdentifierKey, IdentifierKind
from doocore.model.invitation import MessageEvent, Reaction
from doocore.model.message import About, MailState, Message, MessageDraft, OutboxMail, SkipReason
from doocore.model.organization import OrganizationSettings
from doocore.plans.story import Needs
from doocore.ports import Foreseen, OrganizationStore, Snapshot
from doocore.testing.raises import raises
from doocore.testing.samples import (
    MOMENT,
    address,
    booking,
    code,
    code_id,
    contact,
    contact_id,
    contact_set,
    customer,
    envelope,
    full_contact,
    full_event,
    full_field,
    group,
    import_record,
    mail,
    message,
    party,
)
from doocore.testing.store.base import StoreClaims, commit
from doocore.testing.store.invitations import BECOMES_KNOWN, KNOWN_BEFORE, known_of

ADA = contact(1, email="ada@example.org", first_name="Ada", gone="x", aliases=frozenset({customer("K-1")}))
EVE = contact(6, email="eve@example.org", aliases=frozenset({customer("K-6")}))

BOOKED = booking(1, replace(party(1), through_contact_id=contact_id(6)), party(6), party(7))
EDITED = replace(
    BOOKED.with_parties(
        [
            BOOKED.booker,
            replace(BOOKED.attendees[0], status=AttendeeStatus.CHECKED_IN),
            BOOKED.attendees[1],
            replace(party(7), outcome=replace(party(7).outcome, contact_id=contact_id(3))),
            party(3),
        ]
    ),
    payment=PaymentStatus.PAID,
    version=2,
)
"""A booking before and after an edit: one party changes, one goes to somebody else, one is new."""

BASIS: tuple[Change, ...] = (
    ChangeSettings(OrganizationSettings(region="AT")),
    CreateContact(ADA),
    CreateContact(contact(2, email="bob@example.org", customer_id="K-2", aliases=frozenset({customer("K-0")}))),
    CreateContact(contact(3)),
    CreateContact(EVE),
    UpdateContact(EVE, replace(EVE, version=2)),
    CreateContact(contact(7)),
    UpdateContact(contact(7), replace(contact(7), version=2)),
    RetireContact(contact_id(7), contact_id(6)),
    CreateGroup(group(1)),
    CreateGroup(group(3)),
    JoinGroup(group(1).id, contact_id(1)),
    JoinGroup(group(1).id, contact_id(2)),
    JoinGroup(group(1).id, contact_id(6)),
    JoinGroup(group(3).id, contact_id(2)),
    RecordOptOut(OptOut("ada@example.org", Subscription.MARKETING)),
    PutField(full_field()),
    PutField(replace(full_field(), key="gone", name="Gone")),
    CreateEvent(Event(id="e1")),
    RecordBooking(BOOKED),
    CreateCode(replace(code(1), contact_id=contact_id(6))),
    CreateCode(replace(code(2), event_id="e1")),
    RedeemCode(code_id(1), booking(1).number),
    *KNOWN_BEFORE,
    StartImport(import_record(1)),
    RecordRows(ImportId("i1"), (RowReport(line=2, outcome=RowOutcome.ADDED),)),
)
"""Something of every noun, to be there before."""

EVERY_KIND: tuple[Change, ...] = (
    UpdateMail(mail(2), replace(mail(2), state=MailState.SENDING, version=2)),
    QueueMails((mail(2),)),
    CreateMessage(message(2)),
    RedeemCode(code_id(2), booking(2).number),
    RedeemCode(code_id(3), booking(1).number),
    ChangeCode(replace(code(2), withdrawn=True, version=2)),
    CreateCode(code(3)),
    ExpireRows(ImportId("i2")),
    FinishImport(ImportId("i2"), 2),
    RecordRows(
        ImportId("i1"), (RowReport(line=3, outcome=RowOutcome.UPDATED, warnings=(Remark(RowWarning.EMAIL_SHARED),)),)
    ),
    RecordRows(ImportId("i2"), (RowReport(line=2, outcome=RowOutcome.SKIPPED),), 2),
    TakeOverImport(ImportId("i2"), 1),
    StartImport(import_record(2)),
    *BECOMES_KNOWN,
    UpdateBooking(BOOKED, EDITED, ("BO-6",)),
    RecordBooking(booking(2, party(1), party(4))),
    RetireContact(contact_id(2), contact_id(4), (address("bob@example.org"), customer("K-2"), customer("K-0"))),
    DeleteContact(contact_id(6), 2, (contact_id(7),)),
    DeleteField("gone", ("FI-4",)),
    DeleteGroup(group(3).id),
    RenameGroup(group(1).id, "Renamed"),
    LeaveGroup(group(1).id, contact_id(1)),
    JoinGroup(GroupId("g2"), contact_id(4)),
    JoinGroup(GroupId("g2"), contact_id(1)),
    LiftOptOut(OptOut("ada@example.org", Subscription.MARKETING)),
    RecordOptOut(OptOut("bob@example.org", Subscription.NEWSLETTER)),
    UpdateContact(ADA, replace(contact(1, email="lovelace@example.org", f1=False, gone="x"), version=2)),
    ChangeEvent(Event(id="e1", name="Changed", version=2)),
    CreateEvent(full_event()),
    contact_set(9),
    CreateContact(full_contact(4)),
    CreateContact(contact(0)),
    CreateContact(contact(8)),
    CreateGroup(group(2)),
    ChangeSettings(OrganizationSettings(region="CH")),
    PutField(replace(full_field(), name="Changed")),
    PutField(replace(full_field(), key="f2", name="New")),
)
"""Every kind of change, each kind before what it refers to or after it: the store has to sort them."""


FORESEEN = (
    Needs(),
    Needs(
        keys=frozenset({address("ada@example.org"), customer("K-0"), customer("K-6"), address("nobody@example.org")}),
        bookings=frozenset({booking(1).number, booking(2).number, booking(9).number}),
        events=frozenset({"e1", "e9"}),
    ),
    Needs(
        keys=frozenset({address("a\0b"), customer("\ud800"), IdentifierKey(IdentifierKind.CONTACT_ID, contact_id(2))})
    ),
    Needs(keys=frozenset(address(f"{number}@example.org") for number in range(100)), events=frozenset({"", "\0"})),
)
"""What stories foresee: nothing, what there is and what there is not, what no store has, and much."""


def foreseen_in(tx: Snapshot, foreseen: Foreseen) -> tuple[object, ...]:
    """Read what is foreseen."""
    return (
        tx.settings.get(),
        tx.fields.all(),
        tx.contacts.holders([each for each in foreseen.keys if each.kind is not IdentifierKind.CONTACT_ID]),
        tx.bookings.get(foreseen.bookings),
        tx.events.get(foreseen.events),
    )


def everything(tx: Snapshot) -> dict[str, object]:
    """Read whatever the changes above could have touched."""
    ids = [contact_id(number) for number in range(10)]
    emails = ("ada@example.org", "bob@example.org", "lovelace@example.org", "alt@example.org", "eve@example.org")
    customers = ("K-0", "K-1", "K-2", "K-6", "alt@example.org")
    return {
        "contacts": tx.contacts.get(ids),
        "holders": tx.contacts.holders([*map(address, emails), *map(customer, customers)]),
        "survivors": tx.contacts.survivors(ids),
        "belongings": [tx.contacts.belongings(each) for each in ids],
        "opt-outs": tx.contacts.opt_outs(emails),
        "page": tx.contacts.page(),
        "columns": [*tx.contacts.columns(["email", "f1", "marketing"], size=3)],
        "found": tx.contacts.page(text="a", group_id=group(1).id),
        "count": tx.contacts.count(),
        "groups": tx.groups.all(),
        "named": tx.groups.named(["group 1", "group 2", "group 3", "renamed"]),
        "groups of": tx.groups.of(ids),
        "members": [tx.groups.members(GroupId(each)) for each in ("g1", "g2", "g3")],
        "fields": tx.fields.all(),
        "values": [tx.fields.count_values(each) for each in ("f1", "gone")],
        "events": tx.events.all(),
        "some events": tx.events.get(["e1", full_event().id]),
        "bookings": tx.bookings.page(),
        "some bookings": tx.bookings.get([booking(1).number, booking(2).number]),
        "bookings of an event": tx.bookings.page(event_id="e1"),
        "bookings of": [tx.bookings.of_contact(each) for each in ids],
        "booking history": [tx.bookings.history(each) for each in (booking(1).number, booking(2).number)],
        "messages": tx.messages.page(),
        "mails": tx.outbox.page(),
        "mail counts": tx.outbox.counts(),
        "codes": tx.codes.page(),
        "codes of an event": tx.codes.page(event_id="e1"),
        "codes by name": tx.codes.named([f"code-{number}" for number in range(1, 4)]),
        "used": tx.codes.used([code_id(number) for number in range(1, 4)]),
        "redemptions": tx.codes.redemptions([code_id(number) for number in range(1, 4)]),
        "redeemed in": tx.codes.redeemed_in([booking(1).number, booking(2).number]),
        **known_of(tx, ids),
        "imports": tx.imports.all(),
        "one import": tx.imports.get(ImportId("i2")),
        "counts": [dict(tx.imports.counts(ImportId(each))) for each in ("i1", "i2")],
        "notable": [list(tx.imports.notable(ImportId(each))) for each in ("i1", "i2")],
        "history": [tx.history.of_contact(each) for each in ids],
        "settings": tx.settings.get(),
    }


class TransactionClaims(StoreClaims):
    """All or nothing."""

    def test_what_is_written_can_be_read_at_once_and_afterwards(self) -> None:
        """Later reads in the transaction see what it wrote, and so does every later transaction."""
        with self.organization() as acme:
            commit(acme, *BASIS)
            with acme.transaction() as tx:
                before = everything(tx)
                tx.apply(EVERY_KIND, envelope())
                after = everything(tx)
            with acme.transaction() as tx:
                assert everything(tx) == after
            assert [noun for noun in after if after[noun] == before[noun]] == []

    def test_the_order_of_kinds_does_not_matter(self) -> None:
        """What is referred to is written before what refers to it, in whatever order the changes come."""
        results = []
        kinds = tuple(group_by_kind(EVERY_KIND).values())
        for changes in (chain(*kinds), chain(*reversed(kinds))):
            with self.transaction(*BASIS) as tx:
                tx.apply(tuple(changes), envelope())
                results.append(everything(tx))
        assert results[0] == results[1]

    def test_a_block_that_raises_writes_nothing(self) -> None:
        """The error goes through unchanged, and nothing of the transaction is left, whatever was changed in it."""
        for error in (ValueError("mine"), KeyboardInterrupt()):
            with self.organization() as acme:
                commit(acme, *BASIS)
                with acme.transaction() as tx:
                    before = everything(tx)
                with raises(type(error)) as caught, acme.transaction() as tx:
                    tx.apply(EVERY_KIND, envelope())
                    tx.apply([CreateContact(contact(5))], envelope())
                    raise error
                assert caught.error is error
                with acme.transaction() as tx:
                    assert everything(tx) == before
                    tx.apply(EVERY_KIND, envelope())

    def test_changes_that_are_refused_leave_nothing(self) -> None:
        """One change in the middle that cannot be made takes all of its call back; the transaction goes on (atomic `apply`)."""
        outdated = UpdateContact(contact(3), replace(contact(3, city="Ulm"), version=2))
        gone = replace(contact(3, city="Bonn"), version=2)
        with self.organization() as acme:
            commit(acme, *BASIS, UpdateContact(contact(3), gone))
            with acme.transaction() as tx:
                tx.apply([CreateContact(contact(5, city="Köln"))], envelope())
                before = everything(tx)
                for changes in ((*EVERY_KIND, outdated), (outdated, *EVERY_KIND)):
                    with raises(StaleVersionError) as caught:
                        tx.apply(changes, envelope())
                    assert caught.error.key == contact_id(3)
                    assert everything(tx) == before
                tx.apply([UpdateContact(gone, replace(gone, version=3))], envelope())
                after = everything(tx)
            with acme.transaction() as tx:
                assert everything(tx) == after
                assert tx.contacts.get([contact_id(5)]) == {contact_id(5): contact(5, city="Köln")}

    def test_no_changes_are_no_error(self) -> None:
        """Nothing to write is nothing written."""
        with self.transaction() as tx:
            before = everything(tx)
            tx.apply([], envelope())
            assert everything(tx) == before

    def test_any_keys_can_be_locked(self) -> None:
        """Keys of every kind, in any order, twice, existing or not; and none at all."""
        keys = [IdentifierKey(kind, key) for key in ("b", "a", "", "b", "🦄") for kind in IdentifierKind]
        with self.organization() as acme:
            with acme.transaction(lock=keys) as tx:
                tx.apply([CreateContact(contact(1))], envelope())
            with acme.transaction(lock=iter(keys)) as tx:
                assert tx.contacts.count() == 1

    def test_what_is_foreseen_changes_no_answer(self) -> None:
        """Read in part, twice, or not at all: all answers are as if nothing had been foreseen."""
        with self.organization() as acme:
            commit(acme, *BASIS, *EVERY_KIND)
            for foreseen in FORESEEN:
                with acme.transaction() as tx:
                    expected = everything(tx), foreseen_in(tx, foreseen)
                with acme.transaction(lock=foreseen.keys, foreseen=foreseen) as tx:
                    assert foreseen_in(tx, foreseen) == expected[1]
                    assert (everything(tx), foreseen_in(tx, foreseen)) == expected
                with acme.transaction(foreseen=foreseen) as tx:
                    assert (everything(tx), foreseen_in(tx, foreseen)) == expected
                with acme.transaction(foreseen=foreseen):
                    pass

    def test_what_is_written_is_read_whatever_was_foreseen(self) -> None:
        """What was fetched beforehand is of no use as soon as something is written; nor when it was refused."""
        new = (
            ChangeSettings(OrganizationSettings(region="FR")),
            PutField(replace(full_field(), key="f8", name="Eighth")),
            CreateEvent(Event(id="e8")),
            CreateContact(contact(8, email="ada@example.org")),
            RecordBooking(booking(8)),
        )
        foreseen = Needs(
            keys=frozenset({address("ada@example.org")}),
            bookings=frozenset({booking(8).number}),
            events=frozenset({"e8"}),
        )
        with self.organization() as acme:
            commit(acme, *BASIS)
            with acme.transaction() as tx:
                before = foreseen_in(tx, foreseen)
            with acme.transaction(foreseen=foreseen) as tx:
                with raises(StaleVersionError):
                    tx.apply([*new, CreateContact(ADA)], envelope())
                assert foreseen_in(tx, foreseen) == before
            with acme.transaction(foreseen=foreseen) as tx:
                tx.apply(new, envelope())
                after = foreseen_in(tx, foreseen)
                assert [one != other for one, other in zip(before, after, strict=True)] == [True] * len(before)
            with acme.transaction() as tx:
                assert foreseen_in(tx, foreseen) == after

    def test_a_transaction_that_is_over_is_over(self) -> None:
        """Neither reading nor writing goes on behind the end, be it a good or a bad one."""
        with self.organization() as acme:
            with acme.transaction() as good:
                pass
            with raises(ValueError), acme.transaction() as bad:
                raise ValueError
            for tx in (good, bad):
                with raises(RuntimeError):
                    tx.apply([CreateContact(contact(1))], envelope())
                with raises(RuntimeError):
                    tx.contacts.get([contact_id(1)])
            with acme.transaction() as tx:
                assert tx.contacts.count() == 0

    def test_a_transaction_within_one_is_refused(self) -> None:
        """Who opens a second one while the first is open would wait for itself; the first is not harmed."""
        with self.store() as store:
            acme, other = store.organization("acme"), store.organization("other")
            with acme.transaction() as tx:
                tx.apply([CreateContact(contact(1))], envelope())
                for opening in (acme.transaction, other.transaction, acme.snapshot):
                    with raises(RuntimeError), ExitStack() as stack:
                        stack.enter_context(opening())
                tx.apply([CreateContact(contact(2))], envelope())
            with acme.snapshot() as view:
                for opening in (acme.transaction, other.snapshot):
                    with raises(RuntimeError), ExitStack() as stack:
                        stack.enter_context(opening())
                assert view.contacts.count() == 2

    def test_a_snapshot_shows_what_was_committed(self) -> None:
        """It reads all that a transaction reads, and is over when its block has ended."""
        with self.organization() as acme:
            commit(acme, *BASIS, *EVERY_KIND)
            with acme.transaction() as tx:
                written = everything(tx)
            with acme.snapshot() as view:
                assert everything(view) == written
                assert not hasattr(view, "apply")
            with raises(RuntimeError):
                view.contacts.count()
            with raises(ValueError), acme.snapshot():
                raise ValueError
            with acme.transaction() as tx:
                assert everything(tx) == written

    def test_thousands_of_changes_go_at_once(self) -> None:
        """Five thousand contacts are created, changed, put into a group, found and read again in one call each."""
        numbers = range(5_000)
        created = [contact(number, email=f"{number}@example.org", customer_id=f"K-{number}") for number in numbers]
        changed = [replace(each, values=type(each.values)({**each.values, "f1": "ä"}), version=2) for each in created]
        ids = [each.id for each in created]
        with self.transaction(*map(CreateContact, created), CreateGroup(group(1))) as tx:
            updates = [UpdateContact(before, after) for before, after in zip(created, changed, strict=True)]
            tx.apply([*updates, *(JoinGroup(group(1).id, each) for each in reversed(ids))], envelope())
            assert tx.contacts.get(ids) == dict(zip(ids, changed, strict=True))
            keys = [address(f"{number}@example.org") for number in numbers]
            assert tx.contacts.holders(keys) == {key: (each,) for key, each in zip(keys, ids, strict=True)}
            assert tx.groups.members(group(1).id) == tuple(reversed(ids))
            assert len(tx.groups.of(ids)) == tx.contacts.count() == 5_000
            with raises(StaleVersionError) as caught:
                tx.apply(updates[4_000:], envelope())
            assert caught.error.key == ids[4_000]

    def test_the_schema_can_be_brought_up_to_date_again(self) -> None:
        """Where it is up to date, `migrate` does nothing, and `close` may come twice."""
        with self.store() as store:
            commit(store.organization("acme"), *BASIS)
            store.migrate()
            with store.organization("acme").transaction() as tx:
                assert tx.contacts.count() == 4
            store.close()


class OrganizationClaims(StoreClaims):
    """One organization's records are out of reach for another (PR-1)."""

    def test_organizations_are_told_apart(self) -> None:
        """Neither reads nor writes of one are seen by another, even where all IDs, names and numbers are the same."""
        with self.transaction(*BASIS) as tx:
            basis = everything(tx)
        with self.transaction(*BASIS) as tx:
            tx.apply(EVERY_KIND, envelope())
            changed = everything(tx)
        with self.store() as store:
            acme, other = store.organization("acme"), store.organization("Acme")
            assert (acme.organization_id, other.organization_id) == ("acme", "Acme")
            with other.snapshot() as view:
                empty = everything(view)
            commit(acme, *BASIS)
            assert [_seen(each) for each in (acme, other)] == [basis, empty]
            commit(other, *BASIS)
            assert [_seen(each) for each in (acme, other)] == [basis, basis]
            commit(acme, *EVERY_KIND)
            assert [_seen(each) for each in (acme, other)] == [changed, basis]

    def test_joining_is_counted_in_each_organization(self) -> None:
        """The order in one does not depend on how many joined a group of the same ID in another."""
        with self.store() as store:
            acme, other = store.organization("acme"), store.organization("other")
            contacts = [CreateContact(contact(number)) for number in range(1, 7)]
            for organization in (acme, other):
                commit(organization, CreateGroup(group(1)), *contacts)
            for organization, numbers in (
                (acme, (6, 5, 4)),
                (other, (3,)),
                (acme, (2,)),
                (other, (2, 1)),
                (acme, (1,)),
            ):
                commit(organization, *(JoinGroup(group(1).id, contact_id(number)) for number in numbers))
            with acme.snapshot() as view:
                assert view.groups.members(group(1).id) == tuple(contact_id(number) for number in (6, 5, 4, 2, 1))
            with other.snapshot() as view:
                assert view.groups.members(group(1).id) == tuple(contact_id(number) for number in (3, 2, 1))

    def test_ids_are_given_anew_in_each_organization(self) -> None:
        """What was deleted in one says nothing about another, even where that one has deleted contacts too (ID-1)."""
        with self.store() as store:
            acme, other = store.organization("acme"), store.organization("other")
            for organization, number in ((acme, 1), (other, 2)):
                commit(organization, CreateContact(contact(number)))
                commit(organization, DeleteContact(contact_id(number), 1))
            for organization, number in ((acme, 2), (other, 1)):
                commit(organization, CreateContact(contact(number)))
                with organization.snapshot() as view:
                    assert [each.id for each in view.contacts.page()] == [contact_id(number)]
                    keys = [IdentifierKey(IdentifierKind.CONTACT_ID, contact_id(each)) for each in (1, 2)]
                    assert view.contacts.holders(keys) == {keys[number - 1]: (contact_id(number),)}

    def test_nothing_of_another_organization_can_be_changed(self) -> None:
        """Another's contact, event or import behaves as unknown."""
        with self.store() as store:
            acme, other = store.organization("acme"), store.organization("other")
            commit(acme, *BASIS)
            with other.transaction() as tx:
                changed = replace(contact(3, city="Ulm"), version=2)
                outdated: tuple[Change, ...] = (
                    UpdateContact(contact(3), changed),
                    ChangeEvent(Event(id="e1", version=2)),
                    ChangeCode(replace(code(1), version=2)),
                    DeleteContact(contact_id(3), 1),
                )
                for change in outdated:
                    with raises(StaleVersionError):
                        tx.apply([change], envelope())
                for stranger in (
                    RetireContact(contact_id(1), contact_id(2)),
                    JoinGroup(group(1).id, contact_id(1)),
                    RenameGroup(group(1).id, "Mine"),
                    DeleteGroup(group(1).id),
                    DeleteField("gone"),
                    FinishImport(ImportId("i1")),
                    RedeemCode(code_id(2), booking(1).number),
                ):
                    with raises(LookupError):
                        tx.apply([stranger], envelope())
                tx.apply([LeaveGroup(group(1).id, contact_id(1))], envelope())
                tx.apply([LiftOptOut(OptOut("ada@example.org", Subscription.MARKETING))], envelope())
            with acme.transaction() as tx:
                assert tx.groups.members(group(1).id) == (contact_id(1), contact_id(2), contact_id(6))
                assert tx.groups.named(["group 1"])
                assert tx.fields.count_values("gone") == 1
                assert tx.contacts.opt_outs(["ada@example.org"])
                assert tx.contacts.get([contact_id(3)]) == {contact_id(3): contact(3)}

    def test_imports_of_one_id_are_told_apart(self) -> None:
        """Taking one over, writing its rows and forgetting them leaves the other organization's alone (PR-1)."""
        first = ImportId("i1")
        rows = (RowReport(2, RowOutcome.UNPROCESSED, None, (Remark(RowReason.TOO_LONG, "city", "Ä"),), (), ("Ä",)),)
        with self.store() as store:
            acme, other = store.organization("acme"), store.organization("other")
            for each in (acme, other):
                with each.transaction() as tx:
                    tx.apply([StartImport(import_record(1)), RecordRows(first, rows)], envelope())
            with acme.transaction() as tx:
                tx.apply([TakeOverImport(first, 1)], envelope())
                tx.apply([ExpireRows(first)], envelope())
            with other.transaction() as tx:
                assert tx.imports.get(first) == import_record(1)
                assert list(tx.imports.notable(first)) == list(rows)
                with raises(StaleVersionError):
                    tx.apply([RecordRows(first, rows, 2)], envelope())

    def test_another_organizations_codes_and_bookings_are_not_redeemed(self) -> None:
        """They behave as unknown, also where one of the two is our own (PR-1)."""
        with self.store() as store:
            acme, first, second = (store.organization(name) for name in ("acme", "first", "second"))
            commit(acme, RecordBooking(booking(1)), CreateCode(code(1)))
            commit(first, RecordBooking(booking(1)))
            commit(second, CreateCode(code(1)))
            for organization, noun in ((first, "code"), (second, "booking")):
                with raises(NotFoundError) as caught, organization.transaction() as tx:
                    tx.apply([RedeemCode(code_id(1), booking(1).number)], envelope())
                assert caught.error.noun == noun
            with acme.snapshot() as view:
                assert view.codes.used([code_id(1)]) == {code_id(1): 0}

    def test_mails_of_one_id_are_told_apart(self) -> None:
        """Messages, mails and tokens of the same name are each organization's own, whatever happens in another (PR-1)."""
        later = MOMENT + timedelta(seconds=1)
        ours = (
            _mail_to(1, 1, MailState.SENT),
            _mail_to(2, 2, MailState.SKIPPED),
            replace(_mail_to(3, 3, MailState.QUEUED), due_at=later),
        )
        theirs = (*(_mail_to(each, each, MailState.QUEUED) for each in (1, 2)), _mail_to(3, 2, MailState.SENT))
        own = replace(message(1), draft=MessageDraft(event_id="e1", subject="Ours", text="Hallo"))
        with self.store() as store:
            acme, other = store.organization("acme"), store.organization("other")
            for organization, first, mails in ((acme, message(1), theirs), (other, own, ours)):
                contacts = [CreateContact(contact(number)) for number in (1, 2, 3)]
                commit(organization, *contacts, CreateMessage(first), QueueMails(mails))
            opening = MessageEvent(
                event_id="e1", contact_id=contact_id(1), reaction=Reaction.OPENED, at=MOMENT, message=message(1).id
            )
            commit(acme, CreateMessage(message(2)), RecordMessageEvents((opening,)))
            for organization, sent, mails, opened in (
                (acme, (message(1), message(2)), theirs, contact_id(1)),
                (other, (own,), ours, None),
            ):
                with organization.snapshot() as view:
                    _see_mails(view, sent, mails, opened)
            with acme.transaction() as tx:
                tx.apply([UpdateMail(theirs[0], replace(theirs[0], attempts=1, version=2))], envelope())
                tx.apply([RetireContact(contact_id(1), contact_id(2))], envelope())
                tx.apply([DeleteContact(contact_id(2), 1), DeleteContact(contact_id(3), 1)], envelope())
            with other.snapshot() as view:
                _see_mails(view, (own,), ours)

    def test_any_text_can_name_an_organization(self) -> None:
        """Names that look alike are different organizations."""
        names = ("a", "A", "a ", "ä", "a\u0308", "", "a'; --", "🦄", "%", "_")
        with self.store() as store:
            for number, name in enumerate(names):
                commit(store.organization(name), CreateContact(contact(number)))
            for number, name in enumerate(names):
                with store.organization(name).transaction() as tx:
                    assert [each.id for each in tx.contacts.page()] == [contact_id(number)]
                    assert tx.contacts.get([ContactId(contact_id(number + 1))]) == {}


def _mail_to(number: int, recipient: int, state: MailState) -> OutboxMail:
    finished = MOMENT if state is MailState.SENT else None
    skipped = SkipReason.NO_EMAIL if state is MailState.SKIPPED else None
    return replace(
        mail(number, state=state),
        about=About.MESSAGE,
        message_id=message(1).id,
        contact_id=contact_id(recipient),
        address_key=f"{state.value}{recipient}@x.de",
        finished_at=finished,
        skipped=skipped,
    )


def _see_mails(
    view: Snapshot, messages: tuple[Message, ...], mails: tuple[OutboxMail, ...], opened: ContactId | None = None
) -> None:
    """See these, and no others, in whatever way one looks."""
    first = messages[0].id
    assert view.messages.page() == view.messages.page(event_id="e1") == messages
    assert view.messages.get([message(1).id, message(2).id]) == {each.id: each for each in messages}
    for of_message in (None, first):
        assert view.outbox.page(message_id=of_message) == mails
        assert view.outbox.page(message_id=of_message, states=tuple(MailState)) == mails
        assert view.outbox.counts(of_message) == Counter(each.state for each in mails)
    assert view.outbox.get([each.id for each in mails]) == {each.id: each for each in mails}
    assert view.outbox.of_tokens([each.token for each in mails]) == {each.token: each for each in mails}
    for now in (MOMENT, MOMENT + timedelta(seconds=1)):
        due = tuple(each for each in mails if each.state is MailState.QUEUED and each.due_at <= now)
        assert view.outbox.due(now) == due
    assert view.outbox.reactions(first) == Counter(
        (each.state, frozenset({Reaction.OPENED} if each.contact_id == opened else ())) for each in mails
    )
    assert view.outbox.skipped(first) == Counter(each.skipped for each in mails if each.skipped)
    written = {each.address_key for each in mails if each.state is not MailState.SKIPPED}
    for key in [f"{state.value}{number}@x.de" for state in MailState for number in (1, 2, 3)]:
        assert view.outbox.is_written_to(first, key) is (key in written)
    sent = {each.contact_id: MOMENT for each in mails if each.state is MailState.SENT}
    assert view.outbox.last_sent([contact_id(each) for each in (1, 2, 3)]) == sent


def _seen(organization: OrganizationStore) -> dict[str, object]:
    with organization.snapshot() as view:
        return everything(view)
