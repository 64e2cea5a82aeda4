"""Nested values as JSON texts: what the database keeps but never looks into.

The texts are ASCII, so that any Unicode survives any driver; keys are spelled out, since people read these columns.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from doocore.model.booking import (
    Assignment,
    Decision,
    FieldReport,
    Flag,
    Party,
    PartyOutcome,
    Prefill,
    SyncOutcome,
)
from doocore.model.contact import Subscription
from doocore.model.contact_import import (
    ColumnTarget,
    CreateFieldFromColumn,
    DuplicateMode,
    ImportOptions,
    InvalidValues,
    Remark,
    RowReason,
    RowWarning,
)
from doocore.model.event import Product, Question, QuestionLevel
from doocore.model.fields import FieldType
from doocore.model.frozen import FrozenDict
from doocore.model.identifiers import ContactId, IdentifierKind

dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""Write a JSON text; frozen values hold no circles."""

_AS_USUAL = ImportOptions()


def loads(document: Any) -> Any:  # noqa: ANN401, JSON is any value; some drivers have parsed it already
    """Read a JSON column, NULL as None."""
    return json.loads(document) if isinstance(document, str) else document


def loads_all(documents: Sequence[str | None]) -> list[dict[str, Any]]:
    """Read a JSON column of many rows at once, which takes a third of the time; NULL as an empty object."""
    found: list[dict[str, Any]] = json.loads(f"[{','.join([each or '{}' for each in documents])}]")
    return found


@lru_cache(maxsize=1024)
def dumps_texts(texts: tuple[str, ...]) -> str:
    """Write a list of texts; the same few (rule IDs, columns) come again and again."""
    return dumps(texts)


@lru_cache(maxsize=1024)
def loads_texts(document: str) -> tuple[str, ...]:
    """Read a list of texts."""
    return tuple(loads(document))


def dumps_questions(questions: Sequence[Question]) -> str:
    """Write the questions of an event."""
    return dumps(
        [
            {"id": each.id, "level": each.level.value, "text": each.text, "field": each.field, "hidden": each.hidden}
            for each in questions
        ]
    )


def loads_questions(document: str) -> tuple[Question, ...]:
    """Read the questions of an event."""
    return tuple(Question(**{**each, "level": QuestionLevel(each["level"])}) for each in loads(document))


def dumps_products(products: Sequence[Product]) -> str:
    """Write the products of an event."""
    return dumps([{"id": each.id, "price": str(each.price), "name": each.name} for each in products])


def loads_products(document: str) -> tuple[Product, ...]:
    """Read the products of an event."""
    return tuple(Product(**{**each, "price": Decimal(each["price"])}) for each in loads(document))


def dumps_entered(party: Party) -> str:
    """Write what was entered, but for what has a column of its own."""
    prefill = party.prefill
    return dumps(
        {
            "values": party.values,
            "answers": party.answers,
            "prefill": None if prefill is None else {"contact_id": prefill.contact_id, "email": prefill.email},
            "chosen": party.chosen,
            "subscribes": sorted(each.value for each in party.subscribes),
        }
    )


def loads_entered(document: str | None) -> dict[str, Any]:
    """Read what was entered, as arguments of a `Party`; nothing where it was erased."""
    found = loads(document) or {}
    prefill = found.get("prefill")
    return {
        "values": FrozenDict(found.get("values", {})),
        "answers": FrozenDict(found.get("answers", {})),
        "prefill": None if prefill is None else Prefill(**prefill),
        "chosen": found.get("chosen"),
        "subscribes": frozenset(Subscription(each) for each in found.get("subscribes", ())),
    }


def dumps_decision(outcome: PartyOutcome) -> str:
    """Write why a party went where it went."""
    why = outcome.assignment
    return _decision_document(why.decision, why.reason, why.rules, why.flags, outcome.opted_out)


@lru_cache(maxsize=1024)
def _decision_document(
    decision: Decision,
    reason: str,
    rules: tuple[str, ...],
    flags: frozenset[Flag],
    opted_out: tuple[Subscription, ...],
) -> str:
    """Write a decision; the same few come again and again, as whom they concern stands elsewhere."""
    return dumps(
        {
            "decision": decision.value,
            "reason": reason,
            "rules": rules,
            "flags": sorted(each.value for each in flags),
            "opted_out": [each.value for each in opted_out],
        }
    )


def dumps_reports(reports: tuple[FieldReport, ...]) -> str | None:
    """Write what became of the values; NULL for nothing."""
    if not reports:
        return None
    return dumps([[each.field, each.outcome.value, each.before, each.given, each.rule] for each in reports])


def loads_outcome(
    decision: str,
    reports: str | None,
    *,
    decided: ContactId | None,
    contact_id: ContactId | None,
    customer_id: str | None,
) -> PartyOutcome:
    """Read the decision about a party, and the reports about its values."""
    found = loads(decision)
    return PartyOutcome(
        assignment=Assignment(
            decision=Decision(found["decision"]),
            reason=found["reason"],
            rules=tuple(found["rules"]),
            contact_id=decided,
            flags=frozenset(Flag(each) for each in found["flags"]),
        ),
        contact_id=contact_id,
        customer_id=customer_id,
        reports=tuple(_field_report(*each) for each in loads(reports) or ()),
        opted_out=tuple(Subscription(each) for each in found["opted_out"]),
    )


def _field_report(field: str, outcome: str, before: Any, given: Any, rule: str) -> FieldReport:  # noqa: ANN401, JSON
    return FieldReport(field=field, outcome=SyncOutcome(outcome), before=before, given=given, rule=rule)


def dumps_options(options: ImportOptions) -> str:
    """Write the options of an import."""
    return dumps(
        {
            "identify_by": options.identify_by.value,
            "duplicates": options.duplicates.value,
            "groups": options.groups,
            "existing_to_group": options.existing_to_group,
            "invalid_values": options.invalid_values.value,
            "mapping": {column: _target_document(target) for column, target in options.mapping.items()},
            "add_system_options": options.add_system_options,
            "add_custom_options": options.add_custom_options,
            "report_days": options.report_days,
            "summary_to": options.summary_to,
        }
    )


def loads_options(document: str) -> ImportOptions:
    """Read the options of an import."""
    found = loads(document)
    return ImportOptions(
        identify_by=IdentifierKind(found["identify_by"]),
        duplicates=DuplicateMode(found["duplicates"]),
        groups=tuple(found["groups"]),
        existing_to_group=found["existing_to_group"],
        invalid_values=InvalidValues(found["invalid_values"]),
        mapping=FrozenDict({column: _target(target) for column, target in found["mapping"].items()}),
        add_system_options=found["add_system_options"],
        add_custom_options=found["add_custom_options"],
        report_days=found.get("report_days", _AS_USUAL.report_days),  # the first release had no such option
        summary_to=found.get("summary_to"),
    )


def _target_document(target: ColumnTarget) -> str | dict[str, str] | None:
    if isinstance(target, CreateFieldFromColumn):
        return {"name": target.name, "type": target.type.value}
    return target


def _target(document: str | dict[str, str] | None) -> ColumnTarget:
    if isinstance(document, dict):
        return CreateFieldFromColumn(document["name"], FieldType(document["type"]))
    return document


def dumps_remarks(remarks: tuple[Remark, ...]) -> str:
    """Write the reasons or the warnings of an import's row."""
    return dumps([[each.word.value, each.column, each.cell, each.advice] for each in remarks])


def loads_remarks(document: str, words: type[RowReason] | type[RowWarning]) -> tuple[Remark, ...]:
    """Read the reasons or the warnings of an import's row; *words* says which."""
    return tuple(Remark(words(word), *texts) for word, *texts in loads(document))
