"""Maps the top-level folders into the wheel; everything else is in pyproject.toml.

A mapping in pyproject.toml would do so too, but an editable install would then need an import hook.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDERS = ("dags", "plugins", "expectations")


class BuildWithFolders(build_py):
    """The package, and in a wheel the folders that a clone has beside it."""

    def run(self) -> None:
        """Build the package, then copy the folders below ``slipway/bundled``."""
        super().run()
        if not self.editable_mode:
            for source, built in self._files().items():
                self.mkpath(str(Path(built).parent))
                self.copy_file(source, built)

    def get_source_files(self) -> list[str]:
        """What a source distribution holds."""
        return [*super().get_source_files(), *self._files()]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """What a build makes."""
        made = [] if self.editable_mode else self._files().values()
        return [*super().get_outputs(include_bytecode), *made]

    def _files(self) -> dict[str, str]:
        """Source → built file."""
        bundled = Path(self.build_lib) / "slipway" / "bundled"
        return {
            str(path): str(bundled / path)
            for folder in FOLDERS
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }


setup(cmdclass={"build_py": BuildWithFolders})
