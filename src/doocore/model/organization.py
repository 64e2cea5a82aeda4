"""The organization (tenant): its settings, and who acts in it."""

from dataclasses import dataclass
from typing import TypeAlias

from doocore.model.word import Word


class SyncMode(Word):
    """Whether booking data replaces what a contact holds (chapter 3); `OFF` is the default (SY-6)."""

    OFF = "off"
    ON = "on"


class AmbiguityPolicy(Word):
    """Which of several holders of an address gets a booking (AS-14); `CREATE_NEW` is the source's rule."""

    CREATE_NEW = "create_new"
    OLDEST = "oldest"
    NEWEST = "newest"
    MOST_COMPLETE = "most_complete"


class ProductPlan(Word):
    """The plan that the organization has booked, lowest first (PR-3)."""

    BASIC = "basic"
    PRO = "pro"
    ENTERPRISE = "enterprise"


class Role(Word):
    """What a user of the organization may do (PR-2)."""

    MEMBER = "member"
    TEAM_ADMIN = "team_admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationSettings:
    """The settings that decide how rules are applied.

    `region` is an ISO 3166-1 alpha-2 code (national phone numbers), `locale` a language tag such as `de`, `en` or
    `en_GB` (dates, default salutations), `time_zone` an IANA name, `retention_days` a number of days or None (RE-1).
    """

    sync: SyncMode = SyncMode.OFF
    ambiguity: AmbiguityPolicy = AmbiguityPolicy.CREATE_NEW
    region: str = "DE"
    locale: str = "de"
    time_zone: str = "Europe/Berlin"
    retention_days: int | None = 180
    plan: ProductPlan = ProductPlan.ENTERPRISE


@dataclass(frozen=True, slots=True)
class User:
    """A person of the organization's staff.

    >>> str(User("kim"))
    'user:kim'
    """

    id: str
    role: Role = Role.MEMBER

    def __str__(self) -> str:
        return f"user:{self.id}"


@dataclass(frozen=True, slots=True)
class Booker:
    """The person who books, through the host's shop."""

    def __str__(self) -> str:
        return "booker"


@dataclass(frozen=True, slots=True)
class System:
    """The host itself: a batch job, a web hook."""

    def __str__(self) -> str:
        return "system"


Actor: TypeAlias = User | Booker | System
"""Who makes a change (PR-4)."""
