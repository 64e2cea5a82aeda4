"""The schema says what the reader says: the same keys, the same words, the same forms."""

import dataclasses
import io
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import attrs
import pytest
from jsonschema import Draft202012Validator

from doocore import (
    AmbiguityPolicy,
    Attendee,
    Booking,
    CodeStatus,
    CodeType,
    CodeUse,
    Decision,
    DooCoreError,
    DuplicateMode,
    EmailChangePolicy,
    Event,
    EventStatus,
    Flag,
    IdentifierKind,
    InvalidValues,
    InvitationStatus,
    Mark,
    Party,
    ProductPlan,
    RowOutcome,
    RowReason,
    RowWarning,
    Subscription,
    SubscriptionState,
    SyncMode,
    SyncOrigin,
    Through,
    ValueReason,
)
from doocore.model.booking import AttendeeStatus, BookingStatus, PaymentStatus
from doocore.model.event import Product, Question, QuestionLevel
from doocore.model.fields import CUSTOM_FIELD_TYPES
from doocore.rules import assignment
from doocore_adapters.vectors import givens, kinds, steps
from doocore_adapters.vectors.command import print_schema
from doocore_adapters.vectors.kinds import KINDS
from doocore_adapters.vectors.places import VectorFormatError
from doocore_adapters.vectors.reading import FORMAT, read_cases
from doocore_adapters.vectors.running import shipped_files
from doocore_adapters.vectors.steps import STEPS
from tests.vectors.shipped import RawCase, document
from tests.vectors.test_format import CASES_TO_COME, FILES, JUDGED_LATER, MISTAKES, misspelled, one_case_of_each_shape
from tests.vectors.test_wrong_cases import CANNOT_BE_RUN_YET


@cache
def schema() -> Any:  # noqa: ANN401, JSON of any shape
    out = io.StringIO()
    print_schema(out)
    return json.loads(out.getvalue())


SCHEMA = schema()
FILE = Draft202012Validator(SCHEMA)
CASE = FILE.evolve(schema={"$ref": "#/$defs/case"})


def part(path: str) -> Any:  # noqa: ANN401, JSON of any shape
    """Find what stands at the way *path* below `$defs`, through references; items and patterns of names are steps too."""
    found = SCHEMA["$defs"]
    for step in path.split("/"):
        found = found[step]
        while "$ref" in found:
            found = SCHEMA["$defs"][found["$ref"].removeprefix("#/$defs/")]
    return found


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["format"] == {"const": FORMAT}


@pytest.mark.parametrize("path", shipped_files(), ids=lambda path: str(path.stem))
def test_the_shipped_files_are_of_it(path: Any) -> None:  # noqa: ANN401, a path
    FILE.validate(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("case", CASES_TO_COME, ids=lambda case: str(case["kind"]))
def test_cases_that_cannot_be_run_yet_are_of_it(case: RawCase) -> None:
    CASE.validate({"id": "later", "rules": [], **case})


# What is no case


SEEN_BY_THE_READER_ALONE = {
    "a label twice": "labels are compared",
    "an expected label twice": "labels are compared",
    "a member that there is not": "labels are compared",
    "a field that there is not": "names of fields are open",
    "an incoming field that there is not": "names of fields are open",
    "a taken field that there is not": "names of fields are open",
    "an expected field that there is not": "names of fields are open",
    "an expected field that nobody made": "names of fields are open",
    "a moment that there is not": "the calendar is known",
    "a step before the last": "moments are compared",
    "what latin-1 does not have": "the encoding is known",
}
"""Mistakes of files that no schema can see, and what it would take."""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_of_shape_is_refused(name: str) -> None:
    case = {"id": "x", "rules": [], **MISTAKES[name][0]}
    assert CASE.is_valid(case) is (name in SEEN_BY_THE_READER_ALONE)


@pytest.mark.parametrize(
    "content", [content for name, (content, _, _) in FILES.items() if "NaN" not in str(content)], ids=repr
)
def test_a_file_that_is_none_is_refused(content: bytes) -> None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return  # it is no JSON either
    assert not FILE.is_valid(value)


OPEN_TO_NAMES = {"groups", "mapping", "merged", "bookings", "answers", "values", "contact", "incoming"}
"""Objects whose keys are names, for a schema; `contacts` beside them."""


@pytest.mark.parametrize("case", one_case_of_each_shape(), ids=lambda case: str(case["id"]))
def test_an_unknown_key_is_refused_wherever_it_is(case: RawCase) -> None:
    for wrong, place in misspelled(case, ""):
        *_, holder, _ = ["", *place.split(".")]
        if holder not in OPEN_TO_NAMES and not holder.startswith("contacts[") and JUDGED_LATER not in place:
            assert not CASE.is_valid(wrong), place


OTHER_TYPES: tuple[Any, ...] = (7, None, {}, ["x"], "x")


def mistyped(value: Any) -> Iterator[Any]:  # noqa: ANN401, JSON of any shape
    """Put something of another type into every place, one at a time."""
    yield from (other for other in OTHER_TYPES if type(other) is not type(value))
    if isinstance(value, dict):
        for key, each in value.items():
            yield {name: kept for name, kept in value.items() if name != key}
            yield from ({**value, key: other} for other in mistyped(each))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from ([*value[:index], other, *value[index + 1 :]] for other in mistyped(each))


def small_cases() -> list[RawCase]:
    """Give one case of each shape, and of stories to come each step alone."""
    to_come = [{"id": str(each["kind"]), "rules": ["ID-1"], **each} for each in CASES_TO_COME]
    alone = [
        {**case, "id": step["do"], "steps": [step], "expect": {}} for case in to_come for step in case.get("steps", ())
    ]
    return [*one_case_of_each_shape(), *alone, *(case | {"steps": []} if "steps" in case else case for case in to_come)]


@pytest.mark.parametrize("case", small_cases(), ids=lambda case: str(case["id"]))
def test_what_the_reader_refuses_for_its_type_the_schema_refuses(case: RawCase) -> None:
    """And what is missing; so whoever validates against the schema can be read."""
    wrong = [each for each in mistyped(case) if problem_of(each).startswith(("expected", "this key is missing"))]
    assert wrong
    assert [each for each in wrong if CASE.is_valid(each)] == []


def problem_of(case: Any) -> str:  # noqa: ANN401, JSON of any shape
    """Give what the reader says is wrong; empty where nothing is."""
    try:
        read_cases(document(case))
    except VectorFormatError as error:
        return error.problem
    return ""


def closed_words(value: Any, *, closed: bool = False) -> Iterator[Any]:  # noqa: ANN401, JSON of any shape
    """Put a word that nobody knows in place of each word of a closed list, one at a time."""
    if isinstance(value, str) and closed:
        yield f"{value}?"
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from ({**value, key: other} for other in closed_words(each, closed=key in WORDS_OF_CLOSED_LISTS))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from ([*value[:index], other, *value[index + 1 :]] for other in closed_words(each, closed=closed))


WORDS_OF_CLOSED_LISTS = {
    *("kind", "do", "decision", "reason", "flags", "outcome", "reasons", "warnings", "error", "policy", "ambiguity"),
    *("mode", "origin", "type", "identify_by", "duplicates", "invalid_values", "sync", "plan", "status", "level"),
    *("subscription", "state", "through", "payment", "email_change", "rules"),
}


@pytest.mark.parametrize("case", one_case_of_each_shape(), ids=lambda case: str(case["id"]))
def test_a_word_that_nobody_knows_is_refused(case: RawCase) -> None:
    """In expectations too, where the reader leaves it to the case to fail."""
    words = [each for each in closed_words(case) if each != case]
    assert words
    assert [each for each in words if CASE.is_valid(each)] == []


@pytest.mark.parametrize("kind", CANNOT_BE_RUN_YET)
def test_a_case_that_fails_since_it_cannot_be_run_is_of_it_unless_nobody_knows_its_kind(kind: str) -> None:
    """The runner lets a case of an unknown kind fail; whoever writes one learns of it from the schema."""
    case = {"id": "x", "rules": [], **CANNOT_BE_RUN_YET[kind]}
    assert CASE.is_valid(case) is (case["kind"] in KINDS)


# No list of words, and no list of keys, can drift from the code


def words(enum: Any) -> set[str]:  # noqa: ANN401, any enumeration
    return {each.value for each in enum}


def literal(type_: Any, name: str) -> set[Any]:  # noqa: ANN401, any attrs class
    """Give the words that an attribute's type lists, in whatever it is wrapped."""

    def found(each: Any) -> Iterator[Any]:  # noqa: ANN401, any type
        for argument in get_args(each):
            if isinstance(argument, str):
                yield argument
            elif argument is type(None):
                yield None
            else:
                yield from found(argument)

    return set(found(attrs.fields_dict(type_)[name].type))


REASONS = {
    "chosen",
    *(row.reason for row in assignment.BY_ADDRESS.values()),
    *(row.reason for row in assignment.BY_PREFILL.values() if row is not None),
    *(row.reason for row in assignment.BY_AMBIGUITY.values() if row is not None),
}

CODES_TO_COME = {
    *("portal_access_denied", "portal_closed", "portal_edit_forbidden", "too_many_attempts"),
    *("invalid_merge", "unmerge_blocked", "erasure_brake"),
}
"""Errors that the format names and the library does not have yet."""


def error_codes() -> set[str]:
    return {each.code for each in DooCoreError.__subclasses__() if each.__module__ == "doocore.errors"}


WORDS: dict[str, set[Any]] = {
    "case/properties/kind": set(KINDS),
    "step/properties/do": set(STEPS),
    "decision": words(Decision),
    "assignment_reason": REASONS,
    "party_expected/properties/flags/items": words(Flag),
    "assignment/properties/expect/properties/flags/items": words(Flag) - {Flag.NAME_DIFFERS.value},
    "email_change": words(EmailChangePolicy),
    "ambiguity": words(AmbiguityPolicy),
    "sync_mode": words(SyncMode),
    "sync/properties/origin": words(SyncOrigin),
    "value_reason": words(ValueReason) - {"invalid_email"},
    "field_type": {each.value for each in CUSTOM_FIELD_TYPES},
    "row_reason": words(RowReason),
    "row_warning": words(RowWarning),
    "rows/items/properties/outcome": words(RowOutcome),
    "import_options/properties/identify_by": words(tuple(IdentifierKind)[:3]),
    "import_options/properties/duplicates": words(DuplicateMode),
    "import_options/properties/invalid_values": words(InvalidValues),
    "settings/properties/plan": words(ProductPlan),
    "subscription": words(Subscription),
    "subscription_state": words(SubscriptionState),
    "step_subscribe/properties/through": words(Through) - {"import"},
    "event_status": words(EventStatus),
    "event/properties/questions/items/properties/level": words(QuestionLevel),
    "booking_status": words(BookingStatus),
    "payment": words(PaymentStatus),
    "invitation/properties/bookings/items/properties/attendees/items/properties/status": words(AttendeeStatus),
    "mark": words(Mark) & set(get_args(givens.MarkWord)),
    "invitation_status": words(InvitationStatus),
    "edit/properties/do": set(givens.EDITS),
    "step_follow/properties/link": literal(steps.Follow, "link"),
    "invitation/properties/messages/items/properties/clicks/items": literal(kinds.MessageGiven, "clicks"),
    "code_given/properties/type": words(CodeType),
    "code_given/properties/use": words(CodeUse) & literal(givens.CodeGiven, "use"),
    "code/properties/expect/properties/status": words(CodeStatus),
    "scenario/properties/expect/properties/mails/items/properties/about": literal(kinds.MailExpected, "about"),
    "error_code": error_codes() | CODES_TO_COME,
}
"""Where a closed list of words stands, and what the code has there; `import/…/error` is no enumeration in the code."""

NO_ENUMERATION_YET = {
    "import/properties/expect/properties/error",  # `ImportFileError` tells its problems in a sentence
    "portal/properties/expect/properties/forbidden/items",  # chapter 8 is to come
    "address/properties/expect",  # two words of the format
}


def closed_lists(value: Any, path: str) -> Iterator[str]:  # noqa: ANN401, JSON of any shape
    """Find the ways to all closed lists; what an `if` asks is none."""
    if isinstance(value, dict):
        if "enum" in value:
            yield path
        for key, each in value.items():
            if key not in {"if", "allOf"}:
                yield from closed_lists(each, f"{path}/{key}" if path else key)


def test_every_closed_list_is_compared_here() -> None:
    assert set(closed_lists(SCHEMA["$defs"], "")) == WORDS.keys() | NO_ENUMERATION_YET


@pytest.mark.parametrize("path", WORDS)
def test_a_closed_list_is_that_of_the_code(path: str) -> None:
    assert set(part(path)["enum"]) == WORDS[path]


OBJECTS: dict[str, type] = {
    **KINDS,
    "assignment/properties/expect": kinds.AssignmentExpected,
    "sync/properties/expect": kinds.SyncExpected,
    "field_value/properties/expect": kinds.FieldValueExpected,
    "invitation/properties/messages/items": kinds.MessageGiven,
    "invitation/properties/bookings/items": kinds.BookingGiven,
    "invitation/properties/bookings/items/properties/attendees/items": kinds.AttendeeGiven,
    "import/properties/expect": kinds.ImportCaseExpected,
    "portal/properties/event": kinds.PortalEvent,
    "portal/properties/products/items": kinds.ProductGiven,
    "portal/properties/expect": kinds.PortalExpected,
    "retention/properties/contact": kinds.RetainedContact,
    "retention/properties/contact/properties/events/items": kinds.AttendedEvent,
    "retention/properties/expect": kinds.RetentionExpected,
    "code/properties/expect": kinds.CodeExpected,
    "scenario/properties/expect": kinds.ScenarioExpected,
    "scenario/properties/expect/properties/bookings/additionalProperties": kinds.KeptBooking,
    "scenario/properties/expect/properties/invitations/additionalProperties": kinds.InvitationListExpected,
    "scenario/properties/expect/properties/mails/items": kinds.MailExpected,
    "kept_party": kinds.KeptParty,
    "step_of_booking": steps.OfBooking,
    "step_of_attendee": steps.OfAttendee,
    "step_edit": steps.Edit,
    "step_import": steps.Import,
    "step_import/properties/expect": steps.ImportExpected,
    "step_set": steps.Set,
    "step_change_contact": steps.ChangeContact,
    "step_delete_contact": steps.DeleteContact,
    "step_subscribe": steps.Subscribe,
    "step_send": steps.Send,
    "step_follow": steps.Follow,
    "step_mark": steps.SetMark,
    "step_merge": steps.Merge,
    "step_unmerge": steps.Unmerge,
    "step_reassign": steps.Reassign,
    "step_undo": steps.Undo,
    "step_erase": steps.Erase,
    "step_sweep": steps.Sweep,
    "step_create_code": steps.CreateCode,
    "step_redeem": steps.Redeem,
    "step_expected": steps.StepExpected,
    "step_book/properties/expect": steps.BookExpected,
    "party_expected": steps.PartyExpected,
    "fields/items": givens.FieldGiven,
    "settings": givens.SettingsGiven,
    "prefill": givens.PrefillGiven,
    "import_options": givens.ListOptions,
    "import_options/properties/mapping/additionalProperties": givens.ColumnToCreate,
    "import_options/properties/mapping/additionalProperties/properties/create": givens.FieldToCreate,
    "import_options/properties/add_options": givens.OptionsToAdd,
    "rows/items": givens.RowExpected,
    "code_given/properties/redemptions/items": givens.RedemptionGiven,
    "event/properties/questions/items": Question,
    "event/properties/products/items": Product,
    "party": Party,
    "attendee": Attendee,
}
"""Where an object stands, and what the reader makes of it."""

HERE_IN_ANOTHER_FORM: dict[str, tuple[set[str], set[str]]] = {
    "step_book": (
        {each.name for each in dataclasses.fields(Booking)} - {"event_id"}
        | {"event", "do", "at", "by_staff", "expect"},
        {"event"},
    ),
    "event": ({each.name for each in dataclasses.fields(Event)} - {"version"}, {"id"}),
    "code_given": ({each.name for each in attrs.fields(steps.NamedCode)}, set()),
    "contacts/items": ({"id", "subscriptions"}, {"id"}),
}
"""Objects that stand in files in another form than their class has: their keys, and those that must be there."""


@pytest.mark.parametrize("path", OBJECTS)
def test_an_object_has_the_keys_of_its_class(path: str) -> None:
    type_ = OBJECTS[path]
    if attrs.has(type_):
        known = {each.name for each in attrs.fields(type_)}
        needed = {each.name for each in attrs.fields(type_) if each.default is attrs.NOTHING}
    else:
        known = {each.name for each in dataclasses.fields(type_)}
        nothing = dataclasses.MISSING
        needed = {each.name for each in dataclasses.fields(type_) if each.default is each.default_factory is nothing}
    found = part(path)
    inherited = {"id", "kind", "rules"} if path in KINDS else {"do"} if "do" in known else set()
    assert set(found["properties"]) == known
    assert set(found.get("required", ())) == needed - inherited
    assert found["additionalProperties"] is False


@pytest.mark.parametrize("path", HERE_IN_ANOTHER_FORM)
def test_an_object_in_another_form_has_its_keys(path: str) -> None:
    known, needed = HERE_IN_ANOTHER_FORM[path]
    found = part(path)
    assert set(found["properties"]) == known
    assert set(found.get("required", ())) == needed
    assert "additionalProperties" in found


def objects(value: Any, path: str) -> Iterator[str]:  # noqa: ANN401, JSON of any shape
    """Find the ways to all objects with keys of their own."""
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict) and "additionalProperties" in value:
            yield path
        for key, each in value.items():
            if key not in {"if", "allOf"}:
                yield from objects(each, f"{path}/{key}" if path else key)


def test_every_object_is_compared_here() -> None:
    assert set(objects(SCHEMA["$defs"], "")) == OBJECTS.keys() | HERE_IN_ANOTHER_FORM.keys()


def test_the_tables_of_kinds_and_steps_are_those_of_the_reader() -> None:
    """Each word leads to the object that the reader makes of it."""
    by_kind = {each["if"]["properties"]["kind"]["const"]: each["then"] for each in part("case")["allOf"]}
    assert by_kind == {kind: {"$ref": f"#/$defs/{kind}"} for kind in KINDS}
    by_do: dict[str, str] = {}
    for each in part("step")["allOf"]:
        asked = each["if"]["properties"]["do"]
        for word in asked.get("enum", [asked.get("const")]):
            by_do[word] = each["then"]["$ref"].removeprefix("#/$defs/")
    made = {word: OBJECTS.get(name, steps.Book) for word, name in by_do.items()}
    assert made == STEPS
