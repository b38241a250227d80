"""Logs: one JSON object a line for machines, colours for a terminal; secrets never."""

import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from uzel.kernel.config import Config

SECRET_NAME = re.compile(r"pass(word)?$|secret|token|authorization|cookie|api_?key", re.IGNORECASE)
PASSWORD_IN_URL = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")
BEARER = re.compile(r"(\b(?:Bearer|Basic)\s+)\S+", re.IGNORECASE)
MASK = "•••"


def mask_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: values with telling names, passwords in addresses, authorization headers."""
    for name, value in event.items():
        if SECRET_NAME.search(name):
            event[name] = MASK
        elif isinstance(value, str):
            event[name] = BEARER.sub(rf"\1{MASK}", PASSWORD_IN_URL.sub(rf"\1{MASK}@", value))
    return event


def logging_config(config: Config) -> dict[str, Any]:
    """For logging.config.dictConfig; configures structlog on the way, so that both speak with one voice."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared[:3],
            *shared[4:],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(config)],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"uzel": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "uzel"}},
        "root": {"handlers": ["stderr"], "level": config.log_level.upper()},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.request": {"level": "ERROR"},  # its warnings quote paths, which may hold tokens; we log routes
            "procrastinate": {"level": "WARNING"},  # at INFO it tells of every job three times
            "mail.log": {"level": "WARNING"},  # aiosmtpd: at INFO it quotes every command
        },
    }


def _rendering(config: Config) -> list[Any]:
    """Tracebacks become text before masking: an exception's message may quote an address with a password."""
    for_people = config.log_format == "console" or (config.log_format == "auto" and sys.stderr.isatty())
    last = structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer(ensure_ascii=False)
    return [structlog.processors.format_exc_info, mask_secrets, last]
