"""What all commands share: which database, which organization, who acts, and where the answer goes.

`command` makes a function that takes a `Session` into a command of the terminal. The shared options may stand before
the command's name as well as behind it.
"""

import getpass
import inspect
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Concatenate, ParamSpec, get_args

import typer

from doocore import ContactCenter, Mailing, Role, User
from doocore.ports import Clock, Mailer, OrganizationStore
from doocore_adapters.cattrs import Plain
from doocore_adapters.cli.complaints import CommandError, complaint_about
from doocore_adapters.cli.databases import Database, database_of
from doocore_adapters.cli.screen import Answer, Screen, let_go
from doocore_adapters.memory import MemoryStore

P = ParamSpec("P")

DEFAULT_DATABASE = "doocore.db"
DEFAULT_ORGANIZATION = "default"

FAILED = 2
"""The exit status of a command that could not run."""

STOPPED = 130
"""The exit status of a command that was interrupted: 128 and the number of the signal, as shells have it."""

PIPE_CLOSED = 141
"""The exit status where nobody reads on, as in `doocore contacts | head`."""

_NOBODY_KNOWN = "doocore"

Db = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="FILE|DSN",
        help=f"The database: an SQLite file, or postgresql://USER@HOST/NAME. [default: {DEFAULT_DATABASE}]",
    ),
]
Org = Annotated[
    str | None,
    typer.Option("--org", metavar="ID", help=f"The organization in it. [default: {DEFAULT_ORGANIZATION}]"),
]
AsUser = Annotated[
    str | None, typer.Option("--as", metavar="USER", help="Who does it, for the history. [default: your login name]")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
Yes = Annotated[bool, typer.Option("--yes", help="Confirm what would be asked.")]

SHARED = {"db": Db, "org": Org, "as_user": AsUser, "as_json": AsJson}
"""The options that every command has."""


@dataclass(frozen=True, slots=True)
class Session:
    """One run of a command."""

    database: str | None
    organization: str
    user: str
    screen: Screen

    @property
    def place(self) -> Database:
        """The database that was named, or the usual one."""
        return database_of(self.database or DEFAULT_DATABASE)

    @property
    def is_new(self) -> bool:
        """Whether there is no database yet."""
        return self.place.is_new

    @contextmanager
    def reading(self, *, mailing: Mailing | None = None, mailer: Mailer | None = None) -> Iterator[ContactCenter]:
        """Open the contact center; a database is not made by reading."""
        if self.is_new:
            raise CommandError("no_database", self.place.how_to_begin)
        with self.opened(self.place, mailing=mailing, mailer=mailer) as center:
            yield center

    @contextmanager
    def writing(self, mailing: Mailing | None = None) -> Iterator[ContactCenter]:
        """Open the contact center, with a new database where there is none."""
        with self.opened(self.place, mailing=mailing) as center:
            yield center

    @contextmanager
    def rehearsing(self, mailing: Mailing | None = None) -> Iterator[ContactCenter]:
        """Open the contact center for what writes nothing: where there is no database, an empty one in memory."""
        if self.is_new:
            yield self._center(MemoryStore().organization(self.organization), mailing=mailing)
        else:
            with self.writing(mailing) as center:
                yield center

    def confirm(self, question: str, *, yes: bool, **details: Plain) -> None:
        """Go on where somebody says *yes*, beforehand or to the question; `CommandError` otherwise."""
        if yes:
            return
        answer = self.screen.ask(question)
        if answer is None:
            raise CommandError("unconfirmed", f"{question} Repeat it with --yes if that is meant", **details)
        if not answer:
            raise CommandError("declined", "nothing was changed")

    @contextmanager
    def opened(
        self,
        place: Database,
        clock: Clock | None = None,
        *,
        mailing: Mailing | None = None,
        mailer: Mailer | None = None,
    ) -> Iterator[ContactCenter]:
        """Open the contact center in the database *place*, making the file where there is none."""
        with closing(place.open()) as store:
            yield self._center(store.organization(self.organization), clock, mailing, mailer)

    def _center(
        self,
        store: OrganizationStore,
        clock: Clock | None = None,
        mailing: Mailing | None = None,
        mailer: Mailer | None = None,
    ) -> ContactCenter:
        """Make the contact center over *store*, with the user as a team admin."""
        from doocore_adapters.validation import LibraryParsers  # its packages take a while to import

        center = ContactCenter(store, parsers=LibraryParsers(), clock=clock, mailing=mailing, mailer=mailer)
        return center.acting_as(User(self.user, Role.TEAM_ADMIN))


def command(
    app: typer.Typer, name: str
) -> Callable[[Callable[Concatenate[Session, P], Answer]], Callable[Concatenate[Session, P], Answer]]:
    """Make a function into the command *name* of *app*; its docstring is the help."""

    def register(function: Callable[Concatenate[Session, P], Answer]) -> Callable[Concatenate[Session, P], Answer]:
        app.command(name)(_with_shared_options(function))
        return function

    return register


def bare(app: typer.Typer) -> Callable[[Callable[[Session], Answer]], Callable[[Session], Answer]]:
    """Make a function into what *app* does where no command of it is named."""

    def register(function: Callable[[Session], Answer]) -> Callable[[Session], Answer]:
        app.callback(invoke_without_command=True)(_with_shared_options(function))
        return function

    return register


def _with_shared_options(function: Callable[..., Answer]) -> Callable[..., None]:
    def run(ctx: typer.Context, **options: Any) -> None:  # noqa: ANN401, whatever the command takes
        if ctx.invoked_subcommand is None:
            own = {key: value for key, value in options.items() if key not in SHARED}
            _answer(_session(ctx), lambda session: function(session, **own))

    _session_parameter, *own = inspect.signature(function, eval_str=True).parameters.values()
    parameters = (
        inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
        *map(_read_once, own),
        *(
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for key, annotation in SHARED.items()
        ),
    )
    run.__doc__ = function.__doc__
    run.__name__ = function.__name__
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    vars(run)["__signature__"] = inspect.Signature(parameters)
    return run


def _read_once(parameter: inspect.Parameter) -> inspect.Parameter:
    """Keep typer from reading a value again that a parser of ours has read: many versions lose enumerations so."""
    for option in get_args(parameter.annotation)[1:]:
        if option.parser is not None:
            return parameter.replace(annotation=Annotated[Any, option])
    return parameter


def _session(ctx: typer.Context) -> Session:
    return Session(
        database=_shared(ctx, "db"),
        organization=_shared(ctx, "org") or DEFAULT_ORGANIZATION,
        user=_shared(ctx, "as_user") or _login_name(),
        screen=Screen(as_json=bool(_shared(ctx, "as_json"))),
    )


def _shared(ctx: typer.Context, key: str) -> Any:  # noqa: ANN401, the value of any option
    """Find an option where it was given: behind the command, or before it."""
    return ctx.params.get(key) or (_shared(ctx.parent, key) if ctx.parent else None)  # type: ignore[arg-type]


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name, as in some containers
        return _NOBODY_KNOWN


def _answer(session: Session, function: Callable[[Session], Answer]) -> None:
    try:
        answer = function(session)
        session.screen.give(answer)
    except KeyboardInterrupt:
        session.screen.remark("stopped; what was done so far stays")
        raise typer.Exit(STOPPED) from None
    except BrokenPipeError:
        let_go()
        raise typer.Exit(PIPE_CLOSED) from None
    except Exception as error:
        complaint = complaint_about(error)
        if complaint is None:
            raise
        session.screen.complain(complaint)
        raise typer.Exit(FAILED) from None
    if answer.status:
        raise typer.Exit(answer.status)
