"""Fails when a file or a function grew past its limit: a sign that a noun is missing (see ARCHITECTURE.md)."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LIMITS = {".py": 400, ".ts": 400, ".vue": 250}
LONGEST_FUNCTION = 40
GENERATED = ("migrations/", "generated/", ".d.ts")


def files() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True
    ).stdout
    for name in listed.splitlines():
        path = Path(name)
        if path.suffix in LIMITS and path.is_file() and not any(part in name for part in GENERATED):
            yield path


def findings(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > LIMITS[path.suffix]:
        yield f"{path}: {lines} lines, at most {LIMITS[path.suffix]}"
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    yield f"{path}:{node.lineno}: {node.name} has {length} lines, at most {LONGEST_FUNCTION}"


found = [finding for path in files() for finding in findings(path)]
print("\n".join(found))
sys.exit(1 if found else 0)
