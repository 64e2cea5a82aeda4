"""Sentence by sentence: what the format says a file means, tried.

Each test quotes one sentence of the format, or what follows from one for somebody who writes cases elsewhere.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from doocore.ports import OrganizationStore, Store
from doocore_adapters.memory import MemoryStore
from doocore_adapters.vectors.running import run_case
from doocore_adapters.vectors.stores import STORES, new_organizations
from tests.vectors.shipped import RawCase, read_case

LIST = "E-Mail,Vorname\nada@x.de,Ada\n"
ADDED = {"rows": [{"line": 2, "outcome": "added"}]}


def failures(case: RawCase, store: OrganizationStore | None = None) -> list[str]:
    """Give the places where the case fails."""
    organization = MemoryStore().organization("vectors") if store is None else store
    return [each.place for each in run_case(read_case({"id": "x", "rules": [], **case}), organization)]


def importing(**keys: Any) -> RawCase:  # noqa: ANN401, the keys of a case
    return {"kind": "import", "csv": LIST, "expect": ADDED, **keys}


def story(*steps: RawCase, **keys: Any) -> RawCase:  # noqa: ANN401, the keys of a case
    return {"kind": "scenario", "events": [{"id": "e1", "status": "live"}], "steps": list(steps), **keys}


def book(email: str | None = "ada@x.de", **keys: Any) -> RawCase:  # noqa: ANN401, the keys of a step
    return {"do": "book", "number": "TX-AAAA-0001", "event": "e1", "booker": {"email": email}, **keys}


class TestKeysLeftOut:
    """Keys left out mean: absent/blank/default."""

    @pytest.mark.parametrize(
        "case",
        [
            {"kind": "same_address", "a": "ada@x.de", "expect": False},
            {"kind": "address", "expect": "invalid"},
            {"kind": "assignment", "expect": {"decision": "unassigned", "reason": "no_email"}},
            {"kind": "sync", "expect": {}},
            {"kind": "field_value", "type": "phone", "expect": {"value": None}},
            {"kind": "import", "expect": {"error": "header"}},
            {"kind": "scenario", "expect": {"contacts": [], "mails": []}},
            story({"do": "book", "event": "e1"}, expect={"contacts": []}),
            story({"do": "book", "event": "e1", "attendees": [{"email": "ada@x.de"}]}),
        ],
    )
    def test_a_case_can_be_as_short_as_that(self, case: RawCase) -> None:
        assert failures(case) == []

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"encoding": "utf-8", "delimiter": ",", "identify_by": "email", "duplicates": "fill_empty", "groups": []},
            {"existing_to_group": None, "invalid_values": "refuse_row", "mapping": {}, "add_options": {}},
            {"delimiter": None, "add_options": {"system": False}},
        ],
    )
    def test_defaults_of_an_import_may_be_written_out(self, options: RawCase) -> None:
        assert failures(importing(options=options)) == []

    def test_the_example_s_nulls_stand_for_nothing(self) -> None:
        """`chosen`, `prefill`, `bytes_base64` and `existing_to_group` are null in the format's own examples."""
        assert failures({"kind": "assignment", "chosen": None, "prefill": None, "expect": {"reason": "no_email"}}) == []
        assert failures(importing(bytes_base64=None, options={"existing_to_group": None})) == []
        assert failures(importing(csv=None, bytes_base64="RS1NYWlsCmFkYUB4LmRlCg==")) == []
        event = {"id": "e1", "organizer_email": None, "starts_at": None, "ends_at": None}
        party = {"email": "ada@x.de", "prefill": None, "chosen": None}
        assert failures(story({"do": "book", "event": "e1", "booker": party}, events=[event])) == []

    def test_without_a_delimiter_the_header_decides(self) -> None:
        """IM-1: comma, or semicolon/tab by choice or detection."""
        for delimiter in ",;\t":
            assert failures(importing(csv=LIST.replace(",", delimiter))) == []
        assert failures(importing(csv=LIST.replace(",", ";"), options={"delimiter": ","})) == ["expect.error"]

    def test_defaults_of_the_organization(self) -> None:
        """Region DE, locale de."""
        fields = [{"name": "Tag", "type": "date"}]
        step = book(booker={"email": "ada@x.de", "values": {"phone": "030 901820", "Tag": "3.4.2026", "title": "Dr."}})
        contact = {"id": "new1", "email": "ada@x.de", "phone": "+4930901820", "Tag": "2026-04-03", "title": "Dr."}
        assert failures(story(step, fields=fields, expect={"contacts": [contact]})) == []

    def test_an_event_is_live_unless_it_says_otherwise(self) -> None:
        assert failures(story(book(), events=[{"id": "e1"}])) == []


class TestWhatIsCompared:
    """What `expect` does not name is not compared, except where a kind says "exactly"."""

    def test_nothing_that_is_not_named(self) -> None:
        assert failures(importing(csv="E-Mail,Newsletter\nada@x.de,1\n", options={"groups": ["VIP"]})) == []
        assert failures(story(book(expect={"booker": {}}), expect={"bookings": {"TX-AAAA-0001": {}}})) == []

    @pytest.mark.parametrize(
        ("case", "place"),
        [
            (
                {
                    "kind": "assignment",
                    "entered": "ada@x.de",
                    "prefill": {"contact": "c9"},
                    "expect": {"reason": "no_match"},
                },
                "expect.flags",
            ),
            ({"kind": "sync", "incoming": {"city": "Bonn"}, "expect": {"contact": {"city": "Bonn"}}}, "expect.filled"),
            (importing(csv="E-Mail\nx\n", expect={"rows": [{"outcome": "unprocessed"}]}), "expect.rows[0].reasons"),
            (importing(expect={"contacts": [{"id": "new1", "email": "ada@x.de"}]}), "expect.contacts.new1.Vorname"),
            (importing(expect={"contacts": []}), "expect.contacts.new1"),
            (importing(expect={"rows": []}), "expect.rows"),
            (importing(options={"groups": ["VIP"]}, expect={"groups": {"VIP": []}}), "expect.groups.VIP"),
            (story(book(), expect={"mails": [{"to": "ada@x.de", "about": "message"}]}), "expect.mails"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_exactly_means_what_is_left_out_too(self, case: RawCase, place: str) -> None:
        assert [each.replace("first_name", "Vorname") for each in failures(case)] == [place]

    def test_the_contacts_have_no_subscriptions_but_those_named(self) -> None:
        """Where a contact of `expect` names none, it has none."""
        subscribed = importing(csv="E-Mail,Newsletter\nada@x.de,1\n")
        contact = {"id": "new1", "email": "ada@x.de"}
        assert failures({**subscribed, "expect": {"contacts": [contact]}}) == [
            "expect.contacts.new1.subscriptions.newsletter"
        ]
        for states in ({"newsletter": "subscribed"}, {"newsletter": "subscribed", "marketing": "unknown"}):
            assert failures({**subscribed, "expect": {"contacts": [contact | {"subscriptions": states}]}}) == []

    def test_a_blank_value_is_no_value(self) -> None:
        contact = {"id": "new1", "email": "ada@x.de", "first_name": "Ada", "city": " ", "company": None}
        assert failures(importing(expect={"contacts": [contact]})) == []

    def test_lists_of_names_stand_in_any_order(self) -> None:
        values = {"first_name": "Ada", "city": "Bonn", "phone": "x", "postal_code": "1"}
        expect = {"booker": {"filled": ["city", "email", "first_name"], "rejected": ["postal_code", "phone"]}}
        step = book(booker={"email": "ada@x.de", "values": values}, expect=expect)
        assert failures(story(step)) == []
        reasons = ["too_long", "invalid_value", "invalid_email", "invalid_value"]
        row = {"line": 2, "outcome": "unprocessed", "reasons": reasons}
        long = "x" * 46
        assert failures(importing(csv=f"E-Mail,Ort,PLZ,Land\nx,{long},1,?\n", expect={"rows": [row]})) == []

    def test_contacts_and_members_stand_in_any_order(self) -> None:
        contacts = [{"id": f"c{number}"} for number in (2, 1, 3)]
        case = importing(contacts=contacts, groups={"VIP": ["c3", "c1"]}, options={"groups": ["VIP"]})
        new = {"id": "new1", "email": "ada@x.de", "first_name": "Ada"}
        expect = {"contacts": [new, *reversed(contacts)], "groups": {"vip": ["c1", "new1", "c3"]}}
        assert failures({**case, "expect": expect}) == []

    def test_a_truth_is_no_text(self) -> None:
        """Typed values stand in normalized form."""
        case = {"kind": "sync", "fields": [{"name": "VIP", "type": "checkbox"}], "incoming": {"VIP": "ja"}}
        assert failures({**case, "expect": {"contact": {"VIP": True}, "filled": ["VIP"]}}) == []
        assert failures({**case, "expect": {"contact": {"VIP": "true"}, "filled": ["VIP"]}}) == ["expect.contact.VIP"]


class TestNames:
    """Fields by any of their names, numbers in any spelling."""

    def test_a_field_may_be_called_by_its_label_everywhere(self) -> None:
        values = {"Vorname": "Ida", "ORT": "Bonn", "Kundennummer": "K-1"}
        expect = {
            "booker": {"filled": ["Ort", "Externe Kunden-ID"], "kept": ["Vorname"]},
            "attendees": [{"filled": ["E-Mail", "vorname"]}],
        }
        step = book(
            booker={"email": "ada@x.de", "values": values},
            attendees=[{"email": "bob@x.de", "values": {"first_name": "Bob"}}],
            expect=expect,
        )
        contacts = [{"id": "c1", "E-Mail": "ada@x.de", "Vorname": "Ada"}]
        after = [
            {"id": "c1", "E-Mail-Adresse": "ada@x.de", "Vorname": "Ada", "Stadt": "Bonn", "customer_id": "K-1"},
            {"id": "new1", "email": "bob@x.de", "Vorname": "Bob"},
        ]
        assert failures(story(step, contacts=contacts, expect={"contacts": after})) == []
        wrong = story(book(expect={"booker": {"filled": ["Vorname"]}}))
        assert failures(wrong) == ["steps[0].expect.booker.filled"]

    def test_a_booking_is_found_by_its_number_in_any_spelling(self) -> None:
        expect = {"bookings": {"tx-aaaa-0001 ": {"booker": {"contact": "new1"}, "attendees": []}}}
        assert failures(story(book(), expect=expect)) == []

    def test_a_label_may_be_any_text(self) -> None:
        contacts = [{"id": "Ada 1", "email": "ada@x.de"}, {"id": "\u00fc", "email": "bob@x.de"}]
        steps = (
            book(expect={"booker": {"contact": "Ada 1"}}),
            {"do": "change_contact", "contact": "\u00fc", "values": {"city": "Bonn"}},
        )
        after = [contacts[0], contacts[1] | {"city": "Bonn"}]
        assert failures(story(*steps, contacts=contacts, expect={"contacts": after})) == []


class TestMoments:
    """Moments are ISO 8601 with offset; an event's times local with its `time_zone`."""

    def test_offsets_are_compared_as_moments(self) -> None:
        ends = {"id": "e1", "ends_at": "2026-05-01T22:00:00", "time_zone": "Europe/Berlin"}
        refused = {"error": "event_not_live"}
        for at, expect in (("2026-05-01T19:59:59Z", {}), ("2026-05-01T22:00+02:00", refused)):
            assert failures(story(book(at=at, expect=expect), events=[ends])) == []

    def test_left_out_it_is_the_time_of_the_step_before(self) -> None:
        ends = {"id": "e1", "ends_at": "2026-05-01T22:00:00"}
        steps = (book(at="2026-05-01T20:00:00Z", by_staff=True), book(number="TX-AAAA-0002"))
        assert failures(story(*steps, events=[ends])) == ["steps[1].expect.error"]

    @pytest.mark.parametrize(
        "times",
        [
            {},
            {"ends_at": "2026-02-01T22:00:00"},
            {"ends_at": "2027-01-01T00:00:00"},
            {"starts_at": "2027-01-01T00:00:00"},
        ],
    )
    def test_an_event_may_be_given_as_over(self, times: RawCase) -> None:
        """BO-3: it went live, and ended."""
        steps = (
            book(at="2026-03-01T10:00:00Z", expect={"error": "event_not_live"}),
            book(by_staff=True, expect={"booker": {"contact": "new1"}}),
        )
        assert failures(story(*steps, events=[{"id": "e1", "status": "over", **times}])) == []


class TestGivenContacts:
    """`contacts` are there at the beginning, as they are given."""

    def test_given_values_are_normalized(self) -> None:
        contact = {"id": "c1", "phone": "030 901820", "country": "Deutschland", "city": " Bonn "}
        after = {"id": "c1", "phone": "+4930901820", "country": "DE", "city": "Bonn"}
        assert failures(story(contacts=[contact], expect={"contacts": [after]})) == []

    def test_given_contacts_may_share_an_address(self) -> None:
        contacts = [{"id": each, "email": "ada@x.de", "customer_id": "K-1"} for each in ("c1", "c2")]
        assert failures(story(book(expect={"booker": {"reason": "ambiguous"}}), contacts=contacts)) == []

    def test_what_a_field_takes_no_more_they_have_all_the_same(self) -> None:
        """FI-5: removed options, values from before a limit; and the field itself is as it is given."""
        fields = [{"name": "Branche", "type": "select", "options": ["IT"]}, {"name": "VIP", "type": "checkbox"}]
        contact = {"id": "c1", "email": "ada@x.de", "Branche": " Bergbau", "VIP": "vielleicht", "postal_code": "1"}
        rows = "E-Mail,Branche,VIP,PLZ\nada@x.de,Bergbau,vielleicht,1\nbob@x.de,Bergbau,,\n"
        case = importing(fields=fields, contacts=[contact], csv=rows, options={"duplicates": "overwrite"})
        expect = {
            "rows": [
                {"line": 2, "outcome": "unchanged"},
                {"line": 3, "outcome": "unprocessed", "reasons": ["unknown_option"]},
            ],
            "contacts": [contact | {"Branche": "Bergbau"}],
        }
        assert failures({**case, "expect": expect}) == []

    def test_even_an_address_that_is_none(self) -> None:
        contacts = [{"id": "c1", "email": "keine", "VIP": True}]
        fields = [{"name": "VIP", "type": "short_text"}]
        step = book("keine", expect={"booker": {"decision": "unassigned", "reason": "invalid_email"}})
        assert failures(story(step, contacts=contacts, fields=fields, expect={"contacts": contacts})) == []

    def test_a_system_field_may_be_named_among_the_fields(self) -> None:
        fields = [{"name": "Vorname"}, {"name": "Titel", "type": "select", "options": ["Dr.", "Mag."]}]
        contact = {"id": "c1", "first_name": "Ada", "title": "Mag."}
        assert failures(story(fields=fields, contacts=[contact], expect={"contacts": [contact]})) == []

    def test_their_options_do_not_outlive_another_locale(self) -> None:
        """FI-1: the default salutations are those of the locale, whatever contacts have."""
        steps = (
            {"do": "set", "settings": {"locale": "en"}},
            {"do": "change_contact", "contact": "c1", "values": {"salutation": "Mr."}},
        )
        assert failures(story(*steps, contacts=[{"id": "c1", "salutation": "Familie"}])) == []


@pytest.fixture
def opened(store: str, dsn_of: Callable[[str], str | None]) -> Iterator[Store]:
    """Open the store of this name."""
    with STORES[store](dsn_of(store)) as opened:
        yield opened


@pytest.mark.parametrize("store", sorted(STORES))
class TestLabels:
    """Contacts made on the way are `new1`, `new2`, … in order of creation."""

    def test_the_tenth_is_younger_than_the_second(self, opened: Store) -> None:
        """At one moment IDs decide who is older."""
        rows = "".join(f"K-{number},office@x.de\n" for number in range(1, 112))
        steps = [
            {"do": "import", "csv": f"Kundennummer,E-Mail\n{rows}", "options": {"identify_by": "customer_id"}},
            book("office@x.de", expect={"booker": {"contact": "new111", "reason": "policy_newest"}}),
            {"do": "set", "settings": {"ambiguity": "oldest"}},
            book("office@x.de", number="TX-AAAA-0002", expect={"booker": {"contact": "new1"}}),
        ]
        case = story(*steps, settings={"ambiguity": "newest"}, expect={"groups": {}})
        assert failures(case, next(new_organizations(opened))) == []

    def test_every_step_knows_the_tenth(self, opened: Store) -> None:
        rows = "".join(f"{number}@x.de,Gast\n" for number in range(1, 13))
        prefill = {"contact": "new11", "email": "11@x.de"}
        steps = [
            {"do": "import", "csv": f"E-Mail,Nachname\n{rows}", "options": {"groups": ["VIP"]}},
            book(booker={"email": "11@x.de", "prefill": prefill}, expect={"booker": {"contact": "new11"}}),
            book(number="TX-AAAA-0002", by_staff=True, booker={"chosen": "new12"}, attendees=[{"email": "10@x.de"}]),
            {"do": "change_contact", "contact": "new10", "values": {"city": "Bonn"}},
            {"do": "subscribe", "contact": "new12", "subscription": "newsletter", "state": "subscribed"},
            {
                "do": "import",
                "csv": "Kontakt-ID,Ort\n new11\u200b,Rom\nnew13,Bern\nnew2,Ulm\n",
                "options": {"identify_by": "contact_id"},
                "expect": {
                    "rows": [
                        {"line": 2, "outcome": "updated"},
                        {"line": 3, "outcome": "unprocessed", "reasons": ["unknown_contact_id"]},
                        {"line": 4, "outcome": "updated"},
                    ]
                },
            },
        ]
        more: dict[int, RawCase] = {
            2: {"city": "Ulm"},
            10: {"city": "Bonn"},
            11: {"city": "Rom"},
            12: {"subscriptions": {"newsletter": "subscribed"}},
        }
        contacts = [
            {"id": f"new{number}", "email": f"{number}@x.de", "last_name": "Gast", **more.get(number, {})}
            for number in range(1, 13)
        ]
        expect = {
            "contacts": contacts,
            "groups": {"VIP": [each["id"] for each in contacts]},
            "bookings": {
                "TX-AAAA-0001": {"booker": {"contact": "new11"}},
                "TX-AAAA-0002": {"booker": {"contact": "new12"}, "attendees": [{"contact": "new10"}]},
            },
        }
        assert failures(story(*steps, expect=expect), next(new_organizations(opened))) == []

    def test_a_step_that_fails_makes_no_contact(self, opened: Store) -> None:
        refused = book(
            attendees=[{"email": "bob@x.de"}, {"chosen": "c9"}], by_staff=True, expect={"error": "not_found"}
        )
        case = story(refused, book(), expect={"contacts": [{"id": "new1", "email": "ada@x.de"}]})
        assert failures(case, next(new_organizations(opened))) == []


class TestErrors:
    """Codes are those of the library's error classes in snake case without `Error`."""

    @pytest.mark.parametrize(
        ("step", "code"),
        [
            (book(number="4711"), "invalid_booking"),
            (book(event="e9"), "not_found"),
            (book(booker={"chosen": "c1"}), "permission_denied"),
            ({"do": "change_contact", "contact": "c1", "values": {"email": "bob@x.de"}}, "duplicate_identifier"),
            ({"do": "change_contact", "contact": "c1", "values": {"phone": "x"}}, "invalid_field_value"),
            ({"do": "import", "csv": "Foo\n"}, "import_file"),
            ({"do": "import", "csv": LIST, "options": {"groups": ["A;B"]}}, "invalid_name"),
            (
                {"do": "import", "csv": LIST, "options": {"mapping": {"Vorname": {"create": {"name": "PLZ"}}}}},
                "duplicate_name",
            ),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_step_names_the_error(self, step: RawCase, code: str) -> None:
        contacts = [{"id": "c1"}, {"id": "c2", "email": "bob@x.de"}]
        assert failures(story(step | {"expect": {"error": code}}, contacts=contacts)) == []
        assert failures(story(step, contacts=contacts)) == ["steps[0].expect.error"]
