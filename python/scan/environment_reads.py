"""Which variables a module takes from the environment, where, and whether it can do without."""

import ast
import re

from casts import METHODS, by_call, cast_of, of_expression, subject
from values import UNKNOWN, dotted, index, literal, shown

# Methods of Env() objects that read a variable as a type.
READS = {"str", "bool", "int", "float", "list", "tuple", "dict", "json", "url", "path", "bytes", "unicode", "set", "date", "datetime", "timedelta",
         "db", "db_url", "cache", "cache_url", "email", "email_url", "search_url", "channels", "channels_url", "get_value", "log_level", "enum", "decimal",
         "uuid", "dj_db_url", "dj_cache_url", "dj_email_url", "parsenv"}
# Settings whose variable is known by them, whatever its own name is.
SETTINGS = ("SECRET_KEY", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "STATIC_ROOT", "MEDIA_ROOT")
# The name that is read where none is given.
USUAL = {"db": "DATABASE_URL", "db_url": "DATABASE_URL", "cache": "CACHE_URL", "cache_url": "CACHE_URL", "email": "EMAIL_URL", "email_url": "EMAIL_URL"}
REDIS = re.compile(r"^(redis|rediss|unix|redis\+socket)://")


class EnvironmentReads(ast.NodeVisitor):
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
        # What `with env.prefixed("X_")` puts before each name.
        self.prefix = ""
        # The read that a name of the module holds the text of.
        self.held = {}

    def add(self, name, node, reader, required, default=UNKNOWN, cast=None):
        if not isinstance(name, str) or not re.match(r"^[A-Za-z_][A-Za-z0-9_]*$", name) or len(name) > 128:
            return
        fallback = shown(default) if default is not UNKNOWN else None
        self.reads.append({
            "name": name, "reader": self.inside[-1] if self.inside and reader in ("os.environ", "os.getenv", "env", "config") else reader,
            "required": bool(required and not self.doubt),
            "certain": bool(required and not self.doubt and not self.unsure and not self.readers.given & {name, None}),
            "fallback": fallback, "choices": [], "cast": cast and cast[0], "separator": cast and cast[1], "file": self.source.file, "line": node.lineno,
        })

    def fallbacks(self):
        """What names stand for unless the environment has something else."""
        return {name: read["fallback"] for name, read in self.held.items() if read["fallback"] is not None}

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
    visit_While = visit_Lambda = lambda self, node: self.doubtful(list(ast.iter_child_nodes(node)))

    def visit_For(self, node):
        """Over texts that stand there: once for each."""
        texts = literal(node.iter, self.names)
        if not isinstance(node.target, ast.Name) or not isinstance(texts, list) or not 0 < len(texts) <= 100:
            self.doubtful(list(ast.iter_child_nodes(node)))
            return
        for text in texts:
            self.names[node.target.id] = text
            for one in node.body:
                self.visit(one)
        self.names.pop(node.target.id, None)

    def visit_With(self, node):
        before = self.prefix
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and dotted(call.func).endswith(".prefixed") and call.args:
                prefix = literal(call.args[0], self.names)
                self.prefix += prefix if isinstance(prefix, str) else ""
            else:
                self.visit(call)
        for one in node.body:
            self.visit(one)
        self.prefix = before

    def visit_Assign(self, node):
        before = len(self.reads)
        self.generic_visit(node)
        if isinstance(node.targets[0], ast.Name) and len(self.reads) == before + 1:
            name = node.targets[0].id
            self.held[name] = self.reads[before]
            if name in SETTINGS and isinstance(node.value, (ast.Call, ast.Subscript, ast.BoolOp)):
                self.reads[before]["setting"] = name

    def visit_Attribute(self, node):
        owner = dotted(node.value)
        if self.readers.env.get(owner) == "dynaconf" and node.attr.isupper() and isinstance(node.ctx, ast.Load):
            self.from_dynaconf(owner, node.attr, node, True)
        self.generic_visit(node)

    def from_dynaconf(self, owner, name, node, required, default=UNKNOWN):
        prefix, files = self.readers.dynaconf.get(owner, ("", True))
        if isinstance(name, str):
            self.add(prefix + name.upper(), node, "dynaconf", required and not files, default, cast_of("toml"))

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
        elif self.readers.env.get(dotted(node.value)) == "dynaconf":
            self.from_dynaconf(dotted(node.value), literal(index(node), self.names), node, True)
        elif dotted(node.value) in self.readers.env and isinstance(node.ctx, ast.Load):
            self.add(literal(index(node), self.names), node, "env", True)
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str) and REDIS.match(node.value):
            self.redis.append({"value": node.value, "file": self.source.file, "line": node.lineno, "conditional": bool(self.doubt)})

    def visit_Call(self, node):
        called = dotted(node.func)
        last = called.split(".")[-1]
        before = len(self.reads)
        self.read_call(node, called, last)
        if called.endswith(("dj_database_url.parse", "dj_database_url.config")) or called == "database_url":
            self.inside.append("dj_database_url")
            self.generic_visit(node)
            self.inside.pop()
        else:
            self.generic_visit(node)
        cast = by_call(node)
        if cast is not None and called not in self.readers.env:
            text = subject(node)
            held = [self.held[text.id]] if isinstance(text, ast.Name) and text.id in self.held else []
            for read in self.reads[before:] + held:
                if read["cast"] is None:
                    read["cast"], read["separator"] = cast

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
        elif self.readers.env.get(owner) == "dynaconf" and last == "get" or self.readers.env.get(called) == "dynaconf":
            self.from_dynaconf(owner if last == "get" else called, first, node, False, value)
        elif called in self.readers.env:
            kind = self.readers.env[called]
            given = words.get("cast")
            if kind == "env":
                given = words.get("cast", node.args[1] if len(node.args) > 1 else None)
                default = words.get("default", node.args[2] if len(node.args) > 2 else None)
            elif kind == "config" and len(node.args) > 2:
                given = node.args[2]
            self.from_env(first, node, kind, default, of_expression(given))
        elif owner in self.readers.env and last in READS:
            if last in USUAL and first is UNKNOWN and not node.args:
                first = USUAL[last]
            # django-environ has the type of the items before the default.
            if self.readers.env[owner] == "env" and last in ("list", "tuple"):
                default = words.get("default", node.args[2] if len(node.args) > 2 else None)
            separator = literal(words["delimiter"], self.names) if "delimiter" in words else ","
            value = self.from_env(first, node, "env." + last, default, cast_of(METHODS.get(last), separator))
            if last in ("db", "db_url", "dj_db_url") and isinstance(value, str):
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
        elif last in self.readers.functions and owner in self.readers.modules:
            self.from_helper(self.readers.functions[last], first, node, last, words)

    def from_helper(self, helper, first, node, reader, words):
        default = words.get(helper.word)
        if default is None and helper.position is not None and len(node.args) > helper.position:
            default = node.args[helper.position]
        value = literal(default, self.names) if default is not None else helper.fallback if helper.optional else UNKNOWN
        if isinstance(first, str):
            cast = of_expression(words["cast"]) if "cast" in words else helper.cast
            self.add(helper.name(first), node, reader, not helper.optional and default is None, value, cast)

    def from_env(self, name, node, reader, default, cast):
        """The default's value."""
        kind = "env" if reader == "environs" else reader
        value = literal(default, self.names) if default is not None else UNKNOWN
        if isinstance(name, str):
            name = self.prefix + name
        if isinstance(name, str) and default is None and name in self.readers.scheme:
            self.add(name, node, kind, False, self.readers.scheme[name], cast or self.readers.scheme_casts.get(name))
        else:
            self.add(name, node, kind, default is None, value, cast or isinstance(name, str) and self.readers.scheme_casts.get(name) or None)
        return value


def once(reads):
    """One entry for each name (and class of settings): required where any read is, the first literal default."""
    merged = {}
    for read in reads:
        key = (read["name"], read.get("class"))
        known = merged.get(key)
        if known is None:
            merged[key] = dict(read)
            continue
        known["required"] = known["required"] or read["required"]
        known["certain"] = known["certain"] or read["certain"]
        known["choices"] = list(dict.fromkeys(known["choices"] + read["choices"]))
        if known["fallback"] is None:
            known["fallback"] = read["fallback"]
        if "setting" in read:
            known.setdefault("setting", read["setting"])
        if known["cast"] is None:
            known["cast"], known["separator"] = read["cast"], read["separator"]
        if known["reader"] in ("os.environ", "config", "env") and read["reader"] not in ("os.environ", "config", "env"):
            known["reader"] = read["reader"]
    return list(merged.values())
