"""A group of commands that lists where none of them is named: `doocore contacts ada` is `doocore contacts list ada`."""

from typing import Any

from typer.core import TyperGroup

LIST = "list"


class Listing(TyperGroup):
    """Reads the first word that is no command as the beginning of what `list` is given."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401, typer's class, or click's
        """Put `list` where the name of a command is missing; behind `--`, any word is what is looked for."""
        place = self._behind_own_options(args)
        if place < len(args) and args[place] not in {*self.commands, *ctx.help_option_names}:
            args = [*args[:place], LIST, *args[place:]]
        return list(super().parse_args(ctx, args))

    def _behind_own_options(self, args: list[str]) -> int:
        """Find the first argument that is no option of the group itself, nor the value of one."""
        takes_value = {name: not getattr(each, "is_flag", False) for each in self.params for name in each.opts}
        place = 0
        while place < len(args) and (name := args[place].partition("=")[0]) in takes_value:
            place += 2 if takes_value[name] and name == args[place] else 1
        return place
