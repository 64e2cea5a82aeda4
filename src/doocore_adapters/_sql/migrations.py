"""The schema's history: numbered steps, each a frozen text, applied once and recorded with a checksum.

Two rules for this file. 1: a step that was released is never edited (its checksum stands in every database); what has
to change is a new step. 2: nothing that a distributed or embedded database lacks: no trigger, no `MERGE`, no
`ON DELETE SET NULL`, every key led by `organization_id`.

A store applies `missing` steps under a lock of its database, after `condition` said that it may.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from doocore_adapters._sql.dialect import Dialect
from doocore_adapters._sql.schema import SCHEMA_TABLE

CREATE_SCHEMA_TABLE = """
CREATE TABLE doocore_schema (
    step {integer} NOT NULL,
    name {text} NOT NULL,
    checksum {text} NOT NULL,
    applied_at {moment} NOT NULL,
    PRIMARY KEY (step)
)
"""

READ_STEPS = "SELECT step, checksum FROM doocore_schema"
_RECORD_STEP = "INSERT INTO doocore_schema (step, name, checksum, applied_at) VALUES ({}, '{}', '{}', {{now}})"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its number, what it is for, and its statements, separated by semicolons."""

    step: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """What tells whether a database had this very text."""
        return sha256(self.text.encode()).hexdigest()

    def statements(self, dialect: Dialect) -> tuple[str, ...]:
        """Translate the statements, one by one; the last one records the step, and the first step makes the table for it.

        Nothing is bound to them, so that whoever has a connection can run them.
        """
        record = _RECORD_STEP.format(self.step, self.name, self.checksum)
        texts = (*([CREATE_SCHEMA_TABLE] if self.step == 1 else ()), *self.text.split(";"), record)
        return tuple(dialect.render(each).strip() for each in texts)


class Condition(Enum):
    """How a database stands to this release; the value says what to do about it."""

    EMPTY = "has no tables of doocore yet: call store.migrate(), or `doocore migrate`"
    CURRENT = "is up to date"
    OLDER = "was written by an older release of doocore: make a backup, then call store.migrate(), or `doocore migrate`"
    NEWER = "was written by a newer release of doocore: install that one, or a later one"
    ALTERED = "was set up by steps that differ from this release's: use the release that wrote it"
    FOREIGN = (
        "belongs to another program: choose another file, or pass that program's connection and call store.migrate()"
    )


MIGRATABLE = frozenset({Condition.EMPTY, Condition.OLDER, Condition.CURRENT})
"""The conditions in which `migrate` may go to work (on a database that is up to date it has nothing to do)."""


STEPS: tuple[Migration, ...] = (
    Migration(
        1,
        "contacts, groups, fields, events, bookings, imports, history",
        """
CREATE TABLE doocore_contacts (
    organization_id {text} NOT NULL,
    id {text} NOT NULL,
    email_key {text},
    email_key_version {integer} NOT NULL,
    email {text},
    customer_id {text},
    salutation {text},
    title {text},
    first_name {text},
    last_name {text},
    company {text},
    street {text},
    house_number {text},
    postal_code {text},
    city {text},
    country {text},
    phone {text},
    comment {text},
    custom {json},
    search_text {text} NOT NULL,
    origin_cause {text} NOT NULL,
    origin_actor {text} NOT NULL,
    origin_reference {text} NOT NULL,
    origin_row {integer},
    created_at {moment} NOT NULL,
    version {integer} NOT NULL,
    event_communication {text},
    event_communication_at {moment},
    event_communication_through {text},
    newsletter {text},
    newsletter_at {moment},
    newsletter_through {text},
    marketing {text},
    marketing_at {moment},
    marketing_through {text},
    PRIMARY KEY (organization_id, id)
);

CREATE INDEX doocore_contacts_by_email_key ON doocore_contacts (organization_id, email_key, id)
    WHERE email_key IS NOT NULL;

CREATE INDEX doocore_contacts_by_customer_id ON doocore_contacts (organization_id, customer_id, id)
    WHERE customer_id IS NOT NULL;

CREATE TABLE doocore_contact_aliases (
    organization_id {text} NOT NULL,
    kind {text} NOT NULL,
    identifier {text} NOT NULL,
    contact_id {text} NOT NULL,
    PRIMARY KEY (organization_id, kind, identifier, contact_id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES doocore_contacts (organization_id, id) ON DELETE CASCADE
) {narrow};

CREATE INDEX doocore_contact_aliases_by_contact_id ON doocore_contact_aliases (organization_id, contact_id);

CREATE TABLE doocore_retired_contacts (
    organization_id {text} NOT NULL,
    id {text} NOT NULL,
    survivor_id {text} NOT NULL,
    retired_at {moment} NOT NULL,
    actor {text} NOT NULL,
    reference {text} NOT NULL,
    PRIMARY KEY (organization_id, id)
) {narrow};

CREATE INDEX doocore_retired_contacts_by_survivor_id ON doocore_retired_contacts (organization_id, survivor_id);

CREATE TABLE doocore_opt_outs (
    organization_id {text} NOT NULL,
    address_key {text} NOT NULL,
    subscription {text} NOT NULL,
    recorded_at {moment} NOT NULL,
    cause {text} NOT NULL,
    actor {text} NOT NULL,
    reference {text} NOT NULL,
    PRIMARY KEY (organization_id, address_key, subscription)
) {narrow};

CREATE TABLE doocore_groups (
    organization_id {text} NOT NULL,
    id {text} NOT NULL,
    name {text} NOT NULL,
    folded_name {text} NOT NULL,
    joinings {integer} NOT NULL,
    created_at {moment} NOT NULL,
    cause {text} NOT NULL,
    reference {text} NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE UNIQUE INDEX doocore_groups_by_folded_name ON doocore_groups (organization_id, folded_name);

CREATE TABLE doocore_memberships (
    organization_id {text} NOT NULL,
    group_id {text} NOT NULL,
    contact_id {text} NOT NULL,
    sequence {integer} NOT NULL,
    joined_at {moment} NOT NULL,
    cause {text} NOT NULL,
    reference {text} NOT NULL,
    PRIMARY KEY (organization_id, group_id, contact_id),
    FOREIGN KEY (organization_id, group_id) REFERENCES doocore_groups (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, contact_id) REFERENCES doocore_contacts (organization_id, id) ON DELETE CASCADE
) {narrow};

CREATE INDEX doocore_memberships_by_contact_id ON doocore_memberships (organization_id, contact_id, group_id);

CREATE TABLE doocore_fields (
    organization_id {text} NOT NULL,
    field_key {text} NOT NULL,
    sequence {integer} NOT NULL,
    type {text} NOT NULL,
    name {text} NOT NULL,
    labels {json} NOT NULL,
    options {json} NOT NULL,
    max_length {integer},
    is_system {boolean} NOT NULL,
    is_archived {boolean} NOT NULL,
    cause {text} NOT NULL,
    reference {text} NOT NULL,
    PRIMARY KEY (organization_id, field_key)
);

CREATE TABLE doocore_settings (
    organization_id {text} NOT NULL,
    sync {text} NOT NULL,
    ambiguity {text} NOT NULL,
    region {text} NOT NULL,
    locale {text} NOT NULL,
    time_zone {text} NOT NULL,
    retention_days {integer},
    product_plan {text} NOT NULL,
    PRIMARY KEY (organization_id)
);

CREATE TABLE doocore_events (
    organization_id {text} NOT NULL,
    id {text} NOT NULL,
    sequence {integer} NOT NULL,
    name {text} NOT NULL,
    status {text} NOT NULL,
    starts_at {text},
    ends_at {text},
    time_zone {text} NOT NULL,
    email_change {text} NOT NULL,
    costs {boolean} NOT NULL,
    portal {boolean} NOT NULL,
    organizer_email {text},
    questions {json} NOT NULL,
    products {json} NOT NULL,
    version {integer} NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE doocore_bookings (
    organization_id {text} NOT NULL,
    number {text} NOT NULL,
    event_id {text} NOT NULL,
    booked_at {moment} NOT NULL,
    fingerprint {text},
    payment {text} NOT NULL,
    status {text} NOT NULL,
    products {json} NOT NULL,
    invoice_sum {decimal},
    last_changed {moment},
    version {integer} NOT NULL,
    PRIMARY KEY (organization_id, number)
);

CREATE INDEX doocore_bookings_by_event_id ON doocore_bookings (organization_id, event_id, number);

CREATE TABLE doocore_booking_parties (
    organization_id {text} NOT NULL,
    booking_number {text} NOT NULL,
    position {integer} NOT NULL,
    contact_id {text},
    decided_contact_id {text},
    customer_id {text},
    email {text},
    ticket {text},
    price {decimal},
    status {text} NOT NULL,
    entered {json},
    decision {json} NOT NULL,
    reports {json},
    PRIMARY KEY (organization_id, booking_number, position),
    FOREIGN KEY (organization_id, booking_number) REFERENCES doocore_bookings (organization_id, number) ON DELETE CASCADE
);

CREATE INDEX doocore_booking_parties_by_contact_id ON doocore_booking_parties (organization_id, contact_id, booking_number)
    WHERE contact_id IS NOT NULL;

CREATE TABLE doocore_imports (
    organization_id {text} NOT NULL,
    id {text} NOT NULL,
    sequence {integer} NOT NULL,
    fingerprint {text} NOT NULL,
    file_name {text} NOT NULL,
    column_names {json} NOT NULL,
    ignored_columns {json} NOT NULL,
    options {json} NOT NULL,
    total_rows {integer} NOT NULL,
    actor {text} NOT NULL,
    status {text} NOT NULL,
    started_at {moment} NOT NULL,
    finished_at {moment},
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE doocore_import_batches (
    organization_id {text} NOT NULL,
    import_id {text} NOT NULL,
    first_position {integer} NOT NULL,
    first_line {integer} NOT NULL,
    outcomes {text} NOT NULL,
    PRIMARY KEY (organization_id, import_id, first_position),
    FOREIGN KEY (organization_id, import_id) REFERENCES doocore_imports (organization_id, id) ON DELETE CASCADE
) {narrow};

CREATE TABLE doocore_import_rows (
    organization_id {text} NOT NULL,
    import_id {text} NOT NULL,
    position {integer} NOT NULL,
    line {integer} NOT NULL,
    outcome {text} NOT NULL,
    contact_id {text},
    reasons {json} NOT NULL,
    warnings {json} NOT NULL,
    cells {json} NOT NULL,
    PRIMARY KEY (organization_id, import_id, position),
    FOREIGN KEY (organization_id, import_id) REFERENCES doocore_imports (organization_id, id) ON DELETE CASCADE
);

CREATE TABLE doocore_history (
    organization_id {text} NOT NULL,
    contact_id {text} NOT NULL,
    version {integer} NOT NULL,
    changed_at {moment} NOT NULL,
    actor {text} NOT NULL,
    cause {text} NOT NULL,
    reference {text} NOT NULL,
    source_row {integer},
    rules {json} NOT NULL,
    before_values {json} NOT NULL,
    after_values {json} NOT NULL,
    PRIMARY KEY (organization_id, contact_id, version)
)
""",
    ),
    Migration(
        2,
        "deleted contacts, resumed imports, locks",
        """
CREATE TABLE doocore_kept AS SELECT organization_id, id, survivor_id, retired_at, actor, reference FROM doocore_retired_contacts;

DROP TABLE doocore_retired_contacts;

CREATE TABLE doocore_retired_contacts (
    organization_id {text} NOT NULL,
    id {text} NOT NULL,
    survivor_id {text},
    retired_at {moment} NOT NULL,
    actor {text} NOT NULL,
    reference {text} NOT NULL,
    PRIMARY KEY (organization_id, id)
) {narrow};

CREATE INDEX doocore_retired_contacts_by_survivor_id ON doocore_retired_contacts (organization_id, survivor_id);

INSERT INTO doocore_retired_contacts (organization_id, id, survivor_id, retired_at, actor, reference)
    SELECT organization_id, id, survivor_id, retired_at, actor, reference FROM doocore_kept;

DROP TABLE doocore_kept;

ALTER TABLE doocore_imports ADD COLUMN version {integer} NOT NULL DEFAULT 1;

CREATE TABLE doocore_locks (
    organization_id {text} NOT NULL,
    key_hash {text} NOT NULL,
    used_at {moment} NOT NULL,
    PRIMARY KEY (organization_id, key_hash)
) {narrow}
""",
    ),
    Migration(
        3,
        "invitation lists, codes, the life of bookings",
        """
CREATE TABLE doocore_invitation_lists (
    organization_id {text} NOT NULL,
    event_id {text} NOT NULL,
    created_at {moment} NOT NULL,
    version {integer} NOT NULL,
    PRIMARY KEY (organization_id, event_id)
) {narrow};

CREATE TABLE doocore_invitation_list_groups (
    organization_id {text} NOT NULL,
    event_id {text} NOT NULL,
    group_id {text} NOT NULL,
    sequence {integer} NOT NULL,
    PRIMARY KEY (organization_id, event_id, group_id),
    FOREIGN KEY (organization_id, group_id) REFERENCES doocore_groups (organization_id, id) ON DELETE CASCADE
) {narrow};

CREATE INDEX doocore_invitation_list_groups_by_group_id
    ON doocore_invitation_list_groups (organization_id, group_id, event_id);

CREATE TABLE doocore_invitations (
    organization_id {text} NOT NULL,
    event_id {text} NOT NULL,
    contact_id {text} NOT NULL,
    evidence {integer} NOT NULL,
    version {integer} NOT NULL,
    is_listed {boolean} NOT NULL,
    PRIMARY KEY (organization_id, event_id, contact_id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES doocore_contacts (organization_id, id) ON DELETE CASCADE
) {narrow};

CREATE INDEX doocore_invitations_by_evidence
    ON doocore_invitations (organization_id, event_id, evidence, contact_id, is_listed)
    WHERE is_listed;

CREATE INDEX doocore_invitations_by_contact_id ON doocore_invitations (organization_id, contact_id);

CREATE TABLE doocore_message_events (
    organization_id {text} NOT NULL,
    event_id {text} NOT NULL,
    contact_id {text} NOT NULL,
    id {text} NOT NULL,
    reaction {text} NOT NULL,
    happened_at {moment} NOT NULL,
    message {text} NOT NULL,
    by_machine {boolean} NOT NULL,
    PRIMARY KEY (organization_id, event_id, contact_id, id)
) {narrow};

CREATE INDEX doocore_message_events_by_contact_id ON doocore_message_events (organization_id, contact_id);

CREATE TABLE doocore_marks (
    organization_id {text} NOT NULL,
    event_id {text} NOT NULL,
    contact_id {text} NOT NULL,
    mark {text} NOT NULL,
    marked_at {moment} NOT NULL,
    actor {text} NOT NULL,
    PRIMARY KEY (organization_id, event_id, contact_id, mark)
) {narrow};

CREATE INDEX doocore_marks_by_contact_id ON doocore_marks (organization_id, contact_id);

ALTER TABLE doocore_booking_parties ADD COLUMN through_contact_id {text};

CREATE INDEX doocore_booking_parties_by_through_contact_id
    ON doocore_booking_parties (organization_id, through_contact_id, booking_number)
    WHERE through_contact_id IS NOT NULL;

UPDATE doocore_booking_parties SET through_contact_id = {prefilled}
    WHERE entered IS NOT NULL AND EXISTS (
        SELECT 1 FROM doocore_contacts c
        WHERE c.organization_id = doocore_booking_parties.organization_id AND c.id = {prefilled}
    );

CREATE TABLE doocore_booking_history (
    organization_id {text} NOT NULL,
    booking_number {text} NOT NULL,
    version {integer} NOT NULL,
    changed_at {moment} NOT NULL,
    actor {text} NOT NULL,
    cause {text} NOT NULL,
    reference {text} NOT NULL,
    rules {json} NOT NULL,
    before_values {json} NOT NULL,
    after_values {json} NOT NULL,
    PRIMARY KEY (organization_id, booking_number, version)
);

CREATE TABLE doocore_codes (
    organization_id {text} NOT NULL,
    id {text} NOT NULL,
    name {text} NOT NULL,
    folded_name {text} NOT NULL,
    type {text} NOT NULL,
    use_kind {text} NOT NULL,
    most_uses {integer},
    event_id {text},
    valid_from {moment},
    valid_until {moment},
    contact_id {text},
    is_withdrawn {boolean} NOT NULL,
    origin_cause {text} NOT NULL,
    origin_actor {text} NOT NULL,
    origin_reference {text} NOT NULL,
    origin_row {integer},
    created_at {moment} NOT NULL,
    version {integer} NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE UNIQUE INDEX doocore_codes_by_folded_name ON doocore_codes (organization_id, folded_name);

CREATE INDEX doocore_codes_by_event_id ON doocore_codes (organization_id, event_id, id) WHERE event_id IS NOT NULL;

CREATE INDEX doocore_codes_by_contact_id ON doocore_codes (organization_id, contact_id, id) WHERE contact_id IS NOT NULL;

CREATE TABLE doocore_code_uses (
    organization_id {text} NOT NULL,
    code_id {text} NOT NULL,
    booking_number {text} NOT NULL,
    redeemed_at {moment} NOT NULL,
    PRIMARY KEY (organization_id, code_id, booking_number),
    FOREIGN KEY (organization_id, code_id) REFERENCES doocore_codes (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, booking_number) REFERENCES doocore_bookings (organization_id, number) ON DELETE CASCADE
) {narrow};

CREATE INDEX doocore_code_uses_by_booking_number ON doocore_code_uses (organization_id, booking_number, code_id)
""",
    ),
    Migration(
        4,
        "messages and the outbox",
        """
CREATE TABLE doocore_messages (
    organization_id {text} NOT NULL,
    id {text} NOT NULL,
    event_id {text} NOT NULL,
    name {text} NOT NULL,
    subject {text} NOT NULL,
    body {text} NOT NULL,
    html {text},
    purpose {text} NOT NULL,
    links {json} NOT NULL,
    reply_to_email {text},
    reply_to_name {text},
    queued_at {moment} NOT NULL,
    actor {text} NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE INDEX doocore_messages_by_event_id ON doocore_messages (organization_id, event_id, id);

CREATE TABLE doocore_outbox (
    organization_id {text} NOT NULL,
    id {text} NOT NULL,
    about {text} NOT NULL,
    recipient {text},
    address_key {text},
    state {text} NOT NULL,
    token {text},
    message_id {text},
    contact_id {text},
    reference {text} NOT NULL,
    subject {text},
    body {text},
    queued_at {moment} NOT NULL,
    due_at {moment} NOT NULL,
    links_until {moment},
    finished_at {moment},
    attempts {integer} NOT NULL,
    skipped {text},
    problem {text},
    version {integer} NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE INDEX doocore_outbox_by_due_at ON doocore_outbox (organization_id, due_at, id)
    WHERE state IN ('queued', 'sending');

CREATE INDEX doocore_outbox_by_message_id ON doocore_outbox (organization_id, message_id, id)
    WHERE message_id IS NOT NULL;

CREATE INDEX doocore_outbox_by_contact_id ON doocore_outbox (organization_id, contact_id) WHERE contact_id IS NOT NULL;

CREATE UNIQUE INDEX doocore_outbox_by_token ON doocore_outbox (organization_id, token) WHERE token IS NOT NULL
""",
    ),
)


def condition(tables: Collection[str], applied: Mapping[int, str]) -> Condition:
    """Judge a database by the names of its *tables* and the checksums of its *applied* steps.

    >>> condition([], {}).name, condition(["invoices"], {}).name
    ('EMPTY', 'FOREIGN')
    """
    if SCHEMA_TABLE.name not in tables:
        return Condition.FOREIGN if tables else Condition.EMPTY
    known = {each.step: each.checksum for each in STEPS}
    if applied.keys() - known.keys():
        return Condition.NEWER
    if any(known[step] != checksum for step, checksum in applied.items()):
        return Condition.ALTERED
    return Condition.CURRENT if applied.keys() == known.keys() else Condition.OLDER


def missing(applied: Mapping[int, str]) -> tuple[Migration, ...]:
    """Give the steps still to be applied, in their order."""
    return tuple(each for each in STEPS if each.step not in applied)


def statements_of(number: int, dialect: Dialect) -> tuple[str, ...]:
    """Give the statements of the step of this *number*; `ValueError` where this release has none of it."""
    found = [each for each in STEPS if each.step == number]
    if not found:
        raise ValueError(f"there is no step {number!r}: this release has the steps 1 to {len(STEPS)}")
    return found[0].statements(dialect)
