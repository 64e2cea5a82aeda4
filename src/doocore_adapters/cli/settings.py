"""`doocore settings`: what decides how rules are applied."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import typer

from doocore import AmbiguityPolicy, OrganizationSettings, ProductPlan, SyncMode
from doocore_adapters.cattrs import to_plain
from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.cli.options import country_code, locale_name, one_of, zone_name
from doocore_adapters.cli.screen import Answer, Column, table
from doocore_adapters.cli.session import Session, bare, command

SYNC = "off|on"
AMBIGUITY = "create_new|oldest|newest|most_complete"
PLAN = "basic|pro|enterprise"

MEANINGS: Mapping[str, str] = {
    "sync": "whether booking data replaces what a contact has",
    "ambiguity": "who gets a booking when several contacts have the address",
    "region": "where phone numbers without a country code belong",
    "locale": "how dates are read: day first in de and en_GB, month first in en",
    "time_zone": "for new events, and for the times shown here",
    "retention_days": "how long after an event personal data is kept (no effect yet)",
    "plan": "which features are booked",
}
"""What each setting decides."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    settings = typer.Typer(help=show_settings.__doc__)
    bare(settings)(show_settings)
    command(settings, "show")(show_settings)
    command(settings, "set")(change_settings)
    app.add_typer(settings, name="settings")


def show_settings(session: Session) -> Answer:
    """Show or change the organization's settings."""
    with session.rehearsing() as center:
        return _answer(center.settings)


def change_settings(
    session: Session,
    *,
    sync: Annotated[
        SyncMode | None,
        typer.Option(
            "--sync",
            parser=one_of(SyncMode, SYNC),
            metavar=SYNC,
            help="Whether booking data replaces what a contact has; what a contact has not is filled in either way.",
        ),
    ] = None,
    ambiguity: Annotated[
        AmbiguityPolicy | None,
        typer.Option(
            "--ambiguity",
            parser=one_of(AmbiguityPolicy, AMBIGUITY),
            metavar=AMBIGUITY,
            help="Who gets a booking when several contacts have the address.",
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            "--region",
            parser=country_code,
            metavar="COUNTRY",
            help="Where phone numbers without a country code belong; a code or a name.",
        ),
    ] = None,
    locale: Annotated[
        str | None,
        typer.Option(
            "--locale",
            parser=locale_name,
            metavar="de|en|en_GB|...",
            help="How dates are read: day first in de and en_GB, month first in en; where the order is not certain, only"
            " as 2024-02-29.",
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            "--time-zone",
            parser=zone_name,
            metavar="NAME",
            help='For new events, and for the times shown here; such as "Europe/Berlin".',
        ),
    ] = None,
    plan: Annotated[
        ProductPlan | None,
        typer.Option(
            "--plan",
            parser=one_of(ProductPlan, PLAN),
            metavar=PLAN,
            help="Which features are booked; imports need pro.",
        ),
    ] = None,
) -> Answer:
    """Change settings; what is not named stays."""
    named = {
        "sync": sync,
        "ambiguity": ambiguity,
        "region": region,
        "locale": locale,
        "time_zone": time_zone,
        "plan": plan,
    }
    changes: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    if not changes:
        raise CommandError("usage", "name a setting to change; `doocore settings set --help` lists them")
    with session.writing() as center:
        return _answer(center.change_settings(replace(center.settings, **changes)))


def _answer(settings: OrganizationSettings) -> Answer:
    data = to_plain(settings)
    rows = [(name, "never ends" if data[name] is None else data[name], meaning) for name, meaning in MEANINGS.items()]
    return Answer(data, [table(("Setting", "Value", Column("", style="dim")), rows)])
