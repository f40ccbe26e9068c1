"""Whether `package.module:function` is there, found out without importing it, which would run a person's own code."""

from __future__ import annotations

import ast
import difflib
import importlib.util
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path

from mixtui.config import IMPORT_PATH
from mixtui.errors import MixtuiError, reason_of

_MOST_BYTES = 2**22  # of a module that is looked into
_MAKE_NAMES = ("globals", "locals", "vars", "exec")  # by these a module may get names that its text does not tell


def check_import(option: str, path: str, folder: Path) -> None:
    """Look for the function that `path`, the value of `--option`, names: in `folder`, then where Python finds modules.

    A `path` that is no import path is right here. Raises MixtuiError when there is no such module, when it is no valid
    Python, or when nothing in its text binds that name; what cannot be told from the text counts as there.
    """
    if not IMPORT_PATH.fullmatch(path):
        return
    module, _, name = path.partition(":")
    try:
        spec = _find(module, folder)
        tree = None if spec is None else _parse(spec)
    except SyntaxError as error:
        where = f" in line {error.lineno}" if error.lineno else ""
        raise MixtuiError(f"--{option} {path}: {module} is not valid Python{where}.", f"{error.msg}.") from None
    except (OSError, ValueError, ImportError, RecursionError, MemoryError) as error:
        raise MixtuiError(f"--{option} {path}: {module} cannot be read: {reason_of(error)}.", "Look at it.") from None
    if spec is None:
        raise MixtuiError(
            f"--{option} {path}: there is no module {module} here.",
            "Start mixtui in the folder that holds it, or install it.",
        )
    if tree is None or name in (names := set(_names(tree))) or "*" in names or _makes_names(tree):
        return
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"Name a function of {module}."
    raise MixtuiError(f"--{option} {path}: {module} has no {name}.", hint)


def _find(module: str, folder: Path) -> ModuleSpec | None:
    """Where the module lies; `importlib.util.find_spec` would import the packages it is in."""
    first, *rest = module.split(".")
    spec = PathFinder.find_spec(first, [str(folder)]) or importlib.util.find_spec(first)
    for part in rest:
        if spec is None:
            return None
        spec = PathFinder.find_spec(part, list(spec.submodule_search_locations or ()))
    return spec


def _parse(spec: ModuleSpec) -> ast.Module | None:
    """The text of a module; None of one that is not written in Python, or is very long."""
    if spec.origin is None:  # a folder without __init__.py
        return ast.Module([], [])
    if not isinstance(spec.loader, SourceFileLoader):
        return None
    source = Path(spec.origin).read_bytes()
    return ast.parse(source) if len(source) <= _MOST_BYTES else None


def _names(tree: ast.Module) -> Iterator[str]:
    """What importing the module may bind; `*` for all names of another one."""
    nodes: list[ast.AST] = [*tree.body]
    while nodes:
        node = nodes.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Import() | ast.ImportFrom():
                yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case _:
                nodes += ast.iter_child_nodes(node)


def _makes_names(tree: ast.Module) -> bool:
    """Whether the module may have names that stand nowhere in it as such."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=used) if used in _MAKE_NAMES:
                return True
            case ast.Attribute(value=ast.Name(id="sys"), attr="modules") | ast.Global():
                return True
            case ast.FunctionDef(name="__getattr__") if node in tree.body:
                return True
    return False
