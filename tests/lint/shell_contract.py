"""A contract for import-linter: only the named shell does I/O or reads a clock.

Every module of the root packages that is not named as shell is inside the wall, so a new file is inside without being
listed. Inside the wall, a module imports neither an I/O library nor a module of the shell.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class ShellContract(Contract):
    """Reports every import of an I/O module, or of a shell module, by a module outside the shell.

    Attributes:
        shell: patterns of module names (`fnmatch`) that may do I/O.
        io_modules: names of modules, with everything below them, that do I/O or read a clock.
    """

    type_name = "shell"
    shell = fields.ListField(subfield=fields.StringField())
    io_modules = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        """Look at each import of each module inside the wall."""
        roots: list[str] = self.session_options["root_packages"]
        own = [module for module in graph.modules if module.partition(".")[0] in roots]
        unused = [pattern for pattern in self.shell if not any(fnmatchcase(module, pattern) for module in own)]
        forbidden = [
            (module, imported)
            for module in sorted(own)
            if not self._is_shell(module)
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if self._does_io(imported) or self._is_shell(imported)
        ]
        return ContractCheck(kept=not (forbidden or unused), metadata={"forbidden": forbidden, "unused": unused})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each forbidden import, and each pattern that names no module."""
        for module, imported in check.metadata["forbidden"]:
            output.print_error(f"{module} imports {imported}: move the I/O to the shell", bold=False)
        for pattern in check.metadata["unused"]:
            output.print_error(f"the shell pattern {pattern} names no module: remove it", bold=False)

    def _is_shell(self, module: str) -> bool:
        return any(fnmatchcase(module, pattern) for pattern in _texts(self.shell))

    def _does_io(self, module: str) -> bool:
        names = _texts(self.io_modules)
        return any(module == name or module.startswith(f"{name}.") for name in names)


def _texts(values: Any) -> list[str]:
    return [str(value) for value in values]
