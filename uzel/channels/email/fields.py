"""The machine-readable fields of reports (RFC 3464, 5965): groups of ``Name: value`` between empty lines."""

import re

_FIELD = re.compile(r"([A-Za-z][A-Za-z-]{1,40})\s?:[ \t]*(.*)$")


def field_groups(text: str) -> list[dict[str, str]]:
    """Names in lower case, folded lines joined. A second recipient begins a group even without an empty line."""
    groups: list[dict[str, str]] = [{}]
    name = ""
    for line in text.split("\n"):
        if not line.strip():
            groups.append({})
            name = ""
            continue
        match = None if line[0] in " \t" else _FIELD.match(line)
        if match is None:
            if name:
                groups[-1][name] += f" {line.strip()}"
            continue
        name = match.group(1).lower()
        if name == "final-recipient" and name in groups[-1]:
            groups.append({})
        groups[-1].setdefault(name, match.group(2).strip())
    return [group for group in groups if group]
