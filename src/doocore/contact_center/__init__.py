"""The contact center: the door through which a service books, imports, reads and changes (design: the shell).

Every method gathers, lets a story decide, and applies; nothing is decided here.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from doocore.contact_center.bookings import Bookings
from doocore.contact_center.codes import Codes, CodeTerms
from doocore.contact_center.exporting import ExportRequest, open_export
from doocore.contact_center.identity import RandomIds, SystemClock
from doocore.contact_center.importing import ImportProgress, ImportReport, ImportRun
from doocore.contact_center.inviting import Invitations
from doocore.contact_center.messaging import Messages, Outbox, Recipient, mailing_of
from doocore.contact_center.organizing import Events, Fields, Groups, group_called
from doocore.contact_center.recorded import Imports
from doocore.contact_center.rows import PlainRows, contact_rows
from doocore.contact_center.shell import Shell, drawn_from, gather, unheard
from doocore.errors import NotFoundError
from doocore.model.booking import Booking
from doocore.model.contact import (
    Contact,
    GroupId,
    Subscription,
    SubscriptionState,
    Through,
    in_order_of_creation,
)
from doocore.model.contact_import import ImportOptions
from doocore.model.deletion import ContactDeletion
from doocore.model.export import Export
from doocore.model.fields import Refusal, ValueParsers, entered, folded, trimmed
from doocore.model.history import HistoryEntry
from doocore.model.identifiers import ContactId, CustomerId, IdentifierKey, IdentifierKind
from doocore.model.message import Followed, Mailing
from doocore.model.organization import Actor, OrganizationSettings, System
from doocore.plans.booking import BookingResult, plan_booking
from doocore.plans.booking_delivery import needs_of, read_booking
from doocore.plans.by_hand import (
    ContactRequest,
    SubscriptionRequest,
    SubscriptionResult,
    needs_of_contact,
    plan_contact,
    plan_subscription,
)
from doocore.plans.deleting import contact_deletion, plan_contact_deletion
from doocore.plans.following import needs_of_link, plan_following
from doocore.plans.organizing import plan_settings
from doocore.plans.story import Facts, Needs
from doocore.ports import Clock, ContactRows, IdSource, Mailer, OrganizationStore
from doocore.rules.values import StrictParsers


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDetails:
    """One contact with the names of its groups, and when it was last written to (AC-1, MA-5)."""

    contact: Contact
    groups: tuple[str, ...]
    last_contacted: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    """A clock that shows one moment."""

    moment: datetime

    def now(self) -> datetime:
        """Give the moment."""
        return self.moment


class ContactCenter:
    """An organization's contact center over a store.

    *store* is one organization's (`SqliteStore("contacts.db").organization("acme")`). *parsers* judge addresses,
    phones, dates and countries: the strict ones of the bare core unless others are given (FI-7;
    `doocore_adapters.validation.LibraryParsers()` for the full set). *clock* and *ids* are for tests and imports from
    elsewhere. *mailing* says who sends messages and where their links lead, *mailer* hands mails over. What is done is done by the system itself, unless `acting_as` names somebody (PR-4).
    """

    __slots__ = ("_shell",)

    def __init__(
        self,
        store: OrganizationStore,
        *,
        parsers: ValueParsers | None = None,
        clock: Clock | None = None,
        ids: IdSource | None = None,
        mailer: Mailer | None = None,
        mailing: Mailing | None = None,
    ) -> None:
        self._shell = Shell(
            store=store,
            actor=System(),
            parsers=StrictParsers() if parsers is None else parsers,
            clock=SystemClock() if clock is None else clock,
            ids=RandomIds() if ids is None else ids,
            mailer=mailer,
            mailing=mailing,
        )

    def acting_as(self, actor: Actor) -> "ContactCenter":
        """Give the same contact center with *actor* as the one who makes the changes (PR-4)."""
        center = object.__new__(ContactCenter)
        center._shell = replace(self._shell, actor=actor)
        return center

    @property
    def events(self) -> Events:
        """Events as far as bookings need them."""
        return Events(self._shell)

    @property
    def fields(self) -> Fields:
        """Contact fields."""
        return Fields(self._shell)

    @property
    def messages(self) -> Messages:
        """Messages to groups, or to those on an invitation list."""
        return Messages(self._shell)

    @property
    def outbox(self) -> Outbox:
        """Mails that are to leave, or have left."""
        return Outbox(self._shell)

    @property
    def groups(self) -> Groups:
        """Groups of contacts."""
        return Groups(self._shell)

    @property
    def bookings(self) -> Bookings:
        """Bookings that were taken in, and what happens to them since."""
        return Bookings(self._shell)

    @property
    def codes(self) -> Codes:
        """Promotion and access codes."""
        return Codes(self._shell)

    @property
    def invitations(self) -> Invitations:
        """Invitation lists: where everybody stands with an event."""
        return Invitations(self._shell)

    @property
    def imports(self) -> Imports:
        """Imports that were run, and what became of their rows."""
        return Imports(self._shell)

    @property
    def settings(self) -> OrganizationSettings:
        """The organization's settings."""
        with self._shell.store.snapshot() as snapshot:
            return snapshot.settings.get()

    def change_settings(self, settings: OrganizationSettings) -> OrganizationSettings:
        """Replace the settings (SY-6); `PermissionDeniedError` unless a team admin does it."""
        return self._shell.tell(Needs(), partial(plan_settings, settings)).outcome

    def book(self, booking: Booking) -> BookingResult:
        """Take in a booking: assign its parties, write what may be written into contacts (chapters 2 and 3).

        Delivered again with the same number and content, it changes nothing and answers as before (AS-13).
        Raises `InvalidBookingError`, `BookingConflictError`, `NotFoundError` (event, chosen contact),
        `EventNotLiveError`, `PermissionDeniedError`, and `CodeNotRedeemableError` or `NotFoundError` for a code.
        """
        numbers = drawn_from(self._shell.ids.booking_number)
        request = read_booking(booking, numbers, self._shell.parsers)
        return self._shell.tell(needs_of(request), partial(plan_booking, request)).outcome

    def create_contact(
        self,
        values: Mapping[str, object],
        *,
        groups: Iterable[str] = (),
        subscriptions: Mapping[Subscription, bool] | None = None,
        confirm_duplicate: bool = False,
        confirm_subscription: bool = False,
    ) -> Contact:
        """Create a contact by hand (CT-1), with *values* by field name, in *groups* by name.

        Raises `InvalidFieldValueError`, `NotFoundError` for an unknown field, and `DuplicateIdentifierError` or
        `OptedOutError` unless confirmed (ID-5, SU-4).
        """
        request = ContactRequest(
            values={name: entered(value) for name, value in values.items()},
            groups=tuple(groups),
            subscriptions=subscriptions or {},
            confirm_duplicate=confirm_duplicate,
            confirm_subscription=confirm_subscription,
        )
        return self._shell.tell(needs_of_contact(request), partial(plan_contact, request)).outcome

    def change_contact(
        self,
        contact_id: str,
        values: Mapping[str, object] | None = None,
        *,
        groups: Iterable[str] = (),
        leave_groups: Iterable[str] = (),
        subscriptions: Mapping[Subscription, bool] | None = None,
        confirm_duplicate: bool = False,
        confirm_subscription: bool = False,
        version: int | None = None,
    ) -> Contact:
        """Change a contact by hand (CT-1); a blank value clears its field, a field that is not named stays.

        *groups* are joined, *leave_groups* left. With *version*, a contact that was changed since is refused with
        `StaleVersionError`. Raises what `create_contact` raises, and `NotFoundError` for the contact or a group to leave.
        """
        request = ContactRequest(
            contact_id=ContactId(contact_id),
            values={name: entered(value) for name, value in (values or {}).items()},
            groups=tuple(groups),
            leave_groups=tuple(leave_groups),
            subscriptions=subscriptions or {},
            confirm_duplicate=confirm_duplicate,
            confirm_subscription=confirm_subscription,
            version=version,
        )
        return self._shell.tell(needs_of_contact(request), partial(plan_contact, request)).outcome

    def deletion(self, contact_id: str) -> ContactDeletion:
        """Tell what deleting a contact would take with it: how many bookings and attendees lose theirs (CT-3).

        The ID of a merged contact means its survivor. Raises `NotFoundError`.
        """
        found = ContactId(contact_id)
        return self._shell.ask(Needs(contacts=frozenset({found})), partial(contact_deletion, found))

    def delete_contact(self, told: ContactDeletion) -> None:
        """Delete a contact for good: who has seen what `deletion` told hands it back (CT-3).

        Its bookings and attendees stay, and belong to nobody. Raises `StaleVersionError` where something has changed
        since it was told, and `NotFoundError`.
        """
        needs = Needs(contacts=frozenset({told.contact.id}))
        self._shell.tell(needs, partial(plan_contact_deletion, told))

    def set_subscription(
        self,
        contact_id: str,
        subscription: Subscription,
        state: SubscriptionState,
        *,
        through: Through = Through.BY_HAND,
        confirm: bool = False,
    ) -> SubscriptionResult:
        """Change one subscription (SU-1); what the person itself ended comes back only as SU-4 says.

        Raises `OptedOutError` by hand without *confirm*, and `NotFoundError`.
        """
        request = SubscriptionRequest(
            contact_id=ContactId(contact_id), subscription=subscription, state=state, through=through, confirm=confirm
        )
        needs = Needs(contacts=frozenset({request.contact_id}), opt_outs=True)
        return self._shell.tell(needs, partial(plan_subscription, request)).outcome

    def receive(self, token: str, now: datetime | None = None, *, by_machine: bool = False) -> Followed:
        """Follow a link of a mail by its token: record what it is evidence for, and tell where it leads (MA-2).

        A registration link gives the prefill for the booking form, a general one its target; the one to unsubscribe has
        done so. *now* is this moment, unless it is given, with an offset. What the host calls machine-made (*by_machine*:
        link scanners) is recorded, is evidence for nothing, and unsubscribes nobody (MA-6). Raises `InvalidTokenError`
        for a forged, foreign or expired token; then nothing is recorded.
        """
        payload, link = mailing_of(self._shell).tokens.read(token)
        held, _, place = payload.partition(".")
        shell = self._shell if now is None else replace(self._shell, clock=_Standing(now))
        story = partial(plan_following, held, link, int(place) if place.isdigit() else None, by_machine=by_machine)
        return shell.tell(needs_of_link(held), story).outcome

    def contact(self, contact_id: str) -> Contact:
        """Read one contact; the ID of a merged one gives its survivor (CT-2, MG-1). Raises `NotFoundError`."""
        found = self._gather(Needs(contacts=frozenset({ContactId(contact_id)}))).contact(ContactId(contact_id))
        if found is None:
            raise NotFoundError("contact", contact_id)
        return found

    def details(self, contact_id: str) -> ContactDetails:
        """Read one contact with its groups (CT-2). Raises `NotFoundError`."""
        contact = self.contact(contact_id)
        with self._shell.store.snapshot() as snapshot:
            names = {each.id: each.name for each in snapshot.groups.all()}
            groups = snapshot.groups.of([contact.id]).get(contact.id, frozenset[GroupId]())
            last_sent = snapshot.outbox.last_sent([contact.id])
        return ContactDetails(
            contact=contact,
            groups=tuple(sorted(names[each] for each in groups)),
            last_contacted=last_sent.get(contact.id),
        )

    def contacts_by_email(self, email: str) -> tuple[Contact, ...]:
        """Read all holders of an address (CT-2, ID-2), the oldest first; none where it is no address."""
        address = self._shell.parsers.email(trimmed(email))
        if isinstance(address, Refusal):
            return ()
        return self._holders(IdentifierKey(IdentifierKind.EMAIL, address.key))

    def contacts_by_customer_id(self, customer_id: str) -> tuple[Contact, ...]:
        """Read all holders of a customer ID (CT-2, ID-5), the oldest first."""
        return self._holders(IdentifierKey(IdentifierKind.CUSTOMER_ID, CustomerId(trimmed(customer_id))))

    def list_contacts(
        self, *, text: str = "", group: str | None = None, after: str | None = None, limit: int = 100
    ) -> tuple[Contact, ...]:
        """List contacts in order of creation, at most *limit* behind the ID *after*: those in which *text* occurs (SE-1).

        *text* is looked for in name, e-mail, company and IDs, without case; *group* is a group's name. Raises
        `NotFoundError` for a group that does not exist.
        """
        with self._shell.store.snapshot() as snapshot:
            return snapshot.contacts.page(
                after=None if after is None else ContactId(after),
                limit=limit,
                text=folded(text),
                group_id=None if group is None else group_called(snapshot, group),
            )

    def count_contacts(self, *, text: str = "", group: str | None = None) -> int:
        """Count what `list_contacts` would list without a limit."""
        with self._shell.store.snapshot() as snapshot:
            group_id = None if group is None else group_called(snapshot, group)
            return snapshot.contacts.count(text=folded(text), group_id=group_id)

    def history(self, contact_id: str) -> tuple[HistoryEntry, ...]:
        """Read what happened to a contact since its creation (HI-1). Raises `NotFoundError`."""
        contact = self.contact(contact_id)
        with self._shell.store.snapshot() as snapshot:
            return snapshot.history.of_contact(contact.id)

    def import_contacts(
        self,
        rows: ContactRows | Iterable[Mapping[str, object]],
        options: ImportOptions | None = None,
        *,
        dry_run: bool = False,
        progress: Callable[[ImportProgress], None] | None = None,
    ) -> ImportReport:
        """Import a list of contacts (chapter 6): a file's rows, or plain mappings from column names to values.

        *progress* is told how far it is, and what became of each row. A dry run gives the same report and writes
        nothing (IM-14). Raises `ImportFileError` before anything is written, `PlanRequiredError` (IM-13),
        `DuplicateNameError` or `PermissionDeniedError` for fields to be made, `NotFoundError` for an unknown target.
        """
        run = ImportRun(
            shell=self._shell,
            rows=contact_rows(rows),
            options=ImportOptions() if options is None else options,
            progress=progress or unheard,
        )
        return run.rehearse() if dry_run else run.run()

    def export_contacts(
        self,
        *,
        text: str = "",
        group: str | None = None,
        contacts: Iterable[str] | None = None,
        archived_fields: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> AbstractContextManager[Export]:
        """Open a list of contacts for writing it into a file (EX-1), all of one moment while the block lasts.

            with center.export_contacts(group="VIP") as export:
                write_csv("vip.csv", export)

        It has all contacts in which *text* occurs (SE-1), of *group* or of any; or those with the IDs *contacts*, whose
        merged ones stand for their survivors. Values of archived fields come along only with *archived_fields*.
        *progress* is told now and then how many contacts were written. Within the block, the thread reads nothing else.
        Raises, as the block begins, `NotFoundError` for the group or naming all unknown contacts.
        """
        request = ExportRequest(
            text=text,
            group=group,
            contacts=None if contacts is None else tuple(map(ContactId, contacts)),
            archived_fields=archived_fields,
        )
        return open_export(self._shell, request, progress or unheard)

    def _gather(self, needs: Needs) -> Facts:
        with self._shell.store.snapshot() as snapshot:
            return gather(snapshot, needs)

    def _holders(self, key: IdentifierKey) -> tuple[Contact, ...]:
        facts = self._gather(Needs(keys=frozenset({key})))
        return in_order_of_creation(facts.contacts[each] for each in facts.holders_of(key))


__all__ = [
    "CodeTerms",
    "ContactCenter",
    "ContactDetails",
    "ImportProgress",
    "ImportReport",
    "PlainRows",
    "RandomIds",
    "Recipient",
    "SystemClock",
]
