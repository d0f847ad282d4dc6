"""What stands for the environment in a module: `os.environ` and its other names, Env() objects of several libraries, helpers of its own."""

import ast
import re

from values import UNKNOWN, dotted, index, literal, shown


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
