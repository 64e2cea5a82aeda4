"""Print the tables of the rule book from the code: `python docs/rule_tables.py` writes `_tables/*.md` anew.

Each function of `ALL` is one table and the name of its file. The pages include these files, and a test fails when one
of them differs from what the code says now.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from doocore.labels.names import COLUMNS, ERRORS, EVIDENCE, FIELDS, FILE_PROBLEMS, NOUNS, REASONS, WORDS
from doocore.labels.sentences import SENTENCES
from doocore.labels.texts import TextTable
from doocore.model.booking import AttendeeStatus, BookingStatus, PaymentStatus
from doocore.model.code import CodeObstacle
from doocore.model.contact import Contact
from doocore.model.contact_import import DuplicateMode
from doocore.model.event import EmailChangePolicy, EventStatus
from doocore.model.fields import CUSTOM_FIELD_TYPES, SALUTATIONS, SYSTEM_FIELDS, ContactField, FieldType
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause, Origin
from doocore.model.identifiers import ContactId
from doocore.model.invitation import Evidence
from doocore.model.organization import ProductPlan, SyncMode
from doocore.plans.organizing import BECOMES
from doocore.rules.addresses import COMPLAINTS
from doocore.rules.assignment import BY_ADDRESS, BY_AMBIGUITY, BY_PREFILL, TAKES_BOOKINGS, Address, PolicyRow, Shown
from doocore.rules.assignment import Row as AssignmentRow
from doocore.rules.bookings import BY_PAYMENT, BY_TICKET, PaymentAct
from doocore.rules.codes import STATUSES as CODE_STATUSES
from doocore.rules.codes import USES
from doocore.rules.columns import OTHER_COLUMNS
from doocore.rules.duplicates import WRITES_SUBSCRIPTION, WRITES_VALUE
from doocore.rules.exporting import CELLS_OF_STATES, CELLS_OF_TRUTHS
from doocore.rules.invitations import BY_MARK, BY_REACTION, COMPLETES
from doocore.rules.invitations import STATUSES as INVITATION_STATUSES
from doocore.rules.messages import SKIPS
from doocore.rules.messages import STATUSES as RECIPIENT_STATUSES
from doocore.rules.outbox import SETTLED
from doocore.rules.permissions import BY_ACTION
from doocore.rules.permissions import Row as PermissionRow
from doocore.rules.syncing import BY_VALUE, COMPARES, Standing, SyncOrigin
from doocore.rules.syncing import Row as SyncRow
from doocore.rules.values import CHECKBOX_WORDS, DATE_ORDERS, LOCAL_DATE_ORDERS, LONGEST, RULES, DateOrder

TABLES = Path(__file__).parent / "_tables"

R = TypeVar("R")
C = TypeVar("C")
V = TypeVar("V")


# Chapter 1


def address_hints() -> str:
    """Print what a refused address is told, in the order of asking (ID-4)."""
    return table(
        ("", "the refusal adds"), ((str(place), hint) for place, (_, hint) in enumerate(COMPLAINTS.values(), 1))
    )


# Chapter 2


def by_address() -> str:
    """Print where a party without prefill goes (AS-1, AS-10)."""
    rows = (
        (address.value, rule(row.rule), code(row.decision.value), code(row.reason))
        for address, row in BY_ADDRESS.items()
    )
    return table(("the typed address is", "rule", "decision", "reason"), rows)


def by_prefill() -> str:
    """Print where a party with a prefill goes (AS-2 to AS-4)."""

    def shown(row: AssignmentRow | None) -> str:
        if row is None:
            return f"{rule('AS-3a')}: as if there were no prefill, flag {code('prefill_changed')}"
        return f"{rule(row.rule)}: {code(row.decision.value)}, {code(row.reason)}"

    down = {each: each.value for each in Shown}
    across = {policy: f"the event says {code(policy.value)}" for policy in EmailChangePolicy}
    return crossing(BY_PREFILL, "the prefilled address was", down, across, shown)


def by_ambiguity() -> str:
    """Print what each ambiguity policy picks (AS-14), asked about three sample holders."""
    holders = [
        _holder("the oldest", 0, fields=1),
        _holder("the second", 1, fields=3),
        _holder("the newest", 2, fields=2),
    ]

    def picked(row: PolicyRow | None) -> tuple[str, str]:
        if row is None:
            return "none of them: a new contact", code(BY_ADDRESS[Address.SHARED].reason)
        return row.pick(holders).id, code(row.reason)

    rows = ((code(policy.value), *picked(row)) for policy, row in BY_AMBIGUITY.items())
    return table(("policy", "of three holders, the second with most fields", "reason"), rows)


def _holder(name: str, age: int, *, fields: int) -> Contact:
    return Contact(
        id=ContactId(name),
        values=FrozenDict({f"field {number}": "filled" for number in range(fields)}),
        origin=Origin(Cause.BY_HAND, "system"),
        created_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=age),
    )


def takes_bookings() -> str:
    """Print whether an event takes a booking (AS-15)."""
    down = {each: code(each.value) for each in EventStatus}
    across = {False: "the booker or the host books", True: "staff book"}
    return crossing(
        TAKES_BOOKINGS, "the event is", down, across, lambda taken: "taken" if taken else code("event_not_live")
    )


def event_status() -> str:
    """Print which status an event may take (BO-3)."""
    stored: list[EventStatus] = [each for each in EventStatus if each is not EventStatus.OVER]
    down = {each: code(each.value) for each in stored}
    across = {each: f"becomes {code(each.value)}" for each in stored}
    return crossing(BECOMES, "an event that is", down, across, lambda may: "may" if may else "may not")


# Chapter 3


def by_value() -> str:
    """Print what becomes of one value (SY-1 to SY-9)."""
    pairs = {(arrives, stands): "" for arrives, stands, _ in BY_VALUE}
    rows = (
        (arrives.value, stands.value, *(_became(BY_VALUE[arrives, stands, mode]) for mode in SyncMode))
        for arrives, stands in pairs
    )
    return table(("the incoming value is", "the contact's is", *_sync_modes().values()), rows)


def _became(row: SyncRow) -> str:
    return f"{rule(row.rule)}: {code(row.outcome.value)}"


def compares() -> str:
    """Print whether the table of synchronization is asked at all (SY-11)."""
    down = {SyncOrigin.BOOKING: "the booking itself", SyncOrigin.PORTAL: "a later edit, by the booker or by staff"}
    return crossing(
        COMPARES,
        "the values come from",
        down,
        _sync_modes(),
        lambda yes: "the table decides" if yes else "nothing happens",
    )


def _sync_modes() -> dict[SyncMode, str]:
    return {mode: f"sync {code(mode.value)}" for mode in SyncMode}


# Chapter 4


def system_fields() -> str:
    """Print the system fields, with the names under which a list may carry them (FI-1, IM-3)."""
    rows = ((code(each.key), code(each.type.value), ", ".join(each.labels), _holds(each)) for each in SYSTEM_FIELDS)
    return table(("field", "type", "also known as", "holds"), rows)


def _holds(field: ContactField) -> str:
    by_language = SALUTATIONS if field.key == "salutation" else {"": field.options}
    options = [f"{', '.join(some)} {f'({language})' if language else ''}" for language, some in by_language.items()]
    if any(by_language.values()):
        return f"to begin with {'; '.join(each.strip() for each in options)}"
    return _longest(LONGEST.get(field.type) if field.max_length is None else field.max_length)


def field_types() -> str:
    """Print the types of fields (FI-2)."""
    rows = ((code(each.value), _whose(each), _longest(LONGEST.get(each))) for each in RULES)
    return table(("type", "for", "length, unless the field says otherwise"), rows)


def _whose(type_: FieldType) -> str:
    return "system and own fields" if type_ in CUSTOM_FIELD_TYPES else "system fields only"


def _longest(limit: int | None) -> str:
    return "" if limit is None else f"at most {limit} characters"


def checkbox_words() -> str:
    """Print the words for yes and no (FI-6)."""
    words = {truth: [code(word) for word, means in CHECKBOX_WORDS.items() if means is truth] for truth in (True, False)}
    return table(("checked", "not checked"), [(", ".join(words[True]), ", ".join(words[False]))])


def date_orders() -> str:
    """Print which locale reads which number as the month (FI-6)."""
    locales = {**DATE_ORDERS, **LOCAL_DATE_ORDERS}
    heads: dict[DateOrder | None, str] = {
        **{each: f"{code('2024-02-29')} or {code(each.value)}" for each in DateOrder},
        None: f"{code('2024-02-29')} alone",
    }
    rows = (
        (head, ", ".join(code(locale) for locale, order in locales.items() if order is wanted))
        for wanted, head in heads.items()
    )
    return table(("a date is written", "in these locales"), rows)


# Chapters 5, 6 and 15


def by_action() -> str:
    """Print who may do what, and in which plan (PR-2, PR-3)."""
    rows = ((action.value, row.standing.value, _from(row), rule(row.rule)) for action, row in BY_ACTION.items())
    return table(("action", "takes at least", "plan", "rule"), rows)


def _from(row: PermissionRow) -> str:
    return "any" if row.plan is ProductPlan.BASIC else f"{code(row.plan.value)} or higher"


def writes_value() -> str:
    """Print whether an import writes a given value into a contact that a row matches (IM-5)."""
    cells = {(stands, mode): written for (mode, stands), written in WRITES_VALUE.items()}
    down = {each: each.value for each in Standing}
    return crossing(cells, "the contact's value is", down, _duplicate_modes(), _written)


def writes_subscription() -> str:
    """Print whether an import writes a subscription (SU-3)."""
    cells = {((state, wish), mode): written for (mode, state, wish), written in WRITES_SUBSCRIPTION.items()}
    down = {pair: f"{code(pair[0].value)} | {code(pair[1].value)}" for pair, _ in cells}
    return crossing(cells, "the contact is | the cell says", down, _duplicate_modes(), _written)


def _duplicate_modes() -> dict[DuplicateMode, str]:
    return {mode: code(mode.value) for mode in DuplicateMode}


def _written(written: bool) -> str:  # noqa: FBT001, a cell of a table is what is shown
    return "written" if written else "left alone"


def export_cells() -> str:
    """Print what stands in the cells of an export for what is no text (EX-1)."""
    truths = ((f"a checkbox, {'checked' if truth else 'not checked'}", cell) for truth, cell in CELLS_OF_TRUTHS.items())
    states = ((f"a subscription, {code(str(state))}", cell) for state, cell in CELLS_OF_STATES.items() if state)
    return table(("", "cell"), ((what, code(cell) if cell else "blank") for what, cell in (*truths, *states)))


def other_columns() -> str:
    """Print what a list can say beside contact fields (IM-3)."""
    return table(
        ("column", "also known as"), ((code(word), ", ".join(labels)) for word, labels in OTHER_COLUMNS.items())
    )


# Chapter 9


def by_payment() -> str:
    """Print what becomes of a payment (BO-1)."""
    down = {each: code(each.value) for each in PaymentStatus}
    across = {PaymentAct.PAY: "`pay` makes it", PaymentAct.REFUND: "`refund` makes it"}
    cells = {(payment, act): after for (act, payment), after in BY_PAYMENT.items()}
    return crossing(
        cells, "the payment is", down, across, lambda after: code("invalid_booking" if after is None else after.value)
    )


def by_ticket() -> str:
    """Print what an attendee hears at the door (BO-2)."""
    down = {each: code(each.value) for each in AttendeeStatus}
    across = {each: f"of a booking that is {code(each.value)}" for each in BookingStatus}
    cells = {(ticket, booking): said for (booking, ticket), said in BY_TICKET.items()}
    return crossing(cells, "the attendee is", down, across, lambda said: code(said.value))


# Chapter 10


def code_statuses() -> str:
    """Print where a code stands, in the order of asking, and whether it can be redeemed then (CO-2)."""
    rows = (
        (str(place), row.when.value, code(row.status.value), WORDS[row.status].de, _redeemable(row.obstacle))
        for place, row in enumerate(CODE_STATUSES, 1)
    )
    return table(("", "of the code holds", "status", "in German", "redeemable"), rows)


def _redeemable(obstacle: CodeObstacle | None) -> str:
    return "yes, from `valid_from` on" if obstacle is None else f"no: {code(obstacle.value)}"


def skip_reasons() -> str:
    """Print why somebody gets no mail of a message, in the order of asking (MA-1, SU-2, SU-5)."""
    rows = (
        (str(place), code(row.reason.value), WORDS[row.reason].en, WORDS[row.reason].de, rule(row.rule))
        for place, row in enumerate(SKIPS, 1)
    )
    return table(("", "reason", "", "in German", "rule"), rows)


def recipient_statuses() -> str:
    """Print where a recipient of a message stands, by the mail and by what came back (MA-2)."""
    rows = ((code(state.value), *(code(each.value) for each in row)) for state, row in RECIPIENT_STATUSES.items())
    return table(("the mail is", "nothing came back", "opened", "a link was clicked"), rows)


def settled() -> str:
    """Print where a mail stands after its delivery (MA-3)."""
    rows = (
        (code(outcome.value), SENTENCES[outcome].en if outcome in SENTENCES else WORDS[outcome].en, code(state.value))
        for outcome, state in SETTLED.items()
    )
    return table(("the mailer says", "", "the mail is"), rows)


def code_uses() -> str:
    """Print how many uses a code has (CO-1)."""
    rows = (
        (code(use.value), "as many as its `limit` says, or any number" if most is None else str(most))
        for use, most in USES.items()
    )
    return table(("use", "bookings that can redeem it"), rows)


# Chapter 7


def invitation_statuses() -> str:
    """Print where a contact can stand with an event, and from what that is known, lowest first (IN-2)."""
    rows = (
        (str(place), code(row.status.value), WORDS[row.status].de, _bits(row.any_of) or "always", _bits(row.unless))
        for place, row in enumerate(INVITATION_STATUSES, 1)
    )
    return table(("", "status", "in German", "evidence, any of", "unless"), rows)


def reactions() -> str:
    """Print what happens to messages, and what is marked by hand, with what it is evidence for (IN-2, IN-5)."""
    rows = [(f"a message was `{each.value}`", _bits(evidence)) for each, evidence in BY_REACTION.items()]
    rows += [(f"marked as `{each.value}`", _bits(evidence)) for each, evidence in BY_MARK.items()]
    return table(("what happened", "evidence"), rows)


def completes() -> str:
    """Print which payments complete an active booking (IN-3)."""
    rows = ((code(each.value), "completed" if does else "not completed") for each, does in COMPLETES.items())
    return table(("payment", "an active booking is"), rows)


def evidence() -> str:
    """Print every bit of evidence (IN-8)."""
    rows = ((code(each.name or ""), *texts) for each, texts in EVIDENCE.items() if isinstance(each, Evidence))
    return table(("evidence", "English", "German"), rows)


def _bits(evidence: Evidence) -> str:
    return ", ".join(code(each.name or "") for each in evidence)


# Labels


def labels() -> str:
    """Print what the members of enumerations are called."""
    return _labels("word", {str(each): texts for each, texts in WORDS.items()})


def text_labels() -> str:
    """Print what the texts are called that stand for words in answers and errors."""
    tables: dict[str, TextTable] = {
        "reason of an assignment": REASONS,
        "system field": FIELDS,
        "other column of a list": COLUMNS,
        "noun of an error, and parties": NOUNS,
        "code of an error": ERRORS,
        "problem of a file": FILE_PROBLEMS,
    }
    return "\n".join(_labels(kind, each) for kind, each in tables.items())


def _labels(head: str, texts: TextTable) -> str:
    return table((head, "English", "German"), ((code(str(word)), *each) for word, each in texts.items()))


# How a table is printed


def crossing(
    cells: Mapping[tuple[R, C], V],
    corner: str,
    down: Mapping[R, str],
    across: Mapping[C, str],
    shown: Callable[[V], str],
) -> str:
    """Print a table of two keys, the first one downwards and the second one across, each cell as *shown* says.

    >>> print(crossing({("a", 1): 0.5}, "", {"a": "A"}, {1: "one"}, str), end="")
    |  | one |
    |---|---|
    | A | 0.5 |
    """
    rows = ((name, *(shown(cells[row, column]) for column in across)) for row, name in down.items())
    return table((corner, *across.values()), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Print a Markdown table; a cell that holds a vertical line is two cells."""
    width = " | ".join(head).count("|") + 1
    lines = [f"| {' | '.join(row)} |\n" for row in (head, *rows)]
    return "".join([lines[0], f"|{'---|' * width}\n", *lines[1:]])


def code(word: str) -> str:
    """Mark *word* as code."""
    return f"`{word}`"


def rule(name: str) -> str:
    """Link a rule's name to its place in the rule book.

    >>> rule("AS-1b")
    '[AS-1b](#as-1b)'
    """
    return f"[{name}](#{name.lower()})"


ALL: tuple[Callable[[], str], ...] = (
    address_hints,
    by_address,
    by_prefill,
    by_ambiguity,
    takes_bookings,
    event_status,
    by_value,
    compares,
    system_fields,
    field_types,
    checkbox_words,
    date_orders,
    by_action,
    writes_value,
    writes_subscription,
    other_columns,
    export_cells,
    by_payment,
    by_ticket,
    code_statuses,
    code_uses,
    invitation_statuses,
    reactions,
    completes,
    evidence,
    skip_reasons,
    recipient_statuses,
    settled,
    labels,
    text_labels,
)


def printed() -> dict[str, str]:
    """Print every table, by the name of its file."""
    return {f"{each.__name__}.md": each() for each in ALL}


if __name__ == "__main__":
    for file_name, text in printed().items():
        (TABLES / file_name).write_text(text, encoding="utf-8")
