"""Reads a Django project without running any of it, and prints what it found as one JSON value.

Usage: python3 -I scan.py FOLDER        (Python 3.8 or newer, standard library only)
The shape of the answer is `ProjectScan` in src/django/scan.ts. Exit 2: the folder cannot be read.
"""

import ast
import json
import os
import re
import sys

MAX_FILES = 20000
MAX_TEXT = 512 * 1024
MAX_SOURCE = 1024 * 1024
MAX_PARSED = 4000
MAX_SETTINGS = 60
# Of all texts together, and of the answer: who starts this keeps no more than 4 MB.
MAX_TEXTS = 1536 * 1024
MAX_ANSWER = 3584 * 1024

SKIPPED = {
    ".git", ".hg", ".svn", "node_modules", "bower_components", "__pycache__", ".tox", ".nox", ".venv", "venv", "env",
    ".env.d", "virtualenv", "site-packages", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".cache", ".idea", ".vscode",
    ".eggs", ".terraform",
}
KNOWN = re.compile(
    r"^(requirements[^/]*\.(txt|in|pip)|[^/]*requirements\.txt|constraints[^/]*\.txt|pyproject\.toml|setup\.(py|cfg)|pipfile(\.lock)?"
    r"|poetry\.lock|uv\.lock|\.python-version|runtime\.txt|procfile[^/]*|app\.json|aptfile|apt\.txt|packages\.txt|dockerfile[^/]*|[^/]*\.dockerfile"
    r"|docker-compose[^/]*\.ya?ml|compose[^/]*\.ya?ml|\.env\.(example|sample|template|dist)|env\.(example|sample)|example\.env|sample\.env"
    r"|uwsgi[^/]*\.ini|supervisord?[^/]*\.conf|[^/]*\.service|package\.json|nixpacks\.toml|fly\.toml|render\.yaml|heroku\.yml|roadie\.toml)$",
    re.IGNORECASE,
)
LISTED_FOLDERS = re.compile(r"(^|/)(requirements|reqs|deps)/[^/]+\.(txt|in|pip)$", re.IGNORECASE)
ASIDE = re.compile(r"(^|/)(tests?|testing|docs?|examples?|samples?|demo|sandbox|fixtures|templates|benchmarks?|cookiecutter[^/]*|\{\{[^/]*)(/|$)", re.IGNORECASE)
HEALTH = re.compile(r"^/?[\w/-]*\b(healthz?|health[-_]?check|health[-_]?status|ht|livez|readyz|ping|status|up|_health|alive|heartbeat)/?$", re.IGNORECASE)
READS = {"str", "bool", "int", "float", "list", "tuple", "dict", "json", "url", "path", "bytes", "unicode", "set", "date", "datetime", "timedelta",
         "db", "db_url", "cache", "cache_url", "email", "email_url", "search_url", "channels", "channels_url", "get_value", "log_level", "enum", "decimal",
         "uuid", "dj_db_url", "dj_cache_url", "dj_email_url", "parsenv"}
REDIS = re.compile(r"^(redis|rediss|unix|redis\+socket)://")
UNKNOWN = object()


def listing(folder):
    """All names of files below a folder, relative with '/', and whether there are more."""
    found = []
    for path, folders, files in os.walk(folder):
        # A virtualenv is known by this file, whatever it is called.
        folders[:] = sorted(one for one in folders if one not in SKIPPED and not os.path.exists(os.path.join(path, one, "pyvenv.cfg")))
        inside = os.path.relpath(path, folder).replace(os.sep, "/")
        for name in sorted(files):
            if name.endswith((".pyc", ".pyo")):
                continue
            found.append(name if inside == "." else inside + "/" + name)
            if len(found) >= MAX_FILES:
                return sorted(found), True
    return sorted(found), False


def depth(file):
    return file.count("/")


class Source:
    """One Python file, parsed."""

    def __init__(self, file, text, tree):
        self.file = file
        self.text = text
        self.tree = tree


class Project:
    def __init__(self, folder):
        self.folder = folder
        self.files, self.truncated = listing(folder)
        self.names = set(self.files)
        self.sources = {}
        self.errors = {}

    def path(self, file):
        return os.path.join(self.folder, *file.split("/"))

    def inside(self, file):
        """Never follows a link out of the project."""
        real = os.path.realpath(self.path(file))
        return real.startswith(os.path.realpath(self.folder) + os.sep)

    def raw(self, file, limit):
        path = self.path(file)
        try:
            if not self.inside(file) or not os.path.isfile(path) or os.path.getsize(path) > limit:
                return None
            with open(path, "rb") as stream:
                return stream.read(limit + 1)
        except OSError:
            return None

    def text(self, file, limit=MAX_TEXT):
        data = self.raw(file, limit)
        return None if data is None else data.decode("utf-8-sig", "replace").replace("\r\n", "\n")

    def source(self, file):
        """The parsed file, or None where it is none, too large or has a syntax error (which is kept)."""
        if file in self.sources:
            return self.sources[file]
        self.sources[file] = None
        data = self.raw(file, MAX_SOURCE)
        if data is not None:
            try:
                # Bytes, so that Python itself reads the encoding line.
                tree = ast.parse(data, file)
                self.sources[file] = Source(file, data.decode("utf-8-sig", "replace"), tree)
            except SyntaxError as error:
                self.errors[file] = {
                    "file": file, "line": error.lineno or 1, "column": error.offset or 1,
                    "message": error.msg or "invalid syntax", "text": (error.text or "").rstrip("\n")[:200],
                }
            except (ValueError, RecursionError, MemoryError) as error:
                self.errors[file] = {"file": file, "line": 1, "column": 1, "message": str(error) or type(error).__name__, "text": ""}
        return self.sources[file]

    def module(self, dotted, bases):
        """The file of a module, looked for below each of some folders."""
        path = dotted.replace(".", "/")
        for base in bases:
            start = "" if base in ("", ".") else base + "/"
            for candidate in (start + path + ".py", start + path + "/__init__.py"):
                if candidate in self.names:
                    return candidate
        return None


def dotted(node):
    """`a.b.c` as text, or ''."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
        return ".".join(reversed(parts))
    return ""


def constant(node):
    return node.value if isinstance(node, ast.Constant) else UNKNOWN


def literal(node, names):
    """The value of an expression made of literals and known names; UNKNOWN otherwise. Unknown members of a list are left out."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id, UNKNOWN)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        values = []
        for one in node.elts:
            inner = one.value if isinstance(one, ast.Starred) else one
            value = literal(inner, names)
            if isinstance(one, ast.Starred):
                values.extend(value if isinstance(value, list) else [])
            elif value is not UNKNOWN:
                values.append(value)
        return values
    if isinstance(node, ast.Dict):
        return {str(constant(key)): value for key, value in ((key, literal(value, names)) for key, value in zip(node.keys, node.values) if isinstance(key, ast.Constant)) if value is not UNKNOWN}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = literal(node.left, names), literal(node.right, names)
        if isinstance(left, list) or isinstance(right, list):
            return (left if isinstance(left, list) else []) + (right if isinstance(right, list) else [])
        if isinstance(left, str) and isinstance(right, str):
            return left + right
        return UNKNOWN
    if isinstance(node, ast.JoinedStr):
        parts = [literal(part.value if isinstance(part, ast.FormattedValue) else part, names) for part in node.values]
        return "".join(parts) if all(isinstance(part, str) for part in parts) else UNKNOWN
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("list", "tuple", "set") and len(node.args) == 1:
        return literal(node.args[0], names)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = literal(node.operand, names)
        return -value if isinstance(value, (int, float)) else UNKNOWN
    return UNKNOWN


def shown(value):
    """A default as it would stand in the environment."""
    if isinstance(value, bool) or isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    return None


class Readers:
    """What reads the environment in a module: names that stand for os.environ, for Env() objects and for functions."""

    def __init__(self):
        self.environ = {"os.environ", "environ"}
        # Names that the settings themselves put into the environment before they read them; None: some that cannot be told.
        self.given = set()
        self.getenv = {"os.getenv", "getenv"}
        self.env = {}
        self.functions = {}
        self.scheme = {}

    def learn_imports(self, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "os":
                for name in node.names:
                    if name.name == "environ":
                        self.environ.add(name.asname or name.name)
                    if name.name == "getenv":
                        self.getenv.add(name.asname or name.name)
            elif isinstance(node, ast.ImportFrom) and node.module == "decouple":
                for name in node.names:
                    if name.name in ("config", "AutoConfig"):
                        self.env[name.asname or name.name] = "config"
            elif isinstance(node, ast.ImportFrom) and node.module == "starlette.config":
                self.env["config"] = "config"

    def learn(self, tree):
        """Assignments such as `env = environ.Env(...)`, and functions that hand a parameter to the environment."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                name, value = node.targets[0].id, node.value
                made = dotted(value.func) if isinstance(value, ast.Call) else ""
                if made.split(".")[-1] in ("Env", "FileAwareEnv"):
                    self.env[name] = "env"
                    self.learn_scheme(value)
                elif made.split(".")[-1] in ("Config", "AutoConfig") and name in ("config", "env_config", "decouple_config"):
                    self.env[name] = "config"
                elif dotted(value) in self.environ:
                    self.environ.add(name)
                elif dotted(value) in self.getenv or dotted(value) in {one + ".get" for one in self.environ}:
                    self.getenv.add(name)
            elif isinstance(node, (ast.FunctionDef, ast.Lambda)):
                self.learn_function(node)

    def learn_scheme(self, call):
        for word in call.keywords:
            if word.arg:
                default = UNKNOWN
                if isinstance(word.value, ast.Tuple) and len(word.value.elts) == 2:
                    default = literal(word.value.elts[1], {})
                    self.scheme[word.arg] = shown(default) if default is not UNKNOWN else None

    def learn_function(self, node):
        arguments = [one.arg for one in node.args.args]
        if not arguments or not isinstance(node, ast.FunctionDef):
            return
        offset = 1 if arguments[0] in ("self", "cls") else 0
        if len(arguments) <= offset:
            return
        first = arguments[offset]
        for inner in ast.walk(node):
            found = False
            if isinstance(inner, ast.Subscript):
                found = dotted(inner.value) in self.environ and isinstance(index(inner), ast.Name) and index(inner).id == first
            elif isinstance(inner, ast.Call) and inner.args and isinstance(inner.args[0], ast.Name) and inner.args[0].id == first:
                called = dotted(inner.func)
                found = called in self.getenv or called in {one + ".get" for one in self.environ} or called in self.env
            if found:
                defaults = node.args.defaults
                position = len(arguments) - len(defaults)
                given = [literal(one, {}) for one in defaults] if position <= offset + 1 else []
                # A helper with a default of its own, or without any second parameter, tells whether its caller must set the name.
                optional = len(arguments) - offset > 1 and bool(given)
                strict = isinstance(inner, ast.Subscript) or called_strictly(node, first)
                if optional and given[0] is None and strict:
                    optional = False
                self.functions[node.name] = {"optional": optional or not strict}
                return


def called_strictly(function, parameter):
    """Whether a helper that asks politely (`os.environ.get`) still refuses a missing name: it raises with that name in its words."""
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and node.exc is not None:
            inside = list(ast.walk(node.exc))
            words = " ".join(str(one.value) for one in inside if isinstance(one, ast.Constant))
            if any(isinstance(one, ast.Name) and one.id == parameter for one in inside) and not re.search(r"_FILE|file", words):
                return True
    return False


def index(node):
    """What stands in the brackets; Python 3.8 wraps it."""
    inner = node.slice
    return inner.value if type(inner).__name__ == "Index" else inner


class Walker(ast.NodeVisitor):
    """Collects what one module takes from the environment, with whether each read happens whatever the circumstances."""

    def __init__(self, source, readers, names, unsure=False):
        # `unsure`: the module as a whole may not be loaded.
        self.unsure = unsure
        self.source = source
        self.readers = readers
        self.names = names
        self.doubt = 0
        self.inside = []
        self.reads = []
        self.redis = []
        self.urls = []

    def add(self, name, node, reader, required, default=UNKNOWN):
        if not isinstance(name, str) or not re.match(r"^[A-Za-z_][A-Za-z0-9_]*$", name) or len(name) > 128:
            return
        fallback = shown(default) if default is not UNKNOWN else None
        self.reads.append({
            "name": name, "reader": self.inside[-1] if self.inside and reader in ("os.environ", "os.getenv", "env", "config") else reader,
            "required": bool(required and not self.doubt),
            "certain": bool(required and not self.doubt and not self.unsure and not self.readers.given & {name, None}),
            "fallback": fallback, "choices": [], "file": self.source.file, "line": node.lineno,
        })

    def give(self, name):
        self.readers.given.add(name if isinstance(name, str) else None)

    def doubtful(self, nodes):
        self.doubt += 1
        for node in nodes:
            self.visit(node)
        self.doubt -= 1

    def visit_If(self, node):
        self.visit(node.test)
        self.doubtful(node.body + node.orelse)

    def visit_IfExp(self, node):
        self.visit(node.test)
        self.doubtful([node.body, node.orelse])

    def visit_BoolOp(self, node):
        self.visit(node.values[0])
        self.doubtful(node.values[1:])

    def visit_Try(self, node):
        self.doubtful(node.body + node.handlers + node.orelse + node.finalbody)

    def visit_FunctionDef(self, node):
        self.doubtful(node.body)

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_For = visit_While = visit_Lambda = lambda self, node: self.doubtful(list(ast.iter_child_nodes(node)))

    def visit_Compare(self, node):
        # `"X" in os.environ`
        if len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)) and dotted(node.comparators[0]) in self.readers.environ:
            self.add(literal(node.left, self.names), node, "os.environ", False)
        before = len(self.reads)
        self.generic_visit(node)
        # `os.getenv("DB") == "postgres"`, `env("DB") in ("mysql", "mariadb")`
        values = [literal(one, self.names) for one in node.comparators if isinstance(one, (ast.Constant, ast.Tuple, ast.List, ast.Set))]
        texts = [one for value in values for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
        for read in self.reads[before:]:
            read["choices"] += texts

    def visit_Subscript(self, node):
        if dotted(node.value) in self.readers.environ and isinstance(node.ctx, ast.Load):
            self.add(literal(index(node), self.names), node, "os.environ", True)
        elif dotted(node.value) in self.readers.environ:
            self.give(literal(index(node), self.names))
        elif dotted(node.value) in self.readers.env and isinstance(node.ctx, ast.Load):
            self.add(literal(index(node), self.names), node, "env", True)
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str) and REDIS.match(node.value):
            self.redis.append({"value": node.value, "file": self.source.file, "line": node.lineno, "conditional": bool(self.doubt)})

    def visit_Call(self, node):
        called = dotted(node.func)
        last = called.split(".")[-1]
        self.read_call(node, called, last)
        if called.endswith(("dj_database_url.parse", "dj_database_url.config")) or called == "database_url":
            self.inside.append("dj_database_url")
            self.generic_visit(node)
            self.inside.pop()
        else:
            self.generic_visit(node)

    def read_call(self, node, called, last):
        words = {word.arg: word.value for word in node.keywords if word.arg}
        first = literal(node.args[0], self.names) if node.args else literal(words["var"], self.names) if "var" in words else UNKNOWN
        default = words.get("default", node.args[1] if len(node.args) > 1 else None)
        value = literal(default, self.names) if default is not None else UNKNOWN
        owner = called.rsplit(".", 1)[0] if "." in called else ""
        if called in self.readers.getenv or (last == "get" and owner in self.readers.environ) or (last == "pop" and owner in self.readers.environ):
            self.add(first, node, "os.environ", False, value)
        elif last in ("setdefault", "update") and owner in self.readers.environ:
            for one in [first] if last == "setdefault" else [*(first if isinstance(first, dict) else node.args), *words]:
                self.give(one)
        elif called in self.readers.env:
            kind = self.readers.env[called]
            if kind == "env":
                default = words.get("default", node.args[2] if len(node.args) > 2 else None)
                value = literal(default, self.names) if default is not None else UNKNOWN
            self.from_env(first, node, kind, default, value)
        elif owner in self.readers.env and last in READS:
            if last in ("db", "db_url") and first is UNKNOWN and not node.args:
                first = "DATABASE_URL"
            elif last in ("cache", "cache_url") and first is UNKNOWN and not node.args:
                first = "CACHE_URL"
            elif last in ("email", "email_url") and first is UNKNOWN and not node.args:
                first = "EMAIL_URL"
            self.from_env(first, node, "env." + last, default, value)
            if last in ("db", "db_url") and isinstance(value, str):
                self.urls.append({"value": value, "file": self.source.file, "line": node.lineno, "conditional": bool(self.doubt)})
        elif called.endswith(("dj_database_url.config", "django_cache_url.config", "dj_email_url.config", "dj_redis_url.config")):
            kind, usual = {"dj_database_url": ("dj_database_url", "DATABASE_URL"), "django_cache_url": ("django_cache_url", "CACHE_URL"), "dj_redis_url": ("os.environ", "REDIS_URL")}.get(called.split(".")[-2], ("dj_email_url", "EMAIL_URL"))
            name = literal(words["env"], self.names) if "env" in words else first if isinstance(first, str) else usual
            value = literal(words["default"], self.names) if "default" in words else UNKNOWN
            self.add(name, node, kind, False, value)
            if isinstance(value, str):
                self.urls.append({"value": value, "file": self.source.file, "line": node.lineno, "conditional": bool(self.doubt)})
        elif called.endswith("dj_database_url.parse") and isinstance(first, str):
            self.urls.append({"value": first, "file": self.source.file, "line": node.lineno, "conditional": bool(self.doubt)})
        elif last in self.readers.functions and owner in ("", "utils", "env", "helpers", "settings", "self"):
            self.add(first, node, last, not self.readers.functions[last]["optional"] and default is None, value)

    def from_env(self, name, node, reader, default, value):
        if isinstance(name, str) and default is None and name in self.readers.scheme:
            self.add(name, node, reader, False, self.readers.scheme[name])
        else:
            self.add(name, node, reader, default is None, value)


class Settings:
    """A settings module with its `import *` chain."""

    def __init__(self, project, file, bases):
        self.project = project
        self.file = file
        self.bases = bases
        self.names = {}
        self.chain = []
        self.reads = []
        self.redis = []
        self.urls = []
        self.lists = {"INSTALLED_APPS": [], "MIDDLEWARE": []}
        self.engines = []
        self.caches = []
        self.assigned = {}
        self.classes = []
        self.readers = Readers()
        self.queues = None
        self.load(file, 0)

    def load(self, file, level, unsure=False):
        source = self.project.source(file)
        if source is None or level > 8 or file in self.chain:
            return
        self.readers.learn_imports(source.tree)
        # What the module imports comes first: both its names and its helpers.
        self.imports(source, source.tree.body, level, unsure)
        self.readers.learn(source.tree)
        self.statements(source, source.tree.body, False)
        walker = Walker(source, self.readers, self.names, unsure)
        for node in source.tree.body:
            walker.visit(node)
        self.reads += walker.reads
        self.redis += walker.redis
        self.urls += walker.urls
        self.chain.append(file)

    def imports(self, source, body, level, unsure=False):
        for node in body:
            if isinstance(node, ast.If) or isinstance(node, ast.Try):
                self.imports(source, node.body + getattr(node, "orelse", []), level, True)
            if isinstance(node, ast.ImportFrom):
                star = any(name.name == "*" for name in node.names)
                target = self.target(source.file, node)
                if star and target:
                    self.load(target, level + 1, unsure)
                elif target or node.level:
                    self.helpers(source.file, node, target, level)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and dotted(node.value.func).split(".")[-1] == "include":
                # django-split-settings
                for argument in node.value.args:
                    inner = argument.args[0] if isinstance(argument, ast.Call) and argument.args else argument
                    pattern = constant(inner)
                    if isinstance(pattern, str):
                        folder = os.path.dirname(source.file)
                        wanted = re.compile("^" + re.escape(os.path.normpath(os.path.join(folder, pattern)).replace(os.sep, "/")).replace(r"\*", "[^/]*") + "$")
                        for file in self.project.files:
                            if wanted.match(file) and file.endswith(".py"):
                                self.load(file, level + 1, True)

    def target(self, file, node):
        if node.level:
            parts = file.split("/")[:-1]
            parts = parts[: len(parts) - (node.level - 1)] if node.level > 1 else parts
            base = "/".join(parts)
            return self.project.module(node.module, [base]) if node.module else self.project.module("__init__", [base])
        return self.project.module(node.module or "", [os.path.dirname(file)] + self.bases if "." not in (node.module or "") else self.bases)

    def helpers(self, file, node, target, level):
        """Functions and Env() objects that the settings import from another module of the project."""
        files = [target] if target else []
        if node.level and not node.module or target and target.endswith("__init__.py"):
            folder = os.path.dirname(file if not target else target)
            files += [one for one in (folder + "/" + name.name + ".py" for name in node.names) if one in self.project.names]
        for one in files:
            source = self.project.source(one)
            if source is None or one == file or one in self.chain:
                continue
            self.readers.learn_imports(source.tree)
            self.readers.learn(source.tree)
            # `from .env import SECRET_KEY`: a small module that reads the environment itself.
            if level < 4 and re.search(r"environ|getenv|\benv\b|config\(", source.text) and re.search(r"settings|config|conf|env", one):
                walker = Walker(source, self.readers, {}, True)
                for statement in source.tree.body:
                    walker.visit(statement)
                self.reads += [read for read in walker.reads if read not in self.reads]

    def statements(self, source, body, doubt):
        for node in body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if node.value is not None:
                    for target in targets:
                        self.assign(source, node, target, node.value, doubt)
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                value = literal(node.value, self.names)
                known = self.names.get(node.target.id)
                if isinstance(value, list):
                    self.extend(source, node, node.target.id, value, doubt)
                    if isinstance(known, list):
                        self.names[node.target.id] = known + value
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                self.call(source, node.value, doubt)
            elif isinstance(node, ast.If):
                self.statements(source, node.body, True)
                self.statements(source, node.orelse, True)
            elif isinstance(node, ast.Try):
                self.statements(source, node.body, doubt)
                for part in node.handlers:
                    self.statements(source, part.body, True)
                self.statements(source, node.orelse + node.finalbody, doubt)
            elif isinstance(node, ast.With):
                self.statements(source, node.body, doubt)
            elif isinstance(node, ast.ClassDef):
                bases = [dotted(base).split(".")[-1] for base in node.bases]
                if "Configuration" in bases or any(base in self.classes for base in bases):
                    self.classes.append(node.name)
                    self.names[node.name] = UNKNOWN
                    self.configuration(source, node)
                    self.statements(source, node.body, False)

    def configuration(self, source, node):
        """django-configurations: `SECRET_KEY = values.SecretValue()` reads DJANGO_SECRET_KEY."""
        for one in node.body:
            if not (isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name) and isinstance(one.value, ast.Call)):
                continue
            kind = dotted(one.value.func).split(".")[-1]
            if not kind.endswith("Value") or kind == "Value" and "values" not in dotted(one.value.func):
                continue
            words = {word.arg: constant(word.value) for word in one.value.keywords if word.arg}
            name = {"DatabaseURLValue": "DATABASE_URL", "CacheURLValue": "CACHE_URL", "EmailURLValue": "EMAIL_URL"}.get(kind)
            prefix = words.get("environ_prefix", "DJANGO")
            name = words.get("environ_name", name or one.targets[0].id)
            if not isinstance(name, str) or words.get("environ") is False:
                continue
            if kind not in ("DatabaseURLValue", "CacheURLValue", "EmailURLValue") and isinstance(prefix, str) and prefix:
                name = prefix + "_" + name
            default = literal(one.value.args[0], {}) if one.value.args else UNKNOWN
            reader = {"DatabaseURLValue": "env.db", "CacheURLValue": "env.cache", "EmailURLValue": "env.email"}.get(kind, "values")
            self.reads.append({"name": name, "reader": reader, "required": kind == "SecretValue", "certain": False, "fallback": shown(default) if default is not UNKNOWN else None, "choices": [], "file": source.file, "line": one.lineno})

    def found(self, source, node, value, doubt):
        return {"value": value, "file": source.file, "line": node.lineno, "conditional": doubt}

    def extend(self, source, node, name, values, doubt):
        if name in self.lists:
            self.lists[name] += [self.found(source, node, one, doubt) for one in values if isinstance(one, str)]

    def assign(self, source, node, target, expression, doubt):
        if isinstance(target, (ast.Tuple, ast.List)):
            return
        if isinstance(target, ast.Subscript):
            whole = ast.dump(target)
            if "DATABASES" in whole:
                self.database(source, expression, doubt)
            elif "'ENGINE'" in whole:
                self.engine(source, expression, doubt)
            return
        if not isinstance(target, ast.Name):
            return
        name = target.id
        value = literal(expression, self.names)
        if not doubt or name not in self.names:
            self.names[name] = value
        if name in self.lists and isinstance(value, list):
            if not doubt:
                self.lists[name] = []
            places = {}
            for part in ast.walk(expression):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    places.setdefault(part.value, part)
            for one in value:
                if isinstance(one, str):
                    self.extend(source, places.get(one, node), name, [one], doubt)
        if name.isupper() or name in ("application",):
            simple = value if isinstance(value, (str, int, float, bool)) or value is None or isinstance(value, list) and all(isinstance(one, (str, int)) for one in value) else None
            self.assigned[name] = self.found(source, node, None if simple is UNKNOWN else simple, doubt)
        if name == "RQ_QUEUES" and isinstance(expression, ast.Dict):
            self.queues = [constant(key) for key in expression.keys if key is not None and isinstance(constant(key), str)]
        if name.startswith("DATABASE") or name.lower() in ("config", "db", "database", "db_config", "default_database"):
            self.database(source, expression, doubt)
        elif name == "CACHES":
            for part in ast.walk(expression):
                if isinstance(part, ast.Dict):
                    for key, inner in zip(part.keys, part.values):
                        backend = literal(inner, self.names)
                        if constant(key) == "BACKEND" and isinstance(backend, str):
                            self.caches.append(self.found(source, inner, backend, doubt))

    def database(self, source, expression, doubt):
        # Only the first dictionary with an ENGINE is 'default', as a rule; the others come after it.
        for part in ast.walk(expression):
            if isinstance(part, ast.Dict):
                for key, inner in zip(part.keys, part.values):
                    if key is not None and constant(key) == "ENGINE":
                        self.engine(source, inner, doubt)

    def engine(self, source, expression, doubt):
        value = literal(expression, self.names)
        if isinstance(value, str):
            self.engines.append(self.found(source, expression, value, doubt))
            return
        for part in ast.walk(expression):
            text = constant(part) if isinstance(part, ast.Constant) else None
            if isinstance(text, str) and re.search(r"sqlite|postg|mysql|psycopg|oracle|mssql|spatialite", text):
                self.engines.append(self.found(source, part, text, doubt))

    def call(self, source, node, doubt):
        """INSTALLED_APPS.append("x") and its relatives."""
        called = dotted(node.func)
        name, _, method = called.rpartition(".")
        if name == "DATABASES" or name.startswith("DATABASES"):
            self.database(source, node, doubt)
        if name in self.lists and method in ("append", "insert", "extend") and node.args:
            value = literal(node.args[-1], self.names)
            self.extend(source, node, name, value if isinstance(value, list) else [value], doubt)

    def made_with(self):
        """The Django that `startproject` says it wrote the settings with: its only trace where nothing is declared."""
        for file in self.chain:
            match = re.search(r"^Generated by 'django-admin startproject' using Django (\d+(?:\.\d+)+)", self.project.source(file).text, re.MULTILINE)
            if match:
                return match.group(1)
        return None

    def answer(self, module, base):
        return {
            "file": self.file, "module": module, "base": base, "chain": self.chain,
            "installedApps": self.lists["INSTALLED_APPS"], "middleware": self.lists["MIDDLEWARE"],
            "databaseEngines": self.engines, "databaseUrls": self.urls, "cacheBackends": self.caches, "redisUrls": self.redis,
            "madeWith": self.made_with(), "queues": self.queues, "assigned": self.assigned, "classes": self.classes, "environment": once(self.reads),
        }


def once(reads):
    """One entry for each name and reader: required where any read is, the first literal default."""
    merged = {}
    for read in reads:
        known = merged.get(read["name"])
        if known is None:
            merged[read["name"]] = dict(read)
            continue
        known["required"] = known["required"] or read["required"]
        known["certain"] = known["certain"] or read["certain"]
        known["choices"] = list(dict.fromkeys(known["choices"] + read["choices"]))
        if known["fallback"] is None:
            known["fallback"] = read["fallback"]
        if known["reader"] in ("os.environ", "config", "env") and read["reader"] not in ("os.environ", "config", "env"):
            known["reader"] = read["reader"]
    return list(merged.values())


def settings_default(source):
    """The DJANGO_SETTINGS_MODULE that a program sets, with the line, and whether it does so whatever the environment says."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func).endswith("environ.setdefault") and len(node.args) == 2 and constant(node.args[0]) == "DJANGO_SETTINGS_MODULE":
            for part in ast.walk(node.args[1]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and re.match(r"^[\w.]+$", part.value) and not part.value.isupper():
                    return part.value, node.lineno, False
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript) and dotted(node.targets[0].value).endswith("environ") and constant(index(node.targets[0])) == "DJANGO_SETTINGS_MODULE":
            value = constant(node.value)
            if isinstance(value, str):
                return value, node.lineno, True
    return None, 1, False


def looks_like_settings(text):
    return re.search(r"^(ROOT_URLCONF|INSTALLED_APPS)\b", text, re.MULTILINE) is not None


def celery_instances(source):
    """Module-level `app = Celery(...)`."""
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call) and dotted(node.value.func).split(".")[-1] == "Celery":
            yield node.targets[0].id, node.lineno


def has_schedule(text):
    return re.search(r"\bbeat_schedule\b|CELERY_?BEAT_SCHEDULE\b|add_periodic_task|CELERYBEAT_SCHEDULE", text) is not None


def scan(folder):
    project = Project(folder)
    python = [file for file in project.files if file.endswith(".py")]
    texts = {}
    size = 0
    for file in sorted(project.files, key=depth):
        name = file.rsplit("/", 1)[-1]
        if depth(file) <= 4 and (KNOWN.match(name) or LISTED_FOLDERS.search(file)) and "lib/python" not in file:
            text = project.text(file, 8 * 1024 * 1024 if name in ("uv.lock", "poetry.lock") else MAX_TEXT)
            if text is not None and name in ("uv.lock", "poetry.lock"):
                # Of a lock only names and versions are wanted, and its hashes are most of it.
                text = "".join(line + "\n" for line in text.split("\n") if re.match(r'\[\[package\]\]|(name|version) = "', line))
            if text is not None and size + len(text) > MAX_TEXTS:
                project.truncated = True
            elif text is not None:
                texts[file] = text
                size += len(text)
    manage, applications, celery, routes = [], [], [], []
    candidates = {}
    schedule = False
    parsed = 0
    for file in sorted(python, key=lambda one: (bool(ASIDE.search(one)), depth(one), one)):
        name = file.rsplit("/", 1)[-1]
        if "/migrations/" in file or parsed > MAX_PARSED:
            continue
        text = project.text(file, MAX_SOURCE)
        if text is None:
            continue
        if "DJANGO_SETTINGS_MODULE" in text or "execute_from_command_line" in text or "get_wsgi_application" in text or "get_asgi_application" in text:
            source = project.source(file)
            parsed += 1
            if source is not None:
                module, line, hard = settings_default(source)
                if "execute_from_command_line" in text and (name == "manage.py" or "__main__" in text and not ASIDE.search(file)):
                    manage.append({"file": file, "settings": module, "line": line, "hard": hard})
                for kind in ("wsgi", "asgi"):
                    if name == kind + ".py" or "get_%s_application" % kind in text and name != "manage.py" and re.search(r"^application\b", text, re.MULTILINE):
                        names = [one.targets[0].id for one in source.tree.body if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)]
                        imported = [part.asname or part.name for one in source.tree.body if isinstance(one, ast.ImportFrom) for part in one.names]
                        nested = [one.id for one in ast.walk(source.tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
                        named = list(dict.fromkeys(one for one in names + imported + nested if one in ("application", "app", "asgi_app", "wsgi_app")))
                        if named:
                            applications.append({"file": file, "kind": kind, "settings": module, "line": line, "hard": hard, "names": named})
        if looks_like_settings(text) or re.search(r"(^|/)settings(/[\w-]+)?\.py$|_settings\.py$|(^|/)settings/[\w/-]+\.py$", file):
            candidates[file] = text
        if "Celery(" in text:
            source = project.source(file)
            if source is not None and not ASIDE.search(file):
                celery += [{"file": file, "line": line, "name": one, "beat": has_schedule(text)} for one, line in celery_instances(source)]
        if not ASIDE.search(file):
            schedule = schedule or has_schedule(text)
        if name == "urls.py":
            routes += health_routes(project, file)
    bases = roots(project, manage, applications)
    # What manage.py names is a candidate, whatever it is called.
    for entry in manage + applications:
        if entry["settings"]:
            file = project.module(entry["settings"], [os.path.dirname(entry["file"])] + bases)
            if file:
                candidates.setdefault(file, "")
    settings = []
    for file in list(candidates)[:MAX_SETTINGS]:
        if file in project.errors or project.source(file) is None:
            continue
        try:
            one = Settings(project, file, bases)
        except RecursionError:
            project.errors[file] = {"file": file, "line": 1, "column": 1, "message": "too deeply nested", "text": ""}
            continue
        if any(name in one.assigned for name in ("ROOT_URLCONF", "INSTALLED_APPS", "DATABASES")) or one.classes or any(entry["settings"] and project.module(entry["settings"], [os.path.dirname(entry["file"])] + bases) == file for entry in manage + applications):
            base = base_of(file, bases)
            inside = file if base == "." else file[len(base) + 1:]
            module = re.sub(r"/__init__$", "", inside[:-3]).replace("/", ".")
            settings.append(one.answer(module, base))
    for one in celery:
        one["beat"] = one["beat"] or schedule
        source = project.source(one["file"])
        readers = Readers()
        readers.learn_imports(source.tree)
        readers.learn(source.tree)
        walker = Walker(source, readers, {})
        for node in source.tree.body:
            if isinstance(node, ast.Assign):
                try:
                    walker.visit(node)
                except RecursionError:
                    continue
        one["environment"] = once(walker.reads)
    return {
        "folder": os.path.abspath(folder), "files": project.files, "truncated": project.truncated, "texts": texts, "manage": manage,
        "applications": applications, "settings": settings, "celery": celery, "syntaxErrors": sorted(project.errors.values(), key=lambda one: one["file"]),
        "sqlite": sqlite_files(project), "healthRoutes": routes,
    }


def roots(project, manage, applications):
    """Folders from which modules may be imported, the likeliest first."""
    found = [os.path.dirname(entry["file"]) or "." for entry in sorted(manage, key=lambda entry: (bool(ASIDE.search(entry["file"])), depth(entry["file"])))]
    for entry in applications:
        steps = (entry["settings"] or "").count(".")
        folder = os.path.dirname(entry["file"])
        for _ in range(max(1, steps)):
            folder = os.path.dirname(folder)
        found.append(folder or ".")
    found += [".", "src", "app", "backend"]
    return list(dict.fromkeys(found))


def base_of(file, bases):
    """The deepest import folder that a file lies in."""
    fitting = [base for base in bases if base == "." or file.startswith(base + "/")]
    return max(fitting, key=lambda base: -1 if base == "." else len(base))


def health_routes(project, file):
    source = project.source(file)
    found = []
    if source is None:
        return found
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] in ("path", "re_path", "url") and node.args:
            text = constant(node.args[0])
            if isinstance(text, str):
                plain = text.replace("^", "").replace("$", "").replace("/?", "/")
                if HEALTH.match(plain):
                    found.append({"value": "/" + plain.lstrip("/"), "file": file, "line": node.lineno, "conditional": False})
    return found


def sqlite_files(project):
    found = []
    for file in project.files:
        if re.search(r"\.(sqlite3?|db3?)$", file, re.IGNORECASE):
            try:
                with open(project.path(file), "rb") as stream:
                    if stream.read(16) == b"SQLite format 3\x00":
                        found.append(file)
            except OSError:
                continue
    return found


def encoded(found):
    """JSON as bytes. A file's name may be no text at all: what is not becomes a question mark."""
    return json.dumps(found, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        sys.stderr.write("usage: scan.py FOLDER\n")
        return 2
    try:
        os.listdir(sys.argv[1])
    except OSError as error:
        sys.stderr.write("%s\n" % error)
        return 2
    sys.setrecursionlimit(3000)
    found = scan(sys.argv[1])
    answer = encoded(found)
    if len(answer) > MAX_ANSWER:
        found.update(files=[file for file in found["files"] if depth(file) < 3][:2000], truncated=True)
        answer = encoded(found)
    sys.stdout.buffer.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
