"""The organization (tenant): its settings, and who acts in it."""

import re
from dataclasses import dataclass
from typing import TypeAlias
from zoneinfo import ZoneInfo

from doocore.model.word import Word

_REGION = re.compile("[A-Z]{2}")


def is_time_zone(name: str) -> bool:
    """Tell whether *name* is an IANA time zone.

    >>> is_time_zone("Europe/Berlin"), is_time_zone("Berlin")
    (True, False)
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


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
    `en_GB` (dates, default salutations), `time_zone` an IANA name, `retention_days` a number of days or None (RE-1);
    this one is kept and has no effect yet: erasure is to come.
    """

    sync: SyncMode = SyncMode.OFF
    ambiguity: AmbiguityPolicy = AmbiguityPolicy.CREATE_NEW
    region: str = "DE"
    locale: str = "de"
    time_zone: str = "Europe/Berlin"
    retention_days: int | None = 180
    plan: ProductPlan = ProductPlan.ENTERPRISE

    def __post_init__(self) -> None:
        if not _REGION.fullmatch(self.region):
            raise ValueError(f"region {self.region!r} is not two capital letters of ISO 3166-1, such as DE")
        if not is_time_zone(self.time_zone):
            raise ValueError(f"time_zone {self.time_zone!r} is not an IANA time zone, such as Europe/Berlin")
        if self.retention_days is not None and self.retention_days < 0:
            raise ValueError(f"retention_days {self.retention_days} is less than none")


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
