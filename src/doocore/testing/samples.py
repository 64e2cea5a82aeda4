"""Values to write and read again: complete, and as awkward as real ones."""
# ruff: noqa: RUF001, letters that look alike are test data

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from doocore.changes import CreateContacts
from doocore.model.booking import (
    Assignment,
    Attendee,
    AttendeeStatus,
    BookingStatus,
    Decision,
    FieldReport,
    Flag,
    Party,
    PartyOutcome,
    PaymentStatus,
    Prefill,
    RecordedBooking,
    RecordedParty,
    SyncOutcome,
)
from doocore.model.code import Code, CodeId, CodeType, CodeUse
from doocore.model.contact import Consent, Contact, Group, GroupId, Subscription, SubscriptionState, Through
from doocore.model.contact_import import (
    CreateFieldFromColumn,
    DuplicateMode,
    ImportId,
    ImportOptions,
    ImportRecord,
    InvalidValues,
)
from doocore.model.event import EmailChangePolicy, Event, EventStatus, Product, Question, QuestionLevel
from doocore.model.fields import SYSTEM_KEYS, ContactField, FieldType, FieldValue
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause, Envelope, Origin
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey, IdentifierKind
from doocore.model.message import (
    About,
    Mailbox,
    MailId,
    MailState,
    Message,
    MessageDraft,
    MessageId,
    OutboxMail,
    SkipReason,
)
from doocore.model.organization import Actor, User

MOMENT = datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=UTC)
"""A moment with microseconds, just before a clock change in Europe."""

ELSEWHERE = datetime(2026, 3, 1, 12, 30, tzinfo=timezone(timedelta(hours=-9, minutes=-30)))
"""A moment given with an unusual offset."""

TEXTS: tuple[str, ...] = (
    "Zoë Müller-Lüdenscheidt, Straße 1a",
    "e\u0301 is not é, nor is \u1e9e ß or SS",
    "İstanbul ıspanak ſ K",
    "👩\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 🦄",
    "𝔄𝔡𝔞 \U0001f9ec \U0010ffff",
    "שלום \u202bעולם\u202c مرحبا",
    "漢字かな交じり文\u3000",
    "a\u200bb\u00adc\ufeffd\u2028e\u2029f",
    "line\r\nline\nline\ttab",
    "\x01\x1b\x7f\x85",
    "'; DROP TABLE contacts; -- \\ \" ` % _ ? $1 %s {among} :name",
    "0",
    "NULL",
)
"""Texts that some driver, encoding or quoting somewhere has spoiled before."""


def envelope(
    *, reference: str = "", at: datetime = MOMENT, cause: Cause = Cause.BY_HAND, actor: Actor | None = None
) -> Envelope:
    """Say why, who and when."""
    return Envelope(cause=cause, actor=actor or User("kim"), at=at, reference=reference)


def contact_set(*numbers: int, created_at: datetime = ELSEWHERE) -> CreateContacts:
    """Make the contacts of these *numbers* as one set: each with other texts in its fields, and nothing here and there."""

    def texts(column: int) -> tuple[FieldValue, ...]:
        places = [number + column for number in numbers]
        return tuple(["" if place % 4 == 0 else TEXTS[place % len(TEXTS)] for place in places])

    return CreateContacts(
        ids=tuple(map(contact_id, numbers)),
        rows=tuple([number if number % 3 else None for number in numbers]),
        email_keys=tuple([f"{number}@example.org" if number % 3 else "" for number in numbers]),
        columns=FrozenDict(
            {
                **{key: texts(column) for column, key in enumerate((*SYSTEM_KEYS, "custom 🦄"))},
                "f1": tuple([(False, "", True, "")[number % 4] for number in numbers]),
                "title": ("",) * len(numbers),
                "newsletter": tuple([("subscribed", "", "unsubscribed")[number % 3] for number in numbers]),
                "marketing": ("subscribed",) * len(numbers),
                "event_communication": ("",) * len(numbers),
            }
        ),
        origin=Origin(Cause.IMPORT, "user:kïm", "i 1"),
        created_at=created_at,
        through=Through.IMPORT,
    )


def contact(
    number: int,
    *,
    email: str | None = None,
    customer_id: str | None = None,
    aliases: frozenset[IdentifierKey] = frozenset(),
    **values: FieldValue,
) -> Contact:
    """Make the contact of this *number*; a higher one sorts behind."""
    identifying = {"email": email, "customer_id": customer_id}
    given = {key: value for key, value in {**identifying, **values}.items() if value is not None}
    return Contact(
        id=contact_id(number),
        values=FrozenDict(given),
        origin=Origin(Cause.BY_HAND, "user:kim"),
        created_at=MOMENT,
        email_key=None if email is None else email.lower(),
        aliases=aliases,
    )


def contact_id(number: int) -> ContactId:
    """Give the ID of the contact of this number."""
    return ContactId(f"c{number:08}")


def address(key: str) -> IdentifierKey:
    """Name an address by its match key."""
    return IdentifierKey(IdentifierKind.EMAIL, key)


def customer(key: str) -> IdentifierKey:
    """Name a customer ID."""
    return IdentifierKey(IdentifierKind.CUSTOMER_ID, key)


def full_contact(number: int) -> Contact:
    """Make a contact that has everything: all fields, subscriptions, aliases, an origin with a row."""
    texts = {key: TEXTS[place % len(TEXTS)] for place, key in enumerate(SYSTEM_KEYS)}
    custom: dict[str, FieldValue] = {"f1": "Käse 🧀", "f2": False, "f3": True, "with space ☂": "2024-02-29"}
    return Contact(
        id=contact_id(number),
        values=FrozenDict({**texts, **custom}),
        origin=Origin(Cause.IMPORT, "user:kïm", "import 🦄", 4_711),
        created_at=ELSEWHERE,
        email_key="straße@bücher.example",
        aliases=frozenset({address("alt@example.org"), customer("Ä-1"), customer("alt@example.org")}),
        subscriptions=FrozenDict(
            {
                Subscription.MARKETING: Consent(SubscriptionState.UNSUBSCRIBED, MOMENT, Through.UNSUBSCRIBE_LINK),
                Subscription.NEWSLETTER: Consent(SubscriptionState.SUBSCRIBED, ELSEWHERE, Through.IMPORT),
            }
        ),
        version=7,
    )


def group(number: int, name: str | None = None) -> Group:
    """Make the group of this number."""
    return Group(id=GroupId(f"g{number}"), name=f"Group {number}" if name is None else name)


def full_field() -> ContactField:
    """Make a field that has everything."""
    return ContactField(
        key="f1",
        type=FieldType.SELECT,
        name="Größe 👕",
        labels=("Size", "Größe"),
        options=("S", "M", "½", ""),
        max_length=130,
        archived=True,
    )


def full_event() -> Event:
    """Make an event that has everything."""
    return Event(
        id="e/1 🎪",
        name="Sommerfest – עברית",
        status=EventStatus.LIVE,
        starts_at=datetime(2026, 3, 29, 2, 30),  # noqa: DTZ001, local times have no offset
        ends_at=datetime(2026, 10, 25, 2, 30, 0, 1, fold=1),  # noqa: DTZ001
        time_zone="America/Argentina/Buenos_Aires",
        email_change=EmailChangePolicy.KEEP,
        costs=True,
        portal=True,
        organizer_email="büro@example.org",
        questions=(
            Question(id="q1", level=QuestionLevel.BOOKING, text="Wie heißt du?", field="f1", hidden=True),
            Question(id="q2", level=QuestionLevel.ATTENDEE),
        ),
        products=(Product(id="p1", price=Decimal("12.50"), name="T-Shirt 👕"), Product(id="p2")),
        version=3,
    )


def full_party() -> RecordedParty:
    """Make a booker about whom there is everything to say."""
    return RecordedParty(
        entered=Party(
            email=" Ädä@Example.org ",
            values=FrozenDict({"first_name": "Ädä", "f2": False, "f3": None, "company": " "}),
            answers=FrozenDict({"q1": "vegan 🥦", "q2": True, "q3": None}),
            prefill=Prefill(contact_id=contact_id(1), email="ada@example.org"),
            chosen=contact_id(2),
            subscribes=frozenset(Subscription),
        ),
        outcome=PartyOutcome(
            assignment=Assignment(
                decision=Decision.ASSIGN,
                reason="prefill_held",
                rules=("AS-3b", "SY-12"),
                contact_id=contact_id(1),
                flags=frozenset(Flag),
            ),
            contact_id=contact_id(1),
            customer_id="K-Ω",
            reports=(
                FieldReport(field="first_name", outcome=SyncOutcome.KEPT, before="Ada", given="Ädä", rule="SY-4"),
                FieldReport(field="f2", outcome=SyncOutcome.FILLED, before=None, given=False, rule="SY-2"),
                FieldReport(field="f3", outcome=SyncOutcome.UNTOUCHED, before=True, given=None, rule="SY-1"),
            ),
            opted_out=(Subscription.NEWSLETTER,),
        ),
        status=AttendeeStatus.CANCELLED,
        through_contact_id=contact_id(1),
    )


def party(number: int | None) -> RecordedParty:
    """Make an attendee who went to the new contact of this number, or to nobody."""
    new = number is not None
    return RecordedParty(
        entered=Attendee(email=f"a{number}@example.org" if new else None, ticket="", price=Decimal("1E+2")),
        outcome=PartyOutcome(
            assignment=Assignment(
                decision=Decision.NEW if new else Decision.UNASSIGNED,
                reason="no_match" if new else "no_email",
                rules=("AS-1c",) if new else ("AS-1a",),
            ),
            contact_id=None if number is None else contact_id(number),
        ),
    )


def booking(number: int, *attendees: RecordedParty, event_id: str = "e1") -> RecordedBooking:
    """Make the booking of this number, of a booker who went to nobody."""
    nobody = PartyOutcome(
        assignment=Assignment(decision=Decision.UNASSIGNED, reason="no_email", rules=("AS-1a",)), contact_id=None
    )
    return RecordedBooking(
        number=BookingNumber(f"TX-0000-{number:04}"),
        event_id=event_id,
        booker=RecordedParty(entered=Party(), outcome=nobody),
        attendees=attendees,
        booked_at=MOMENT,
        fingerprint=f"fingerprint {number}",
    )


def full_booking() -> RecordedBooking:
    """Make a booking that has everything."""
    return RecordedBooking(
        number=BookingNumber("TX-AB12-CD34"),
        event_id="e/1 🎪",
        booker=full_party(),
        attendees=(party(3), party(None), party(3)),
        booked_at=ELSEWHERE,
        fingerprint="0f" * 32,
        payment=PaymentStatus.REFUNDED,
        status=BookingStatus.CANCELLED,
        products=("p1", "p1", "T-Shirt 👕"),
        invoice_sum=Decimal("-1234567890123456789.005"),
        last_changed=MOMENT,
        version=4,
    )


def code_id(number: int) -> CodeId:
    """Give the ID of the code of this number."""
    return CodeId(f"k{number:04}")


def code(number: int, name: str | None = None, *, use: CodeUse = CodeUse.SINGLE) -> Code:
    """Make the code of this number; a higher one sorts behind."""
    return Code(
        id=code_id(number),
        name=f"CODE-{number}" if name is None else name,
        origin=Origin(Cause.BY_HAND, "user:kim"),
        created_at=MOMENT,
        use=use,
    )


def full_code() -> Code:
    """Make a code that has everything."""
    return Code(
        id=CodeId("k 1 🎟"),
        name="Straße ½ 🎟",
        origin=Origin(Cause.SYSTEM, "user:kïm", "batch 🦄", 4_711),
        created_at=ELSEWHERE,
        type=CodeType.PROMOTION,
        use=CodeUse.MULTI,
        limit=2**40,
        event_id="e/1 🎪",
        valid_from=ELSEWHERE,
        valid_until=MOMENT,
        contact_id=contact_id(1),
        withdrawn=True,
        version=5,
    )


def message(number: int, event_id: str = "e1") -> Message:
    """Make the message of this number; a higher one sorts behind."""
    draft = MessageDraft(event_id=event_id, subject=f"Message {number}", text="Hello")
    return Message(id=MessageId(f"m{number:04}"), draft=draft, queued_at=MOMENT, actor="user:kim")


def full_message() -> Message:
    """Make a message that has everything."""
    draft = MessageDraft(
        event_id="e/1 🎪",
        subject="Größe zählt, ${first_name} 🎉",
        text="Hallo\r\n${first_name}",
        html="<p>Hallo ${first_name}</p>",
        purpose=Subscription.NEWSLETTER,
        links=FrozenDict({"Straße": "https://x.example/ä?a=b&c", "b": ""}),
        name="Erste Einladung 🦄",
        reply_to=Mailbox(email="kim@x.de", name="Kim Ö"),
    )
    return Message(id=MessageId("m 1 🦄"), draft=draft, queued_at=ELSEWHERE, actor="user:kïm")


def mail_id(number: int) -> MailId:
    """Give the ID of the mail of this number."""
    return MailId(f"o{number:04}")


def mail(number: int, *, state: MailState = MailState.QUEUED, due_at: datetime = MOMENT) -> OutboxMail:
    """Make the mail of this number, a notice; a higher one sorts behind."""
    return OutboxMail(
        id=mail_id(number),
        about=About.BOOKING_CHANGED,
        to=f"ada{number}@x.de",
        token=f"t{number:04}",
        state=state,
        queued_at=MOMENT,
        due_at=due_at,
    )


def full_mail() -> OutboxMail:
    """Make a mail that has everything."""
    return OutboxMail(
        id=MailId("o 1 🦄"),
        about=About.MESSAGE,
        to="Zoë@bücher.example",
        address_key="zoë@xn--bcher-kva.example",
        state=MailState.SKIPPED,
        token="Ä token 🦄",  # noqa: S106, it opens nothing
        message_id=MessageId("m0001"),
        contact_id=contact_id(1),
        reference="import 🦄",
        subject="Betreff 🦄",
        text="Text\n🦄",
        queued_at=ELSEWHERE,
        due_at=MOMENT,
        links_until=ELSEWHERE,
        finished_at=MOMENT,
        attempts=7,
        skipped=SkipReason.SAME_ADDRESS,
        problem="451 später 🦄",
        version=5,
    )


def import_record(number: int) -> ImportRecord:
    """Make the import of this number."""
    return ImportRecord(
        id=ImportId(f"i{number}"),
        fingerprint=f"fingerprint {number}",
        columns=("E-Mail",),
        ignored_columns=(),
        options=ImportOptions(),
        started_at=MOMENT,
        actor="user:kim",
        total_rows=3,
    )


def full_import() -> ImportRecord:
    """Make an import that has everything."""
    return ImportRecord(
        id=ImportId("i 1 🦄"),
        fingerprint="ab" * 32,
        columns=("E-Mail", "Größe 👕", "", 'Größe, "alt"'),
        ignored_columns=('Größe, "alt"',),
        options=ImportOptions(
            identify_by=IdentifierKind.CUSTOMER_ID,
            duplicates=DuplicateMode.OVERWRITE,
            groups=("Presse", "VIP ⭐"),
            existing_to_group="Alte",
            invalid_values=InvalidValues.LEAVE_OUT,
            mapping=FrozenDict(
                {"E-Mail": "email", "Größe 👕": CreateFieldFromColumn("Größe", FieldType.SELECT), "": None}
            ),
            add_system_options=True,
            add_custom_options=True,
            report_days=30,
            summary_to="kïm@x.de",
        ),
        started_at=ELSEWHERE,
        actor="user:kïm",
        total_rows=1_000_000,
        file_name="Gäste 2026 (final, wirklich).csv",
    )
