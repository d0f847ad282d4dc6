"""What stands for the environment in a module: `os.environ` and its other names, Env() objects of several libraries, helpers of its own."""

import ast
import re

from casts import of_expression
from dynaconf_objects import demanded_names, has_files, prefix_of
from environment_helpers import constants_of, learn_helper
from values import UNKNOWN, dotted, literal, shown

# Which library an Env class or object comes from by the module of its import: what a second argument is differs.
LIBRARIES = {"environs": "environs", "environ": "env"}


class Readers:
    """What reads the environment in a module: names that stand for os.environ, for Env() objects and for functions."""

    def __init__(self):
        self.environ = {"os.environ", "environ"}
        # Names that the settings themselves put into the environment before they read them; None: some that cannot be told.
        self.given = set()
        self.getenv = {"os.getenv", "getenv"}
        # Objects that read: "env" (django-environ), "environs", "config" (python-decouple), "dynaconf".
        self.env = {"decouple.config": "config", "environs.env": "environs"}
        # The libraries that classes called Env are of.
        self.makers = {"environs.Env": "environs", "environs.FileAwareEnv": "environs"}
        self.functions = {}
        # Functions of libraries that are called as if they read variables: `from somewhere.envs import get_string`.
        self.libraries = set()
        # Modules of the project by the names that they are imported under.
        self.modules = {"", "utils", "env", "helpers", "settings", "self"}
        # Defaults and casts of an Env's own: `Env(DEBUG=(bool, False))`.
        self.scheme = {}
        self.scheme_casts = {}
        # Dictionaries of such defaults by name, and whether an Env() was given some that cannot be told.
        self.schemes = {}
        self.scheme_unknown = False
        # Of each Dynaconf object: its prefix, and whether files may have the values as well.
        self.dynaconf = {}
        # What validators demand: names with their places.
        self.demanded = []

    def learn_imports(self, tree):
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            for name in node.names:
                called = name.asname or name.name
                if node.module == "os" and name.name == "environ":
                    self.environ.add(called)
                elif node.module == "os" and name.name == "getenv":
                    self.getenv.add(called)
                elif node.module == "decouple" and name.name == "config":
                    self.env[called] = "config"
                elif node.module == "environs" and name.name == "env":
                    self.env[called] = "environs"
                elif node.module in LIBRARIES and name.name in ("Env", "FileAwareEnv"):
                    self.makers[called] = LIBRARIES[node.module]
                elif node.module == "starlette.config":
                    self.env["config"] = "config"
                elif re.search(r"(^|[._])env(s|ironment)?$", node.module or "") and re.match(r"(get|env|read)_?", name.name):
                    self.libraries.add(called)

    def learn(self, tree):
        """Assignments such as `env = environ.Env(...)`, and functions that hand a parameter to the environment."""
        constants = constants_of(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self.learn_assignment(node.targets[0].id, node.value, constants)
            elif isinstance(node, ast.FunctionDef):
                self.learn_function(node.name, node.args, node, constants)

    def learn_assignment(self, name, value, constants):
        made = dotted(value.func) if isinstance(value, ast.Call) else ""
        last = made.split(".")[-1]
        if last in ("Env", "FileAwareEnv"):
            self.env[name] = self.makers.get(made, "env")
            self.learn_scheme(value)
        elif made in ("decouple.Config", "decouple.AutoConfig") or last in ("Config", "AutoConfig") and (name in ("config", "env_config", "decouple_config") or "Repository" in ast.dump(value)):
            self.env[name] = "config"
        elif last in ("Dynaconf", "LazySettings"):
            self.env[name] = "dynaconf"
            self.dynaconf[name] = (prefix_of(value, "DYNACONF"), has_files(value))
            self.demanded += [(self.dynaconf[name][0] + wanted, place) for wanted, place in demanded_names(value)]
        elif isinstance(value, ast.Dict):
            self.schemes[name] = value
        elif isinstance(value, ast.Lambda):
            self.learn_function(name, value.args, value.body, constants)
        elif dotted(value) in self.environ:
            self.environ.add(name)
        elif dotted(value) in self.getenv or dotted(value) in {one + ".get" for one in self.environ}:
            self.getenv.add(name)
        elif dotted(value) in self.functions:
            self.functions[name] = self.functions[dotted(value)]

    def learn_scheme(self, call):
        for word in call.keywords:
            if word.arg:
                self.learn_default(word.arg, word.value)
                continue
            known = word.value if isinstance(word.value, ast.Dict) else self.schemes.get(dotted(word.value).split(".")[-1])
            if known is None:
                self.scheme_unknown = True
                continue
            for key, value in zip(known.keys, known.values):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    self.learn_default(key.value, value)

    def learn_default(self, name, value):
        """`(bool, False)`, or a cast alone."""
        if isinstance(value, ast.Tuple) and len(value.elts) == 2:
            default = literal(value.elts[1], {})
            self.scheme[name] = shown(default) if default is not UNKNOWN else None
            self.scheme_casts[name] = of_expression(value.elts[0])
        else:
            self.scheme_casts[name] = of_expression(value)

    def learn_function(self, name, arguments, body, constants):
        helper = learn_helper(self, arguments, body, constants)
        if helper is not None:
            self.functions[name] = helper

    def learn_names(self, node, is_module):
        """The names under which an import brings modules and functions of the project in."""
        for name in node.names:
            called = name.asname or name.name
            if isinstance(node, ast.Import) or is_module(name.name):
                self.modules.add(called)
            elif name.asname and name.name in self.functions:
                self.functions[name.asname] = self.functions[name.name]
