"""The command `doocore`: the contact center at the terminal.

Installed by the extra `cli`; without it, the command says so. The commands stand in one file each.
"""

import sys
from collections.abc import Sequence

NEEDS = {
    **dict.fromkeys(("attr", "attrs", "babel", "cattrs", "click", "dateutil", "email_validator"), "cli"),
    **dict.fromkeys(("phonenumbers", "rich", "typer"), "cli"),
    **dict.fromkeys(("psycopg", "psycopg_pool"), "postgres"),
}
"""Which extra brings what, by the names under which it is imported."""

COULD_NOT_RUN = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with *arguments* (those of the process unless given), and give its exit status.

    0: all is well; 1: some rows, bookings or checks were not; 2: it could not run.
    """
    try:
        from doocore_adapters.cli.app import run

        return run(sys.argv[1:] if arguments is None else list(arguments))
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in NEEDS:
            raise
        extra = f"doocore[{NEEDS[package]}]"
        sys.stderr.write(f'doocore: the command needs {package}; install it with: pip install "{extra}"\n')
        return COULD_NOT_RUN
