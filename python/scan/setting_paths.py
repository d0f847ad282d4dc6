"""Where in the project the settings look for files that a front end's build makes: `BASE_DIR.parent / "frontend" / "dist"`."""

import ast
import posixpath

from values import UNKNOWN, constant, dotted, index

# Stands for the project's own folder: what leads out of it is nobody's business here.
TOP = "/\0"
# Settings whose paths may be a build's: of Django, whitenoise, django-webpack-loader and django-vite.
WANTED = {
    "STATICFILES_DIRS", "TEMPLATES", "WHITENOISE_ROOT", "WEBPACK_LOADER", "DJANGO_VITE", "DJANGO_VITE_ASSETS_PATH",
    "DJANGO_VITE_MANIFEST_PATH", "MANIFEST_LOADER", "NPM_ROOT_PATH", "YARN_ROOT_PATH",
}
# Whatever a setting is called: what lies here is there once the packages of a package.json are installed.
INSTALLED = "node_modules"
UNCHANGED = {"str", "fspath", "abspath", "realpath", "normpath", "resolve", "absolute", "as_posix", "expanduser", "list", "tuple"}


class SettingPaths:
    """Follows paths over a chain of modules. Nothing is run: what cannot be told is left out."""

    def __init__(self):
        self.names = {}
        self.found = []

    def load(self, source, unsure):
        self.names["__file__"] = TOP + "/" + source.file
        self.statements(source, source.tree.body, unsure)

    def statements(self, source, body, doubt):
        for node in body:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self.assign(source, target, node.value, doubt)
            elif isinstance(node, (ast.AnnAssign, ast.AugAssign)) and node.value is not None:
                self.assign(source, node.target, node.value, doubt)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
                # STATICFILES_DIRS.append(…)
                for argument in node.value.args:
                    self.assign(source, node.value.func.value, argument, doubt)
            elif isinstance(node, ast.If):
                self.statements(source, node.body, True)
                self.statements(source, node.orelse, True)
            elif isinstance(node, ast.Try):
                self.statements(source, node.body, doubt)
                self.statements(source, node.orelse + node.finalbody, doubt)
            elif isinstance(node, (ast.With, ast.ClassDef)):
                self.statements(source, node.body, doubt)

    def assign(self, source, target, expression, doubt):
        whole = target
        while isinstance(whole, (ast.Subscript, ast.Attribute)):
            whole = whole.value
        if not isinstance(whole, ast.Name):
            return
        if whole.id.isupper():
            for path in self.within(expression):
                if path.startswith(TOP + "/") and (whole.id in WANTED or INSTALLED in path.split("/")):
                    self.found.append({
                        "setting": whole.id, "path": path[len(TOP) + 1:], "file": source.file, "line": expression.lineno, "conditional": doubt,
                    })
        if whole is target and whole.id not in WANTED:
            value = self.path(expression)
            # What one branch says is as good as the other's, and better than nothing.
            if value is not UNKNOWN or not doubt:
                self.names[whole.id] = value if value is not UNKNOWN or not isinstance(expression, (ast.List, ast.Tuple, ast.Dict)) else expression

    def within(self, node):
        """Every path in a value, however deep."""
        if isinstance(node, ast.Name) and isinstance(self.names.get(node.id), ast.AST):
            return self.within(self.names[node.id])
        whole = self.path(node)
        if isinstance(whole, str):
            return [whole]
        inner = []
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            inner = node.elts
        elif isinstance(node, ast.Dict):
            inner = node.values
        elif isinstance(node, ast.Starred):
            inner = [node.value]
        elif isinstance(node, ast.BinOp):
            inner = [node.left, node.right]
        elif isinstance(node, ast.Call):
            inner = node.args
        return [path for one in inner if one is not None for path in self.within(one)]

    def path(self, node):
        """A text or path; UNKNOWN where it is neither or cannot be told."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else UNKNOWN
        if isinstance(node, ast.Name):
            value = self.names.get(node.id, UNKNOWN)
            return value if isinstance(value, str) else UNKNOWN
        if isinstance(node, ast.Attribute):
            # settings of another module: `base.BASE_DIR`
            if node.attr == "parent":
                return above(self.path(node.value), 1)
            value = self.names.get(node.attr, UNKNOWN) if isinstance(node.value, ast.Name) else UNKNOWN
            return value if isinstance(value, str) else UNKNOWN
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "parents":
            number = constant(index(node))
            return above(self.path(node.value.value), number + 1) if isinstance(number, int) else UNKNOWN
        if isinstance(node, ast.BinOp):
            return self.operation(node)
        if isinstance(node, ast.JoinedStr):
            parts = [self.path(part.value if isinstance(part, ast.FormattedValue) else part) for part in node.values]
            return "".join(parts) if all(isinstance(part, str) for part in parts) else UNKNOWN
        return self.call(node) if isinstance(node, ast.Call) else UNKNOWN

    def operation(self, node):
        left = self.path(node.left)
        if isinstance(node.op, ast.Sub):
            # django-environ: `environ.Path(__file__) - 3`
            number = constant(node.right)
            return above(left, number) if isinstance(number, int) else UNKNOWN
        right = self.path(node.right)
        if isinstance(left, str) and isinstance(right, str):
            return joined(left, right) if isinstance(node.op, ast.Div) else left + right if isinstance(node.op, ast.Add) else UNKNOWN
        return UNKNOWN

    def call(self, node):
        name = dotted(node.func).split(".")[-1] or getattr(node.func, "attr", "")
        values = [self.path(argument) for argument in node.args]
        owner = self.path(node.func.value) if isinstance(node.func, ast.Attribute) else UNKNOWN
        if name == "dirname" and values:
            return above(values[0], 1)
        if name in ("joinpath", "path") and isinstance(owner, str):
            return joined(owner, *values)
        if name in ("join", "Path", "PurePath", "PosixPath") and values:
            return joined(*values)
        if name in UNCHANGED:
            return owner if isinstance(owner, str) else values[0] if values else UNKNOWN
        # django-environ's paths are called: `ROOT_DIR("frontend/dist")`
        known = self.path(node.func) if isinstance(node.func, ast.Name) else UNKNOWN
        return joined(known, *values) if isinstance(known, str) and known.startswith(TOP) else UNKNOWN


def joined(*parts):
    if not parts or not all(isinstance(part, str) for part in parts):
        return UNKNOWN
    return posixpath.normpath(posixpath.join(*parts))


def above(path, levels):
    """The folder so many levels up."""
    if not isinstance(path, str) or not path.startswith(TOP):
        return UNKNOWN
    for _ in range(levels):
        path = posixpath.dirname(path)
    return path
