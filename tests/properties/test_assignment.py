"""Which contact a party belongs to, whatever was entered and whoever holds it (chapter 2)."""

from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from doocore import (
    AmbiguityPolicy,
    Assignment,
    ContactId,
    Decision,
    EmailAddress,
    EmailChangePolicy,
    EnteredAddress,
    PrefilledContact,
    Refusal,
    assign,
    is_blank,
)
from doocore.model.fields import trimmed
from doocore_adapters.hypothesis import addresses, same_addresses
from tests.builders import NOW, PARSERS, address, contact
from tests.properties import strategies

holders = st.lists(
    st.builds(
        lambda number, age, values: contact(f"c{number}", values, created_at=NOW.replace(minute=age)),
        st.integers(0, 9),
        st.integers(0, 3),
        st.dictionaries(st.sampled_from(("city", "company", "phone")), st.just("x"), max_size=3),
    ),
    max_size=5,
    unique_by=lambda each: each.id,
)


def judged(text: str | None) -> EmailAddress | Refusal | None:
    return None if text is None or is_blank(text) else PARSERS.email(trimmed(text))


@dataclass(frozen=True)
class Question:
    """What is asked about one party."""

    entered: EnteredAddress
    prefilled: PrefilledContact | None
    policy: EmailChangePolicy
    ambiguity: AmbiguityPolicy

    def answer(self) -> Assignment:
        return assign(self.entered, self.prefilled, policy=self.policy, ambiguity=self.ambiguity)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    entered = EnteredAddress(
        address=judged(draw(strategies.addresses)),
        holders=draw(holders),
        used_by=draw(st.sampled_from((None, None, ContactId("c77")))),
    )
    shown = st.one_of(st.none(), st.just(entered.key), strategies.valid_addresses.map(lambda text: address(text).key))
    prefilled = st.builds(
        PrefilledContact, contact=st.sampled_from((None, contact("c88"))), shown_key=shown, merged=st.just(value=False)
    )
    return Question(
        entered=entered,
        prefilled=draw(st.one_of(st.none(), prefilled)),
        policy=draw(st.sampled_from(EmailChangePolicy)),
        ambiguity=draw(st.sampled_from(AmbiguityPolicy)),
    )


few = settings(max_examples=60)


class TestEveryDecision:
    """Chapter 2: "One decision per party, with its reason."."""

    @few
    @given(questions())
    def test_it_names_a_contact_exactly_where_it_assigns_one(self, question: Question) -> None:
        answer = question.answer()
        assert (answer.contact_id is not None) is (answer.decision is Decision.ASSIGN)
        assert answer.reason
        assert answer.rules

    @few
    @given(questions())
    def test_it_goes_to_a_contact_that_was_asked_about(self, question: Question) -> None:
        possible = {None, question.entered.used_by, *(each.id for each in question.entered.holders)}
        if question.prefilled is not None and question.prefilled.contact is not None:
            possible.add(question.prefilled.contact.id)
        assert question.answer().contact_id in possible

    @few
    @given(questions(), st.data())
    def test_the_order_of_the_holders_does_not_matter(self, question: Question, data: st.DataObject) -> None:
        """AS-14 too: the oldest is the oldest in whatever order they come."""
        shuffled = data.draw(st.permutations(list(question.entered.holders)))
        assert replace(question, entered=replace(question.entered, holders=shuffled)).answer() == question.answer()


class TestPrefill:
    @few
    @given(addresses().flatmap(lambda text: st.tuples(st.just(text), same_addresses(text))), questions())
    def test_another_spelling_is_no_change(self, spellings: tuple[str, str], question: Question) -> None:
        """AS-9: "Re-casing or re-spacing the prefilled address is no change (ID-3 decides)."."""
        shown, entered = spellings
        found = replace(
            question,
            entered=replace(question.entered, address=judged(entered)),
            prefilled=PrefilledContact(contact=contact("c88"), shown_key=address(shown).key),
        ).answer()
        assert (found.contact_id, found.rules) == ("c88", ("AS-2",))

    @few
    @given(questions())
    def test_one_that_is_gone_decides_nothing(self, question: Question) -> None:
        """AS-6: "as if there were no prefill"."""
        alone = replace(question, prefilled=None).answer()
        gone = replace(question, prefilled=PrefilledContact(contact=None, shown_key="ada@x.de")).answer()
        assert (gone.decision, gone.contact_id, gone.reason) == (alone.decision, alone.contact_id, alone.reason)
