"""Claims about groups and memberships."""

from datetime import timedelta

from doocore.changes import CreateContact, CreateGroup, DeleteGroup, JoinGroup, LeaveGroup, RenameGroup
from doocore.errors import DuplicateNameError, NotFoundError, StaleVersionError
from doocore.model.contact import GroupId
from doocore.model.fields import folded
from doocore.model.identifiers import ContactId
from doocore.testing.raises import raises
from doocore.testing.samples import MOMENT, TEXTS, contact, contact_id, envelope, group
from doocore.testing.store.base import StoreClaims


class GroupClaims(StoreClaims):
    """Groups and their names."""

    def test_groups_are_listed_by_name(self) -> None:
        """Names come back as they were, sorted letter by letter as Python sorts."""
        groups = [group(number, name) for number, name in enumerate(TEXTS)]
        with self.transaction(*map(CreateGroup, groups)) as tx:
            assert list(tx.groups.all()) == sorted(groups, key=lambda each: each.name)

    def test_groups_are_found_by_their_folded_names(self) -> None:
        """A name is found however it is cased; names without a group are left out (GR-1)."""
        groups = [group(1, "Straße ÄÖÜ"), group(2, "VIP ⭐")]
        with self.transaction(*map(CreateGroup, groups)) as tx:
            asked = [folded("STRASSE äöü"), folded(" vip ⭐"), folded("nobody")]
            assert tx.groups.named(asked) == {asked[0]: groups[0], asked[1]: groups[1]}
            assert tx.groups.named([]) == {}

    def test_a_second_group_of_a_name_is_refused(self) -> None:
        """Names are compared folded, with what is there and with what comes in the same call (GR-1)."""
        with self.transaction(CreateGroup(group(1, "Straße"))) as tx:
            for second in ([group(2, " STRASSE ")], [group(2, "New"), group(3, "new")]):
                with raises(DuplicateNameError) as caught:
                    tx.apply([CreateGroup(each) for each in second], envelope())
                assert (caught.error.noun, caught.error.name) == ("group", second[-1].name)
            with raises(StaleVersionError):
                tx.apply([CreateGroup(group(1, "Other name, same ID"))], envelope())
            assert tx.groups.all() == (group(1, "Straße"),)

    def test_a_group_gets_another_name(self) -> None:
        """It is found under that one alone, case aside, and keeps its members (GR-1)."""
        with self.transaction(
            CreateContact(contact(1)), CreateGroup(group(1, "Straße")), JoinGroup(group(1).id, contact_id(1))
        ) as tx:
            for name in ("STRASSE 🦄", "Straße 🦄", "VIP"):
                tx.apply([RenameGroup(group(1).id, name)], envelope())
                assert tx.groups.all() == (group(1, name),)
                assert tx.groups.named([folded("Straße"), folded(name)]) == {folded(name): group(1, name)}
            assert tx.groups.members(group(1).id) == (contact_id(1),)
            tx.apply([CreateGroup(group(2, "strasse"))], envelope())
            assert len(tx.groups.all()) == 2

    def test_a_group_does_not_get_the_name_of_another(self) -> None:
        """Names are compared folded; a group that is not there has none (GR-1)."""
        with self.transaction(CreateGroup(group(1, "Straße")), CreateGroup(group(2, "VIP"))) as tx:
            with raises(DuplicateNameError) as caught:
                tx.apply([RenameGroup(group(2).id, " STRASSE ")], envelope())
            assert (caught.error.noun, caught.error.name) == ("group", " STRASSE ")
            with raises(NotFoundError) as unknown:
                tx.apply([RenameGroup(group(3).id, "Presse")], envelope())
            assert (unknown.error.noun, unknown.error.key) == ("group", group(3).id)
            assert tx.groups.all() == (group(1, "Straße"), group(2, "VIP"))

    def test_a_deleted_group_is_gone_and_its_members_stay(self) -> None:
        """It frees its name; a group of the same name that comes later is empty; other groups are as they were."""
        contacts = [CreateContact(contact(number)) for number in (1, 2)]
        joins = [JoinGroup(group(which).id, contact_id(who)) for which, who in ((1, 1), (1, 2), (2, 2))]
        with self.transaction(*contacts, CreateGroup(group(1, "VIP")), CreateGroup(group(2)), *joins) as tx:
            tx.apply([DeleteGroup(group(1).id)], envelope())
            assert tx.groups.all() == (group(2),)
            assert tx.groups.named(["vip"]) == {}
            assert tx.groups.of([contact_id(1), contact_id(2)]) == {contact_id(2): {group(2).id}}
            assert tx.contacts.count() == 2
            with raises(NotFoundError) as caught:
                tx.apply([DeleteGroup(group(1).id)], envelope())
            assert (caught.error.noun, caught.error.key) == ("group", group(1).id)
            tx.apply([CreateGroup(group(1, "vip"))], envelope())
            assert tx.groups.members(group(1).id) == ()


class MembershipClaims(StoreClaims):
    """Who is in which group."""

    def test_members_stand_in_the_order_they_joined(self) -> None:
        """Neither their IDs nor the clock decide, but who came first (MA-1)."""
        contacts = [CreateContact(contact(number)) for number in range(1, 6)]
        with self.transaction(*contacts, CreateGroup(group(1))) as tx:
            tx.apply([JoinGroup(group(1).id, contact_id(number)) for number in (4, 2)], envelope())
            earlier = envelope(at=MOMENT - timedelta(days=1))
            tx.apply([JoinGroup(group(1).id, contact_id(number)) for number in (5, 1, 3)], earlier)
            assert tx.groups.members(group(1).id) == tuple(contact_id(number) for number in (4, 2, 5, 1, 3))

    def test_joining_again_changes_nothing(self) -> None:
        """Who is in a group keeps the place of the first joining."""
        contacts = [CreateContact(contact(number)) for number in (1, 2)]
        joins = [JoinGroup(group(1).id, contact_id(number)) for number in (2, 1, 2)]
        with self.transaction(*contacts, CreateGroup(group(1)), *joins) as tx:
            tx.apply(joins[2:], envelope())
            assert tx.groups.members(group(1).id) == (contact_id(2), contact_id(1))

    def test_who_left_is_in_no_more_and_comes_back_at_the_end(self) -> None:
        """Leaving is forgetting; leaving a group one is not in is no error."""
        contacts = [CreateContact(contact(number)) for number in (1, 2, 3)]
        joins = [JoinGroup(group(1).id, contact_id(number)) for number in (1, 2)]
        with self.transaction(*contacts, CreateGroup(group(1)), *joins) as tx:
            nobody = LeaveGroup(group(1).id, contact_id(3))
            nowhere = LeaveGroup(GroupId("unknown"), contact_id(2))
            tx.apply([LeaveGroup(group(1).id, contact_id(1)), nobody, nowhere], envelope())
            assert tx.groups.members(group(1).id) == (contact_id(2),)
            assert tx.groups.of([contact_id(1)]) == {}
            tx.apply([joins[0]], envelope())
            assert tx.groups.members(group(1).id) == (contact_id(2), contact_id(1))

    def test_the_groups_of_contacts_are_told_at_once(self) -> None:
        """A contact in no group is left out, and so is an unknown one."""
        contacts = [CreateContact(contact(number)) for number in (1, 2, 3)]
        groups = [CreateGroup(group(number)) for number in (1, 2)]
        joins = [JoinGroup(GroupId(where), contact_id(who)) for where, who in (("g1", 1), ("g2", 1), ("g2", 2))]
        with self.transaction(*contacts, *groups, *joins) as tx:
            asked = [contact_id(1), contact_id(2), contact_id(3), ContactId("unknown")]
            assert tx.groups.of(asked) == {contact_id(1): {"g1", "g2"}, contact_id(2): {"g2"}}
            assert tx.groups.of([]) == {}
            assert tx.groups.members(GroupId("unknown")) == ()

    def test_only_existing_contacts_join_existing_groups(self) -> None:
        """A membership of nobody or in nothing is the caller's mistake."""
        with self.transaction(CreateContact(contact(1)), CreateGroup(group(1))) as tx:
            for group_id, who, noun in (("unknown", 1, "group"), ("g1", 2, "contact")):
                join = JoinGroup(GroupId(group_id), contact_id(who))
                with raises(NotFoundError) as caught:
                    tx.apply([JoinGroup(group(1).id, contact_id(1)), join], envelope())
                assert caught.error.noun == noun
            assert tx.groups.members(group(1).id) == ()
