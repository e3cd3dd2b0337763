"""Our log lines: one record, one line, which says what it is about; as JSON where that is set.

Nothing that a stranger's page, address or server says can end a line, begin another, or put a
field on it: control characters, line separators and whatever turns text around are escaped.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any, TypeAlias

import structlog
from pydantic import ValidationError
from pydantic_settings import SettingsError

from communique.settings import Settings

# Ends a line somewhere, moves a terminal's cursor, turns text around, or is no character at all.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
# A value that needs no quotation marks: no blank, none of these marks, nothing to escape.
_PLAIN = re.compile(r'[^\s"\\]+')
# Characters of one value, and of a traceback.
LONGEST, LONGEST_TRACE = 4_000, 20_000
# What a line says first, in this order; the message itself is last where a human reads it.
ABOUT = ("run", "run_number", "source", "address")
_HEAD = ("timestamp", "level", "event", "logger", *ABOUT)

_Event: TypeAlias = MutableMapping[str, Any]


def wanted_form() -> str:
    """`json` or `text`, as COMMUNIQUE_LOG has it; where the settings cannot be read, `text`: the
    command that needs them will say so."""
    try:
        return Settings().log
    except (ValidationError, SettingsError):
        return "text"


def start_logs(form: str, *, verbose: bool = False) -> None:
    """Sends the log lines of this process to stderr: errors, or with `verbose` every step too.
    form: `text` or `json`. Does nothing in a process that has set up logging already."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(form))
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, handlers=[handler])


def formatter(form: str) -> logging.Formatter:
    """Makes lines of records. JSON: an object a line, with `timestamp` (ISO 8601, UTC), `level`,
    `event` (the message), `logger`, what it is about, and `exception` (a traceback); the names are
    Airflow's own. Text: the same for a human, a traceback on indented lines below."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _as_json if form == "json" else _as_text,
        ],
    )


def _as_json(_logger: object, _method: str, event: _Event) -> str:
    """Compact, as Airflow writes its own, so that one search finds both."""
    fields = {name: event[name] for name in _HEAD if name in event} | dict(event)
    short = {name: _short(name, value) for name, value in fields.items()}
    line = json.dumps(short, ensure_ascii=False, separators=(",", ":"), default=str)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def _as_text(_logger: object, _method: str, event: _Event) -> str:
    """Fields before the message: nothing that a stranger wrote stands to the left of one."""
    short = {name: _short(name, value) for name, value in event.items()}
    fields = [f"{name}={_quoted(short[name])}" for name in ABOUT if name in short]
    head = (short["timestamp"], str(short["level"]).upper(), short["logger"], *fields)
    lines = [" ".join((*map(str, head), _escaped(str(short["event"]))))]
    for name in ("exception", "stack"):
        lines += [
            f"    {_escaped(line)}" for line in str(short.get(name) or "").split("\n") if line
        ]
    return "\n".join(lines)


def _short(name: str, value: object) -> object:
    most = LONGEST_TRACE if name in ("exception", "stack") else LONGEST
    if isinstance(value, Mapping | list | tuple | set):
        value = str(value)
    if not isinstance(value, str) or len(value) <= most:
        return value
    return f"{value[:most]}… ({len(value):,} characters)"


def _quoted(value: object) -> str:
    words = _escaped(str(value))
    return words if _PLAIN.fullmatch(words) else json.dumps(words, ensure_ascii=False)


def _escaped(words: str) -> str:
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", words)
