"""The page of settings names every setting, by both its names and with its true default."""

import re
from pathlib import Path

import pytest

from uzel.kernel.config import BARE_NAMES, Config

PAGE = Path(__file__).parents[2] / "docs/admin/configuration.md"
FILE_ONLY = {"postgres"}
MADE_AT_START = {"home", "blobs", "secret_key_file", "postgres"}  # their defaults are described, not quoted
DEFAULTS = dict(
    zip(Config.__struct_fields__[-len(Config.__struct_defaults__) :], Config.__struct_defaults__, strict=True)
)


def rows() -> dict[str, list[str]]:
    """The cells of each setting's row by its name in the file."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and (name := re.fullmatch(r"`(\w+)`", cells[0])):
            found[name[1]] = cells[1:]
    return found


def test_every_setting_stands_there_and_no_other() -> None:
    assert sorted(rows()) == sorted(Config.__struct_fields__)


@pytest.mark.parametrize("field", sorted(set(Config.__struct_fields__) - FILE_ONLY))
def test_its_name_in_the_environment_is_the_true_one(field: str) -> None:
    assert rows()[field][0] == f"`{BARE_NAMES.get(field, f'UZEL_{field.upper()}')}`"


@pytest.mark.parametrize("field", sorted(set(Config.__struct_fields__) - MADE_AT_START))
def test_its_default_is_the_true_one(field: str) -> None:
    default = DEFAULTS[field]
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    assert rows()[field][1].strip("`") == (shown or "empty")
