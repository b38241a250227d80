"""The project's own pages and what they name."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_OURS = {"node_modules", ".venv", "dist", "var", ".git"}

_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"(?:^|[\s(/;])(uzel|make) ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", re.MULTILINE)


def pages() -> list[Path]:
    found = (path for path in ROOT.rglob("*.md") if not NOT_OURS & set(path.relative_to(ROOT).parts))
    return sorted(found)


def links(page: Path) -> Iterator[str]:
    """Relative links, without the part behind ``#``."""
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:", target) and not target.startswith("#"):
            yield target.partition("#")[0]


def commands(page: Path) -> Iterator[tuple[str, str, str]]:
    """(program, command, word behind it) of everything that is set as code."""
    text = page.read_text(encoding="utf-8")
    code = [re.sub(r"#.*", "", block) for block in _FENCE.findall(text)]
    code += _INLINE.findall(_FENCE.sub("", text))
    for piece in code:
        yield from _COMMAND.findall(piece)
