"""The example service does what its OpenAPI document says, for whoever asks."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from jsonschema import Draft202012Validator

import doocore
from doocore import Booker, ContactCenter, DooCoreError, Event, EventStatus, Role, User
from doocore.ports import Store
from doocore_adapters.memory import MemoryStore
from doocore_adapters.sqlite import SqliteStore
from examples.service.app import Caller, ContactService
from examples.service.models import BOOKING
from examples.service.problems import PROBLEM, STATUS
from tests.docs.pages import ROOT

Json: TypeAlias = Any

CALLERS = {
    "kim": Caller("acme", User("kim", Role.TEAM_ADMIN)),
    "shop": Caller("acme", Booker()),
    "stranger": Caller("other", User("eve", Role.TEAM_ADMIN)),
}

LIST = "E-Mail,Vorname,Ort\r\nada@example.org,Ada,London\r\nida(at)example.org,Ida,Köln\r\n"

PATHS = {
    ("post", "/bookings"),
    ("post", "/imports"),
    ("get", "/imports/{import_id}/unprocessed"),
    ("get", "/contacts"),
    ("get", "/contacts/{contact_id}"),
    ("patch", "/contacts/{contact_id}"),
    ("put", "/contacts/{contact_id}/subscriptions/{subscription}"),
}


@dataclass(frozen=True)
class Client:
    """Sends requests to a service in this process, in the name of a caller."""

    service: ContactService
    caller: str = "kim"

    def __call__(self, method: str, path: str, **request: Any) -> httpx.Response:  # noqa: ANN401, as httpx has it
        headers = {"authorization": f"Bearer {self.caller}", **request.pop("headers", {})}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.service)
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                return await client.request(method, path, headers=headers, **request)

        return asyncio.run(send())

    def upload(self, content: bytes | str, **query: str) -> httpx.Response:
        return self("POST", "/imports", content=content, params=query, headers={"content-type": "text/csv"})


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "contacts.db")
    ContactCenter(made.organization("acme")).events.put(Event(id="gala", status=EventStatus.LIVE))
    yield made
    made.close()


@pytest.fixture
def kim(store: Store) -> Client:
    return Client(ContactService(store, CALLERS))


@pytest.fixture
def ada(kim: Client) -> str:
    """The ID of a contact who is there already."""
    kim.upload(LIST)
    return str(kim("GET", "/contacts").json()["contacts"][0]["id"])


def refusal(answer: httpx.Response) -> tuple[int, str, Json]:
    """Give the status, code and objects of a problem."""
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["code"], problem["about"]


class TestBookings:
    def test_each_party_finds_its_contact(self, kim: Client, ada: str) -> None:
        answer = kim("POST", "/bookings", json=BOOKING)
        told = answer.json()
        assert answer.status_code == 201
        assert (told["booker"]["contact_id"], told["booker"]["rules"]) == (ada, ["AS-1b"])
        assert [each["reason"] for each in told["attendees"]] == ["no_match"]

    def test_delivered_again_it_changes_nothing(self, kim: Client) -> None:
        """AS-13."""
        first = kim("POST", "/bookings", json=BOOKING)
        again = kim("POST", "/bookings", json=BOOKING)
        assert (again.status_code, again.json()) == (200, {**first.json(), "repeated": True})

    def test_with_another_content_it_is_a_conflict(self, kim: Client) -> None:
        kim("POST", "/bookings", json=BOOKING)
        answer = kim("POST", "/bookings", json={**BOOKING, "payment": "paid"})
        assert refusal(answer) == (409, "booking_conflict", {"number": BOOKING["number"]})

    def test_an_event_that_is_not_there_or_not_live(self, kim: Client, store: Store) -> None:
        assert refusal(kim("POST", "/bookings", json={**BOOKING, "event": "ball"}))[:2] == (404, "not_found")
        ContactCenter(store.organization("acme")).events.put(Event(id="ball"))
        answer = kim("POST", "/bookings", json={**BOOKING, "event": "ball"})
        assert refusal(answer) == (409, "event_not_live", {"event_id": "ball", "status": "draft"})

    def test_a_booker_books_for_itself_alone(self, kim: Client, ada: str) -> None:
        """AS-0, PR-2."""
        shop = Client(kim.service, "shop")
        assert shop("POST", "/bookings", json=BOOKING).status_code == 201
        chosen = {**BOOKING, "number": None, "booker": {"chosen": ada}}
        assert refusal(shop("POST", "/bookings", json=chosen))[:2] == (403, "permission_denied")
        assert kim("POST", "/bookings", json=chosen).json()["booker"]["reason"] == "chosen"


class TestImports:
    def test_an_uploaded_list_is_imported(self, kim: Client) -> None:
        answer = kim.upload(LIST, group="Mitglieder", name="members.csv")
        assert answer.status_code == 201
        assert answer.json()["outcomes"] == {
            **dict.fromkeys(["updated", "unchanged", "skipped"], 0),
            **dict.fromkeys(["added", "unprocessed"], 1),
        }
        assert kim("GET", "/contacts", params={"group": "mitglieder"}).json()["total"] == 1

    def test_what_was_not_processed_is_corrected_and_imported(self, kim: Client) -> None:
        import_id = kim.upload(LIST).json()["id"]
        answer = kim("GET", f"/imports/{import_id}/unprocessed")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert "invalid_email (E-Mail: " in answer.content.decode("utf-8-sig")
        corrected = answer.content.replace(b"(at)", b"@")
        assert kim.upload(corrected).json()["outcomes"]["added"] == 1

    def test_a_dry_run_writes_nothing(self, kim: Client) -> None:
        assert kim.upload(LIST, dry_run="true").json()["outcomes"]["added"] == 1
        assert kim("GET", "/contacts").json()["total"] == 0

    def test_options_reach_the_import(self, kim: Client, ada: str) -> None:
        latin = "E-Mail;Ort\r\nada@example.org;Köln\r\n".encode("iso-8859-1")
        answer = kim.upload(latin, encoding="iso-8859-1", duplicates="overwrite", identify_by="email")
        assert answer.json()["outcomes"]["updated"] == 1
        assert kim("GET", f"/contacts/{ada}").json()["values"]["city"] == "Köln"

    def test_a_file_that_cannot_be_read_is_refused_with_its_place(self, kim: Client) -> None:
        status, code, about = refusal(kim.upload("E-Mail,Ort\nada@example.org,Köln\n".encode("iso-8859-1")))
        assert (status, code, about["problem"], about["line"]) == (422, "import_file", "encoding", 2)

    def test_a_booker_imports_nothing(self, kim: Client) -> None:
        assert refusal(Client(kim.service, "shop").upload(LIST))[0] == 403


class TestContacts:
    def test_pages_go_on_where_the_last_one_ended(self, kim: Client) -> None:
        kim.upload("E-Mail\r\n" + "".join(f"{number}@example.org\r\n" for number in range(5)))
        seen: list[str] = []
        after: Mapping[str, str] = {}
        while True:
            page = kim("GET", "/contacts", params={"limit": "2", **after}).json()
            seen += [each["values"]["email"] for each in page["contacts"]]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        assert seen == [f"{number}@example.org" for number in range(5)]

    def test_what_is_read_can_be_sent_back(self, kim: Client, ada: str, store: Store) -> None:
        """Own fields go by their names, in both directions."""
        ContactCenter(store.organization("acme")).fields.create("Branche")
        kim("PATCH", f"/contacts/{ada}", json={"values": {"Branche": "IT"}, "groups": ["VIP"]})
        read = kim("GET", f"/contacts/{ada}").json()
        assert (read["values"]["Branche"], read["groups"]) == ("IT", ["VIP"])
        again = kim("PATCH", f"/contacts/{ada}", json={"values": read["values"], "version": read["version"]})
        assert again.json()["values"] == read["values"]

    def test_somebody_who_read_an_older_version_is_told(self, kim: Client, ada: str) -> None:
        """CT-1."""
        version = kim("GET", f"/contacts/{ada}").json()["version"]
        change = {"values": {"city": "Ockham"}, "version": version}
        assert kim("PATCH", f"/contacts/{ada}", json=change).status_code == 200
        assert refusal(kim("PATCH", f"/contacts/{ada}", json=change))[:2] == (409, "stale_version")

    def test_a_value_that_the_field_cannot_hold_is_refused_with_what_would_do(self, kim: Client, ada: str) -> None:
        answer = kim("PATCH", f"/contacts/{ada}", json={"values": {"salutation": "Eheleute"}})
        status, code, about = refusal(answer)
        assert (status, code, about["field"], about["reason"]) == (
            422,
            "invalid_field_value",
            "salutation",
            "unknown_option",
        )

    def test_a_second_holder_has_to_be_meant(self, kim: Client, ada: str) -> None:
        """ID-5."""
        kim("POST", "/bookings", json=BOOKING)
        (bob,) = kim("GET", "/contacts", params={"text": "bob@"}).json()["contacts"]
        change = {"values": {"email": "ada@example.org"}}
        status, code, about = refusal(kim("PATCH", f"/contacts/{bob['id']}", json=change))
        assert (status, code, about["holders"]) == (409, "duplicate_identifier", [ada])
        meant = {**change, "confirm_duplicate": True}
        assert kim("PATCH", f"/contacts/{bob['id']}", json=meant).status_code == 200

    def test_a_person_who_unsubscribed_stays_so(self, kim: Client, ada: str) -> None:
        """SU-4."""
        path = f"/contacts/{ada}/subscriptions/newsletter"
        gone = kim("PUT", path, json={"state": "unsubscribed", "through": "unsubscribe_link"})
        assert gone.json() == {"state": "unsubscribed", "opted_out": False}
        assert kim("GET", f"/contacts/{ada}").json()["subscriptions"]["newsletter"]["through"] == "unsubscribe_link"
        assert refusal(kim("PUT", path, json={"state": "subscribed"}))[:2] == (409, "opted_out")
        by_booking = kim("PUT", path, json={"state": "subscribed", "through": "booking"})
        assert by_booking.json() == {"state": "unsubscribed", "opted_out": True}
        assert kim("PUT", path, json={"state": "subscribed", "confirm": True}).json()["state"] == "subscribed"


class TestCallers:
    @pytest.mark.parametrize("headers", [{"authorization": "Bearer nobody"}, {"authorization": ""}])
    def test_without_a_known_token_nothing_is_answered(self, kim: Client, headers: Mapping[str, str]) -> None:
        answer = kim("GET", "/contacts", headers=headers)
        assert refusal(answer)[0] == 401
        assert answer.headers["www-authenticate"] == "Bearer"

    def test_another_organization_is_as_if_it_were_not_there(self, kim: Client, ada: str) -> None:
        """PR-1."""
        stranger = Client(kim.service, "stranger")
        assert refusal(stranger("GET", f"/contacts/{ada}"))[:2] == (404, "not_found")
        assert stranger("GET", "/contacts").json()["total"] == 0

    def test_the_history_knows_who_it_was(self, kim: Client, ada: str, store: Store) -> None:
        """PR-4."""
        kim("PATCH", f"/contacts/{ada}", json={"values": {"city": "Ockham"}})
        (entry,) = ContactCenter(store.organization("acme")).history(ada)
        assert entry.actor == "user:kim"


class TestProblems:
    def test_every_error_has_a_status(self) -> None:
        public = [getattr(doocore, name) for name in doocore.__all__]
        errors = {each for each in public if isinstance(each, type) and issubclass(each, DooCoreError)}
        without = [each for each in errors - {DooCoreError} if not any(issubclass(each, known) for known in STATUS)]
        assert without == []

    def test_no_status_stands_behind_one_that_is_asked_first(self) -> None:
        classes = list(STATUS)
        hidden = [late for place, late in enumerate(classes) for early in classes[:place] if issubclass(late, early)]
        assert hidden == []

    @pytest.mark.parametrize(
        ("language", "title"), [("de-DE,de;q=0.9,en;q=0.8", "Nicht gefunden"), ("en", "Not found"), ("fr", "Not found")]
    )
    def test_the_title_is_in_the_language_of_the_caller(self, kim: Client, language: str, title: str) -> None:
        answer = kim("GET", "/contacts/c0", headers={"accept-language": language})
        assert answer.json()["title"] == title

    def test_a_request_of_another_form_is_told_where_and_not_repeated(self, kim: Client) -> None:
        wrong = {"event": "gala", "booker": {"emial": "ada@example.org"}}
        answer = kim("POST", "/bookings", json=wrong)
        assert refusal(answer)[2]["errors"][0]["path"] == "body.booker.emial"
        assert "ada@example.org" not in answer.text

    def test_what_only_the_contact_center_can_judge_is_told_by_its_path(self, kim: Client) -> None:
        wrong = {"event": "gala", "booker": {"values": {"fist_name": "Ada"}}}
        status, code, about = refusal(kim("POST", "/bookings", json=wrong))
        assert (status, code, about["path"]) == (422, "invalid_booking", "booker.values.fist_name")

    def test_a_path_that_is_not_there(self, kim: Client) -> None:
        assert refusal(kim("GET", "/nowhere"))[:2] == (404, "http")


DOCUMENT = ContactService(MemoryStore(), {}).openapi()
OPERATIONS = {
    (method, path): operation for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
}


def all_values(node: Json, key: str) -> Iterator[Json]:
    """Find what stands under *key*, anywhere."""
    if isinstance(node, dict):
        if key in node:
            yield node[key]
        for each in node.values():
            yield from all_values(each, key)
    elif isinstance(node, list):
        for each in node:
            yield from all_values(each, key)


def validator(name: str) -> Draft202012Validator:
    """Validate against a schema of the document, in which references lead to its other schemas."""
    return Draft202012Validator({**DOCUMENT, "$ref": f"#/components/schemas/{name}"})


class TestDocument:
    def test_it_has_these_paths_and_no_others(self) -> None:
        assert set(OPERATIONS) == PATHS

    def test_it_is_what_the_command_writes(self) -> None:
        command = [sys.executable, "-W", "error", "-m", "examples.service"]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
        assert (json.loads(said.stdout), said.stderr) == (DOCUMENT, "")

    def test_every_reference_leads_somewhere(self) -> None:
        schemas = DOCUMENT["components"]["schemas"]
        references = set(all_values(DOCUMENT, "$ref"))
        assert references
        assert references <= {f"#/components/schemas/{name}" for name in schemas}

    def test_no_schema_stands_about_unused(self) -> None:
        used = {each.rpartition("/")[2] for each in all_values(DOCUMENT, "$ref")}
        assert set(DOCUMENT["components"]["schemas"]) == used

    @pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
    def test_every_schema_is_one_and_says_what_it_is(self, name: str) -> None:
        schema = DOCUMENT["components"]["schemas"][name]
        Draft202012Validator.check_schema(schema)
        assert schema["description"]

    @pytest.mark.parametrize("operation", OPERATIONS.values(), ids=map(" ".join, OPERATIONS))
    def test_every_operation_says_what_it_does_and_how_it_is_refused(self, operation: Json) -> None:
        assert operation["description"]
        assert operation["security"] == [{"HTTPBearer": []}]
        assert list(operation["responses"]["4XX"]["content"]) == [PROBLEM]
        assert "422" not in operation["responses"]

    @pytest.mark.parametrize("name", ["BookingIn", "ContactChange", "SubscriptionChange"])
    def test_every_example_is_of_its_schema(self, name: str) -> None:
        schema = DOCUMENT["components"]["schemas"][name]
        (example,) = schema["examples"]
        validator(name).validate(example)
        assert not validator(name).is_valid({**example, "unheard_of": 1})

    def test_every_example_is_taken(self, kim: Client, ada: str) -> None:
        """What the document shows can be sent as it stands."""
        paths = {"/contacts/{contact_id}": f"/contacts/{ada}"}
        paths["/contacts/{contact_id}/subscriptions/{subscription}"] = f"/contacts/{ada}/subscriptions/newsletter"
        sent = 0
        for (method, path), operation in OPERATIONS.items():
            for media_type, content in operation.get("requestBody", {"content": {}})["content"].items():
                schemas = [content["schema"], *self.referred_to(content["schema"])]
                for example in (each for schema in schemas for each in schema.get("examples", ())):
                    body = {"json": example} if media_type == "application/json" else {"content": example}
                    headers = {"content-type": media_type}
                    answer = kim(method, paths.get(path, path), headers=headers, **body)
                    assert answer.is_success, answer.text
                    sent += 1
        assert sent == 4

    @staticmethod
    def referred_to(schema: Json) -> Iterator[Json]:
        if "$ref" in schema:
            yield DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]

    def test_answers_are_of_their_schemas(self, kim: Client, ada: str) -> None:
        answers = {
            "BookingOut": kim("POST", "/bookings", json=BOOKING),
            "ImportOut": kim.upload(LIST),
            "PageOut": kim("GET", "/contacts"),
            "DetailsOut": kim("GET", f"/contacts/{ada}"),
            "Problem": kim("GET", "/contacts/c0"),
        }
        for name, answer in answers.items():
            validator(name).validate(answer.json())
