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
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        module = imported_by(node.value, names)
        if module is None:
            module = imported_by_helper(project, source, node.value, bases)
        if module is not None:
            yield module, bases


def imported_by(call, names):
    """The module that `import_module(NAME)` imports, and what the project calls like it; None for any other call."""
    if not dotted(call.func).endswith("import_module") or not call.args:
        return None
    module = literal(call.args[0], names)
    return module if module is not UNKNOWN and isinstance(module, str) else None


def imported_by_helper(project, source, call, bases):
    """The one that a function of the project ends by importing, where its caller asks for no other."""
    if not isinstance(call.func, ast.Name):
        return None
    for node in source.tree.body:
        if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
            continue
        asked = [name.name for name in node.names if (name.asname or name.name) == call.func.id]
        file = project.module(node.module, bases) if asked else None
        helper = project.source(file) if file else None
        for function in helper.tree.body if helper else []:
            if isinstance(function, ast.FunctionDef) and function.name in asked:
                last = function.body[-1]
                return imported_by(last.value, {}) if isinstance(last, ast.Return) and isinstance(last.value, ast.Call) else None
    return None
