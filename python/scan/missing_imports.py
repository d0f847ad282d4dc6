"""Modules of the project's own that its settings import whatever happens, and that are not there."""

import ast
import os

from values import UNKNOWN, dotted, literal


def missing_imports(project, source, bases, names):
    """Each as the file that it would be, with the line that wants it. `names`: what the names of the settings stand for."""
    found = []
    for node in certain_statements(source.tree.body):
        for module, folders in wanted(project, source, node, bases, names):
            path = module.replace(".", "/")
            for folder in folders:
                base = "" if folder in ("", ".") else folder + "/"
                there = any(one in project.names for one in (base + path + ".py", base + path + "/__init__.py"))
                # Nothing of the project's: a library.
                package = os.path.dirname(base + path)
                if not there and package in project.folders:
                    found.append({"file": base + path + ".py", "from": source.file, "line": node.lineno})
                if there or package + "/__init__.py" in project.names:
                    break
    return found


def certain_statements(body):
    """Those at the top that are not in a branch, nor in a `try` that goes on without them."""
    for node in body:
        if isinstance(node, ast.Try):
            if all(any(isinstance(part, ast.Raise) for part in ast.walk(handler)) for handler in node.handlers):
                yield from certain_statements(node.body)
        else:
            yield node


def wanted(project, source, node, bases, names):
    """The modules that a statement imports, each with the folders where it may be."""
    if isinstance(node, ast.ImportFrom) and node.level:
        parts = source.file.split("/")[:-node.level]
        if node.module:
            yield node.module, ["/".join(parts)]
        else:
            for name in node.names:
                yield name.name, ["/".join(parts)]
    elif isinstance(node, ast.ImportFrom):
        yield node.module, bases
        for name in node.names:
            if project.module(node.module, bases) or name.name != "*":
                yield node.module + "." + name.name, bases
    elif isinstance(node, ast.Import):
        for name in node.names:
            yield name.name, bases
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and dotted(node.value.func).endswith("import_module") and node.value.args:
        module = literal(node.value.args[0], names)
        if module is not UNKNOWN and isinstance(module, str):
            yield module, bases
