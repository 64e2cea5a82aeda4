"""What an organization sets up: settings, contact fields, groups and events (FI-1 to FI-5, GR-1, BO-3, PR-2)."""

from collections.abc import Callable
from itertools import product

import pytest

from doocore import (
    AmbiguityPolicy,
    Booker,
    ContactCenter,
    ContactId,
    DuplicateNameError,
    Event,
    EventNotLiveError,
    EventStatus,
    FieldType,
    InvalidFieldError,
    InvalidFieldValueError,
    InvalidNameError,
    NotFoundError,
    OrganizationSettings,
    PermissionDeniedError,
    ProductPlan,
    Question,
    QuestionLevel,
    SyncMode,
)
from doocore.model.fields import CUSTOM_FIELD_TYPES, SYSTEM_FIELDS, SYSTEM_KEYS, folded
from doocore.plans import organizing
from doocore.plans.grouping import GroupRequest, needs_of_group, plan_renaming
from doocore.plans.organizing import BECOMES, needs_of_field, plan_event
from doocore.plans.story import Facts, Needs
from tests.builders import LOU, booking, circumstances, everything, live_event, merge, new_center, party

DRAFT, LIVE, CANCELLED, OVER = EventStatus
STORED = (DRAFT, LIVE, CANCELLED)


class TestSettings:
    def test_they_are_read_as_they_were_written(self) -> None:
        settings = OrganizationSettings(sync=SyncMode.ON, ambiguity=AmbiguityPolicy.OLDEST, locale="en_GB", region="GB")
        center = new_center()
        assert center.settings == OrganizationSettings()
        assert center.change_settings(settings) == settings == center.settings

    def test_only_a_team_admin_changes_them(self) -> None:
        """SY-6, PR-2."""
        for actor in (LOU, Booker()):
            with pytest.raises(PermissionDeniedError):
                new_center(actor=actor).change_settings(OrganizationSettings(sync=SyncMode.ON))

    def test_the_source_systems_ways_are_the_defaults(self) -> None:
        """SY-6, AS-14, RE-1, PR-3."""
        defaults = OrganizationSettings()
        assert (defaults.sync, defaults.ambiguity) == (SyncMode.OFF, AmbiguityPolicy.CREATE_NEW)
        assert (defaults.retention_days, defaults.plan) == (180, ProductPlan.ENTERPRISE)


class TestSystemFields:
    """FI-1."""

    def test_they_stand_in_the_order_of_the_rule(self) -> None:
        assert (
            *("email", "customer_id", "salutation", "title", "first_name", "last_name", "company", "street"),
            *("house_number", "postal_code", "city", "country", "phone", "comment"),
        ) == SYSTEM_KEYS
        assert tuple(each.key for each in new_center().fields.catalog().fields) == SYSTEM_KEYS

    @pytest.mark.parametrize(
        ("key", "longest"),
        [
            *(("customer_id", 255), ("first_name", 255), ("last_name", 255), ("company", 255), ("street", 255)),
            *(("house_number", 45), ("city", 45)),
        ],
    )
    def test_texts_have_their_limits(self, key: str, longest: int) -> None:
        center = new_center()
        assert len(str(center.create_contact({key: " " + "\u00e4" * longest}).values[key])) == longest
        with pytest.raises(InvalidFieldValueError) as caught:
            center.create_contact({key: "\u00e4" * (longest + 1)})
        assert caught.value.reason == "too_long"

    def test_a_comment_has_none(self) -> None:
        comment = "line\r\n" * 10_000 + "end"
        assert new_center().create_contact({"comment": comment}).values == {"comment": comment}

    @pytest.mark.parametrize(
        ("locale", "options"),
        [("de", ("Herr", "Frau")), ("de-AT", ("Herr", "Frau")), ("en_GB", ("Mr.", "Ms.")), ("fr", ("Mr.", "Ms."))],
    )
    def test_salutations_begin_with_the_locale(self, locale: str, options: tuple[str, ...]) -> None:
        catalog = new_center(OrganizationSettings(locale=locale)).fields.catalog()
        assert catalog["salutation"].options == options
        assert catalog["title"].options == ("Dr.", "Prof.")

    def test_their_options_can_be_extended(self) -> None:
        center = new_center()
        changed = center.fields.change("Anrede", options=["Herr", "Frau", " Divers ", "Frau", " "])
        assert changed.options == ("Herr", "Frau", "Divers")
        assert center.create_contact({"Anrede": "Divers"}).values == {"salutation": "Divers"}
        assert center.fields.catalog().custom == ()

    def test_further_names_are_added_and_theirs_stay(self) -> None:
        """IM-3: "these labels are known"."""
        center = new_center()
        for labels in (["Mitgliedsnummer", "Kundennummer"], ["Mitgliedsnummer"]):
            changed = center.fields.change("customer_id", labels=labels)
            assert changed.labels == ("Externe Kunden-ID", "Kundennummer", "External customer ID", "Mitgliedsnummer")
        assert center.create_contact({"mitgliedsnummer": "7"}).customer_id == "7"
        assert center.fields.change("customer_id", labels=[]).labels == changed.labels[:3]

    @pytest.mark.parametrize("key", SYSTEM_KEYS)
    def test_they_are_not_archived(self, key: str) -> None:
        center = new_center()
        with pytest.raises(InvalidFieldError, match="a system field cannot be archived"):
            center.fields.change(key, archived=True)
        assert not center.fields.change(key, archived=False).archived

    def test_their_names_stay(self) -> None:
        with pytest.raises(InvalidNameError) as caught:
            new_center().fields.change("Vorname", name="Rufname")
        assert (caught.value.noun, caught.value.name) == ("field", "Rufname")


class TestCustomFields:
    """FI-2 to FI-5."""

    @pytest.mark.parametrize("kind", CUSTOM_FIELD_TYPES)
    def test_there_are_seven_types(self, kind: FieldType) -> None:
        """FI-2."""
        center = new_center()
        created = center.fields.create(" Size ", kind, options=[" ", ""])
        assert (created.name, created.type, created.options, created.system) == ("Size", kind, (), False)
        assert center.fields.catalog().custom == (created,)

    def test_a_select_field_has_options(self) -> None:
        """Trimmed, each once, in their order."""
        created = new_center().fields.create("Size", FieldType.SELECT, options=[" M ", "", "L", "M"])
        assert created.options == ("M", "L")

    @pytest.mark.parametrize("kind", [each for each in CUSTOM_FIELD_TYPES if each is not FieldType.SELECT])
    def test_no_other_field_has_options(self, kind: FieldType) -> None:
        center = new_center()
        center.fields.create("Size", kind)
        with pytest.raises(InvalidFieldError, match="only a select field has options"):
            center.fields.create("Other", kind, options=["M"])
        for name in ("Size", "city"):
            with pytest.raises(InvalidFieldError, match="only a select field has options") as caught:
                center.fields.change(name, options=["M"])
            assert caught.value.field == name
        assert [each.options for each in center.fields.catalog().custom] == [()]

    def test_the_types_are_those_of_the_rule(self) -> None:
        """FI-2; the other four are the system fields' own."""
        assert len(CUSTOM_FIELD_TYPES) == 7
        assert set(FieldType) - set(CUSTOM_FIELD_TYPES) <= {each.type for each in SYSTEM_FIELDS}

    @pytest.mark.parametrize("kind", [each for each in FieldType if each not in CUSTOM_FIELD_TYPES])
    def test_other_types_are_refused(self, kind: FieldType) -> None:
        with pytest.raises(InvalidNameError) as caught:
            new_center().fields.create("Size", kind)
        assert (caught.value.noun, caught.value.name) == ("field", "Size")

    @pytest.mark.parametrize(
        "name",
        [
            *("Shirt size", " SHIRT SIZE\u00a0", "Straße", "STRASSE", "first_name", "Vorname", "E-Mail"),
            *("Kontakt-ID", "Gruppen", "newsletter", "contact_id"),
        ],
    )
    def test_names_are_unique_also_against_system_fields_and_known_columns(self, name: str) -> None:
        """FI-3: "compared case-folded and trimmed, also against the system fields' names and labels"."""
        center = new_center()
        center.fields.create("Shirt size")
        center.fields.create("Other")
        before = everything(center)
        with pytest.raises(DuplicateNameError) as caught:
            center.fields.create(name)
        assert (caught.value.noun, caught.value.name) == ("field", name.strip())
        with pytest.raises(DuplicateNameError):
            center.fields.change("Other", name=name)
        assert everything(center) == before

    @pytest.mark.parametrize("name", ["", " \u200b", "x" * 256, "a\x1bb", "a\vb", "a\ufffeb"])
    def test_a_name_must_say_something_and_not_too_much(self, name: str) -> None:
        with pytest.raises(InvalidNameError) as caught:
            new_center().fields.create(name)
        assert (caught.value.noun, caught.value.name) == ("field", name)

    def test_a_name_may_be_as_long_as_that(self) -> None:
        assert new_center().fields.create("x" * 255).name == "x" * 255

    def test_they_are_renamed_and_keep_their_values(self) -> None:
        """FI-4."""
        center = new_center()
        size = center.fields.create("Size", FieldType.SELECT, options=["M"])
        ada = center.create_contact({"Size": "M"})
        assert center.fields.change("size", name=" Shirt size ").name == "Shirt size"
        assert center.contact(ada.id).values == {size.key: "M"}
        assert center.change_contact(ada.id, {"SHIRT SIZE": ""}).values == {}

    @pytest.mark.parametrize("name", ["SIZE", " Size", "Gr\u00f6\u00dfe"])
    def test_a_name_may_change_its_spelling(self, name: str) -> None:
        center = new_center()
        center.fields.create("size")
        assert center.fields.change("size", name=name).name == name.strip()
        assert center.fields.catalog().named(name) is not None

    def test_a_removed_option_stays_on_the_contacts_that_have_it(self) -> None:
        """FI-5: "A removed option stays readable …, and a value equal to the contact's present one is always accepted"."""
        center = new_center()
        size = center.fields.create("Size", FieldType.SELECT, options=["M", "L"])
        ada = center.create_contact({"Size": "M"})
        assert center.fields.change("Size", options=["L", "XL"]).options == ("L", "XL")
        assert center.contact(ada.id).values == {size.key: "M"}
        assert center.change_contact(ada.id, {"Size": "M", "city": "Ulm"}).values[size.key] == "M"
        with pytest.raises(InvalidFieldValueError):
            center.create_contact({"Size": "M"})

    def test_it_is_found_under_further_names(self) -> None:
        """IM-3: a label is as good as the name; each stands once, and none that is the name itself."""
        center = new_center()
        size = center.fields.create("Size", labels=[" Größe ", "SIZE", "grösse", "GRÖSSE"])
        assert size.labels == ("Größe",)
        changed = center.fields.change("Größe", labels=["Shirt", "Größe"])
        assert changed.labels == ("Shirt", "Größe")
        assert center.create_contact({"shirt": "M"}).values == {size.key: "M"}
        report = center.import_contacts([{"E-Mail": "ada@x.de", "Größe": "L"}])
        assert report.ignored_columns == ()
        assert center.fields.change("Size", labels=[]).labels == ()

    @pytest.mark.parametrize("label", ["Other", "else", "Vorname", "e-mail", "Gruppen", " Newsletter"])
    def test_a_label_is_unique_like_a_name(self, label: str) -> None:
        """FI-3: also against labels of other fields, and columns that mean something."""
        center = new_center()
        center.fields.create("Size")
        center.fields.create("Other", labels=["Else"])
        before = everything(center)
        with pytest.raises(DuplicateNameError):
            center.fields.change("Size", labels=["Shirt", label])
        with pytest.raises(DuplicateNameError):
            center.fields.create("Third", labels=[label])
        with pytest.raises(DuplicateNameError):
            center.fields.change("Size", name=label)
        assert everything(center) == before

    def test_a_name_that_was_a_label_is_one_no_more(self) -> None:
        center = new_center()
        center.fields.create("Size", labels=["Shirt", "Größe"])
        renamed = center.fields.change("Size", name="Shirt")
        assert (renamed.name, renamed.labels) == ("Shirt", ("Größe",))
        assert center.fields.catalog().named("Size") is None

    def test_a_label_must_say_something(self) -> None:
        with pytest.raises(InvalidNameError):
            new_center().fields.create("Size", labels=[" "])

    def test_names_and_labels_are_locked_while_they_are_given(self) -> None:
        assert needs_of_field("f1", " Size", "GRÖSSE") == Needs(fields=frozenset({"f1", "size", "grösse"}))

    def test_what_is_not_named_stays(self) -> None:
        center = new_center()
        size = center.fields.create("Size", FieldType.SELECT, options=["M"], labels=["Größe"])
        assert center.fields.change("Size") == size
        archived = center.fields.change("Size", archived=True)
        assert (archived.archived, archived.options) == (True, ("M",))
        assert not center.fields.change("Size", archived=False).archived

    def test_the_field_must_exist(self) -> None:
        with pytest.raises(NotFoundError) as caught:
            new_center().fields.change("Size", archived=True)
        assert (caught.value.noun, caught.value.key) == ("field", "Size")

    def test_it_must_still_exist_when_its_change_is_planned(self) -> None:
        request = organizing.FieldRequest(key="f9", archived=True)
        with pytest.raises(NotFoundError, match="no field 'f9'"):
            organizing.plan_field(request, Facts(asked=Needs()), circumstances())

    def test_only_a_team_admin_manages_them(self) -> None:
        """FI-4, PR-2."""
        center = new_center()
        center.fields.create("Size")
        with pytest.raises(PermissionDeniedError):
            center.acting_as(LOU).fields.create("Other")
        with pytest.raises(PermissionDeniedError):
            center.acting_as(LOU).fields.change("Size", archived=True)


class TestGroups:
    """GR-1: "Names unique (case-folded), without `;`"."""

    def test_they_are_listed_by_name(self) -> None:
        center = new_center(actor=LOU)
        for name in ("VIP", " Presse "):
            center.groups.create(name)
        assert [each.name for each in center.groups.all()] == ["Presse", "VIP"]

    @pytest.mark.parametrize("name", ["VIP", "vip", " ViP\u00a0"])
    def test_a_second_of_the_same_name_is_refused(self, name: str) -> None:
        center = new_center()
        center.groups.create("VIP")
        with pytest.raises(DuplicateNameError) as caught:
            center.groups.create(name)
        assert (caught.value.noun, caught.value.name) == ("group", name)

    @pytest.mark.parametrize("name", ["", " ", "a;b", "x" * 256, "V\x1bIP", "V\vIP", "V\ud800IP"])
    def test_names_that_no_group_can_have(self, name: str) -> None:
        with pytest.raises(InvalidNameError):
            new_center().groups.create(name)

    def test_members_stand_in_the_order_they_joined(self) -> None:
        center = new_center()
        ids = [center.create_contact({}).id for _ in range(3)]
        for each in (ids[2], ids[0], ids[2]):
            center.change_contact(each, groups=["VIP"])
        assert center.groups.members(" vip ") == (ids[2], ids[0])
        assert [each.id for each in center.list_contacts(group="VIP")] == [ids[0], ids[2]]
        assert center.count_contacts(group="VIP") == 2

    def test_one_is_made_from_a_selection(self) -> None:
        """GR-1: "made by hand, during an import, or from a selection"; merged IDs mean their survivor, and each joins once."""
        center = new_center()
        ids = [center.create_contact({}).id for _ in range(4)]
        merge(center, ids[2], ids[1])
        group = center.acting_as(LOU).groups.create(" VIP", [ids[3], ids[1], ids[2], ids[3]])
        assert group.name == "VIP"
        assert center.groups.members("VIP") == (ids[3], ids[2])

    def test_contacts_join_and_leave(self) -> None:
        """Joining again and leaving from outside change nothing."""
        center = new_center(actor=LOU)
        ids = [center.create_contact({}).id for _ in range(4)]
        center.groups.create("VIP", ids[:1])
        center.groups.create("Presse", ids)
        assert center.groups.join("vip", [ids[2], ids[1], ids[0]]).name == "VIP"
        assert center.groups.members("VIP") == (ids[0], ids[2], ids[1])
        assert center.groups.leave("vip", [ids[0], ids[3], ids[1]]).name == "VIP"
        assert center.groups.members("VIP") == (ids[2],)
        assert len(center.groups.members("Presse")) == 4

    @pytest.mark.parametrize("way", ["create", "join", "leave"])
    def test_only_contacts_that_there_are(self, way: str) -> None:
        """Nothing happens unless everything can."""
        center = new_center()
        ids = [center.create_contact({}).id for _ in range(2)]
        center.groups.create("Presse", ids)
        before = everything(center)
        with pytest.raises(NotFoundError) as caught:
            getattr(center.groups, way)("VIP" if way == "create" else "Presse", [ids[0], "c9999"])
        assert (caught.value.noun, caught.value.key) == ("contact", "c9999")
        assert everything(center) == before

    @pytest.mark.parametrize("name", ["Vip", " VIP 2 ", "x" * 255])
    def test_it_gets_another_name_or_spelling_and_keeps_its_members(self, name: str) -> None:
        center = new_center()
        ada = center.create_contact({}, groups=["VIP", "Presse"])
        assert center.acting_as(LOU).groups.rename("vip", name).name == name.strip()
        assert center.groups.members(name) == (ada.id,)
        assert center.details(ada.id).groups == tuple(sorted(("Presse", name.strip())))

    def test_the_same_name_again_is_no_change(self) -> None:
        center = new_center()
        center.groups.create("VIP")
        group = center.groups.all()[0]
        plan = plan_renaming("VIP", " VIP", Facts(asked=Needs(), groups={"vip": group}), circumstances())
        assert (plan.outcome, plan.changes) == (group, ())

    def test_the_plan_knows_whose_name_it_is(self) -> None:
        """No store has to be asked."""
        center = new_center()
        groups = {folded(name): center.groups.create(name) for name in ("VIP", "Presse")}
        with pytest.raises(DuplicateNameError):
            plan_renaming("VIP", "PRESSE", Facts(asked=Needs(), groups=groups), circumstances())

    @pytest.mark.parametrize(("name", "error"), [("PRESSE ", DuplicateNameError), ("a;b", InvalidNameError)])
    def test_a_name_that_it_cannot_have_is_refused(self, name: str, error: type[Exception]) -> None:
        center = new_center()
        center.groups.create("VIP")
        center.groups.create("Presse")
        before = everything(center)
        with pytest.raises(error):
            center.groups.rename("VIP", name)
        assert everything(center) == before

    def test_a_group_must_exist_to_be_changed(self) -> None:
        center = new_center()
        ada = center.create_contact({})
        asks: list[Callable[[], object]] = [
            lambda: center.groups.join("VIP", [ada.id]),
            lambda: center.groups.leave("VIP", [ada.id]),
            lambda: center.groups.rename("VIP", "Presse"),
        ]
        for ask in asks:
            with pytest.raises(NotFoundError) as caught:
                ask()
            assert (caught.value.noun, caught.value.key) == ("group", "VIP")
        assert center.groups.all() == ()

    def test_whoever_is_named_is_locked(self) -> None:
        """Else a contact could be deleted while it joins."""
        request = GroupRequest(name=" VIP", contacts=(ContactId("c1"), ContactId("c2")))
        assert needs_of_group(request) == Needs(
            groups=frozenset({"vip"}), contacts=frozenset({ContactId("c1"), ContactId("c2")})
        )

    def test_a_group_must_exist(self) -> None:
        center = new_center()
        for ask in (center.groups.members, lambda name: center.list_contacts(group=name)):
            with pytest.raises(NotFoundError) as caught:
                ask("VIP")
            assert (caught.value.noun, caught.value.key) == ("group", "VIP")

    def test_they_take_a_member(self) -> None:
        center = new_center(actor=Booker())
        center.acting_as(LOU).groups.create("Presse")
        attempts: list[Callable[[], object]] = [
            lambda: center.groups.create("VIP"),
            lambda: center.groups.join("Presse", []),
            lambda: center.groups.leave("Presse", []),
            lambda: center.groups.rename("Presse", "VIP"),
        ]
        for attempt in attempts:
            with pytest.raises(PermissionDeniedError):
                attempt()


class TestEvents:
    """BO-3."""

    def center(self, before: EventStatus | None) -> ContactCenter:
        center = new_center()
        for status in {DRAFT: [DRAFT], LIVE: [LIVE], CANCELLED: [DRAFT, CANCELLED], None: []}[before]:
            center.events.put(Event(id="e2", status=status))
        return center

    @pytest.mark.parametrize(
        ("before", "after", "may"),
        [
            *((None, after, after is not OVER) for after in EventStatus),
            *((DRAFT, after, after is not OVER) for after in EventStatus),
            *((LIVE, after, after in {LIVE, CANCELLED}) for after in EventStatus),
            *((CANCELLED, after, after is CANCELLED) for after in EventStatus),
        ],
    )
    def test_every_row(self, before: EventStatus | None, after: EventStatus, *, may: bool) -> None:
        """`over` comes by the clock and is never stored."""
        center = self.center(before)
        kept = everything(center)
        if may:
            put = center.events.put(Event(id="e2", name="Gala", status=after))
            assert center.events.get("e2") == put
            assert (put.status, put.name) == (after, "Gala")
        else:
            with pytest.raises(EventNotLiveError) as caught:
                center.events.put(Event(id="e2", status=after))
            assert (caught.value.event_id, caught.value.status) == ("e2", (before or after).value)
            assert everything(center) == kept

    def test_the_table_is_complete(self) -> None:
        assert set(BECOMES) == set(product(STORED, EventStatus))

    @pytest.mark.parametrize(("before", "after"), list(BECOMES))
    def test_the_table_decides(self, before: EventStatus, after: EventStatus, monkeypatch: pytest.MonkeyPatch) -> None:
        changed = {**BECOMES, (before, after): not BECOMES[before, after]}
        center = self.center(before)
        monkeypatch.setattr(organizing, "BECOMES", changed)
        if changed[before, after]:
            assert center.events.put(Event(id="e2", status=after)).status is after
        else:
            with pytest.raises(EventNotLiveError):
                center.events.put(Event(id="e2", status=after))

    def test_each_change_is_a_version(self) -> None:
        center = new_center()
        assert center.events.put(Event(id="e2")).version == 1
        assert center.events.go_live("e2").version == 2
        assert center.events.cancel("e2").status is CANCELLED
        assert [each.id for each in center.events.all()] == ["e1", "e2"]

    def test_a_cancelled_one_does_not_go_live_again(self) -> None:
        with pytest.raises(EventNotLiveError):
            self.center(CANCELLED).events.go_live("e2")

    def test_an_event_must_exist(self) -> None:
        center = new_center()
        for ask in (center.events.get, center.events.go_live, center.events.cancel):
            with pytest.raises(NotFoundError) as caught:
                ask("e9")
            assert (caught.value.noun, caught.value.key) == ("event", "e9")

    def test_questions_are_linked_by_the_names_of_fields(self) -> None:
        center = new_center()
        size = center.fields.create("Size")
        questions = [
            Question(id="q1", level=QuestionLevel.ATTENDEE, field="SIZE"),
            Question(id="q2", level=QuestionLevel.BOOKING, field="Kundennummer"),
            Question(id="q3", level=QuestionLevel.BOOKING),
        ]
        put = center.events.put(live_event(questions=questions))
        assert [each.field for each in put.questions] == [size.key, "customer_id", None]

    def test_the_fields_of_questions_are_locked(self) -> None:
        """FI-4: none of them is deleted while an event is linked to it."""
        center = new_center()
        size = center.fields.create("Size")
        question = Question(id="q1", level=QuestionLevel.ATTENDEE, field="size")
        facts = Facts(asked=Needs(), catalog=center.fields.catalog())
        needs = plan_event(live_event("e2", questions=[question]), facts, circumstances())
        assert needs == Needs(fields=frozenset({size.key.casefold()}))

    def test_an_archived_field_goes_on_being_asked_for(self) -> None:
        """FI-4: it "keeps its values": nothing that comes in for it is lost; what is new is not linked to it by itself."""
        center = new_center()
        size = center.fields.create("Size")
        center.events.put(live_event("e2", questions=[Question(id="q1", level=QuestionLevel.BOOKING, field="Size")]))
        center.fields.change("Size", archived=True)
        result = center.book(booking(party("ada@x.de", answers={"q1": "M"}), event_id="e2"))
        assert result.booker.contact_id is not None
        assert center.contact(result.booker.contact_id).values[size.key] == "M"
        assert center.import_contacts([{"E-Mail": "ada@x.de", "Size": "L"}]).ignored_columns == ("Size",)

    def test_the_field_of_a_question_must_exist(self) -> None:
        question = Question(id="q1", level=QuestionLevel.ATTENDEE, field="Size")
        with pytest.raises(NotFoundError) as caught:
            new_center().events.put(live_event(questions=[question]))
        assert (caught.value.noun, caught.value.key) == ("field", "Size")

    def test_they_take_a_member(self) -> None:
        assert new_center(actor=LOU).events.put(Event(id="e2")).version == 1
        with pytest.raises(PermissionDeniedError):
            new_center(actor=Booker()).events.put(Event(id="e2"))
