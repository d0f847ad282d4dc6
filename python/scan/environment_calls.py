"""Which variable a call takes from the environment, by what is called: `os.getenv`, Env() objects of several libraries, helpers."""

import re

from casts import METHODS, cast_of, of_expression
from values import UNKNOWN, dotted, literal, shown

# Methods of Env() objects that read a variable as a type.
READS = {"str", "bool", "int", "float", "list", "tuple", "dict", "json", "url", "path", "bytes", "unicode", "set", "date", "datetime", "timedelta",
         "db", "db_url", "cache", "cache_url", "email", "email_url", "search_url", "channels", "channels_url", "get_value", "log_level", "enum", "decimal",
         "uuid", "dj_db_url", "dj_cache_url", "dj_email_url", "parsenv"}
# The name that is read where none is given.
USUAL = {"db": "DATABASE_URL", "db_url": "DATABASE_URL", "cache": "CACHE_URL", "cache_url": "CACHE_URL", "email": "EMAIL_URL", "email_url": "EMAIL_URL"}


class EnvironmentCalls:
    """The reads of one module so far, and what a call adds to them."""

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
            if self.readers.env[owner] == "env" and last in ("list", "tuple", "dict"):
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
        elif called in self.readers.libraries:
            name = first if first is not UNKNOWN else literal(words["name"], self.names) if "name" in words else UNKNOWN
            if isinstance(name, str) and name.isupper():
                # Nobody knows what it does with a missing value, unless that is said.
                demanded = "required" in words and literal(words["required"], self.names) is True and (default is None or value is None)
                self.add(name, node, "library", demanded, value)

    def from_helper(self, helper, first, node, reader, words):
        default = words.get(helper.word)
        if default is None and helper.position is not None and len(node.args) > helper.position:
            default = node.args[helper.position]
        value = literal(default, self.names) if default is not None else helper.fallback if helper.optional else UNKNOWN
        if first is UNKNOWN and helper.first in words:
            first = literal(words[helper.first], self.names)
        if isinstance(first, str):
            cast = of_expression(words["cast"]) if "cast" in words else helper.cast
            optional = helper.optional if helper.demand not in words else literal(words[helper.demand], self.names) is not True
            self.add(helper.name(first), node, reader, not optional and default is None, value, cast)

    def from_env(self, name, node, reader, default, cast):
        """The default's value."""
        kind = "env" if reader == "environs" else reader
        value = literal(default, self.names) if default is not None else UNKNOWN
        if isinstance(name, str):
            name = self.prefix + name
        if isinstance(name, str) and default is None and name in self.readers.scheme:
            self.add(name, node, kind, False, self.readers.scheme[name], cast or self.readers.scheme_casts.get(name))
        else:
            self.add(name, node, kind, default is None and not (self.readers.scheme_unknown and kind.startswith("env")), value, cast or isinstance(name, str) and self.readers.scheme_casts.get(name) or None)
        return value

    def from_dynaconf(self, owner, name, node, required, default=UNKNOWN):
        prefix, files = self.readers.dynaconf.get(owner, ("", True))
        if isinstance(name, str):
            self.add(prefix + name.upper(), node, "dynaconf", required and not files, default, cast_of("toml"))
