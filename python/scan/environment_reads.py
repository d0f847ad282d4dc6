"""Which variables a module takes from the environment, where, and whether it can do without."""

import ast
import re

from values import UNKNOWN, dotted, index, literal, shown

# Methods of Env() objects that read a variable as a type.
READS = {"str", "bool", "int", "float", "list", "tuple", "dict", "json", "url", "path", "bytes", "unicode", "set", "date", "datetime", "timedelta",
         "db", "db_url", "cache", "cache_url", "email", "email_url", "search_url", "channels", "channels_url", "get_value", "log_level", "enum", "decimal",
         "uuid", "dj_db_url", "dj_cache_url", "dj_email_url", "parsenv"}
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
