"""Generated pages of docs/: commands, settings, views and sources: they cannot drift from the code.

`python -m communique.docs` writes them, with `--check` it only fails where one is out of date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.core import TyperGroup, TyperOption
from typer.main import get_command

from communique.cli.app import app
from communique.docs_sources import sources_page
from communique.settings import PACKAGE, Settings, project_folder
from scrapers.facts import load_sources

# Typer carries a click of its own, whose classes it does not export.
Command = Any

FOLDER = PACKAGE.parent / "docs"
SOURCES = PACKAGE.parent / "scrapers" / "sources"
NOTE = "<!-- Written by `python -m communique.docs`; edit the code instead. -->\n"

_COMMENT = re.compile(r"COMMENT ON (VIEW|COLUMN) analyst\.(\w+)(?:\.(\w+))? IS '((?:[^']|'')*)'")


def commands_page() -> str:
    """Every command with its help, options and example."""
    lines = [NOTE, "# Commands\n"]
    lines += [
        "Exit status: 0 all well, 1 something failed and is named, 2 wrong usage. Settings come",
        "from the environment: see [settings](settings.md).\n",
    ]
    for path, command in _walk("communique", get_command(app)):
        lines.append(f"## {path}\n")
        lines.append(_help(command))
        for parameter in command.params:
            if isinstance(parameter, TyperOption) and parameter.help:
                default = parameter.default
                shown = f" (default `{default}`)" if default not in (None, False, "") else ""
                lines.append(f"- `{'`, `'.join(parameter.opts)}`: {parameter.help}{shown}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _walk(path: str, command: Command) -> Iterator[tuple[str, Command]]:
    if not isinstance(command, TyperGroup):
        yield path, command
        return
    if command.invoke_without_command and " " in path:  # it does something by itself
        yield path, command
    for name in sorted(command.commands):
        yield from _walk(f"{path} {name}", command.commands[name])


def _help(command: Command) -> str:
    """The command's help; its example as a block of shell."""
    text, _, example = (command.help or "").partition("Example:")
    words = "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))
    return f"{words}\n\n```sh\n{' '.join(example.split())}\n```\n"


def settings_page() -> str:
    """Every setting with its type and default."""
    lines = [NOTE, "# Settings\n"]
    lines.append(
        "Each may be given by a file instead: `COMMUNIQUE_DATABASE_URL_FILE=/run/secrets/url`. "
        "What is empty is not set.\n"
    )
    lines += ["| variable | meaning | default |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        shown = _default(field.get_default())
        lines.append(f"| `COMMUNIQUE_{name.upper()}` | {field.description} | {shown} |")
    return "\n".join(lines) + "\n"


def _default(value: object) -> str:
    if value in (None, (), ""):
        return ""
    if isinstance(value, Path) and value.is_absolute():
        return f"the project's `{value.relative_to(PACKAGE.parent)}`"
    return f"`{value}`"


def views_page() -> str:
    """Every view that analysts may rely on, with its columns."""
    lines = [NOTE, "# Views\n", "Schema `analyst`. Names, columns and types are a contract.\n"]
    for file in sorted((project_folder("sql") / "views").glob("*.sql")):
        for kind, view, column, comment in _COMMENT.findall(file.read_text(encoding="utf-8")):
            said = comment.replace("''", "'").replace("|", "\\|")
            if kind == "VIEW":
                lines += [f"## analyst.{view}\n", f"{said}.\n", "| column | meaning |"]
                lines.append("| --- | --- |")
            else:
                lines.append(f"| `{column}` | {said} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def main(check: bool) -> int:
    """Writes the pages, or says which are out of date. Returns the exit status."""
    pages = {
        "commands.md": commands_page(),
        "settings.md": settings_page(),
        "views.md": views_page(),
        "sources.md": NOTE + "\n" + sources_page(load_sources(SOURCES)),
    }
    stale = [
        name
        for name, page in pages.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != page
    ]
    if check:
        for name in stale:
            sys.stderr.write(f"docs/{name} is out of date. Run: python -m communique.docs\n")
        return 1 if stale else 0
    for name in stale:
        (FOLDER / name).write_text(pages[name], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
