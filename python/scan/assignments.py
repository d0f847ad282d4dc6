"""What the statements of settings assign: lists of apps, databases, caches, queues, plain values."""

import ast
import re

from class_settings import class_reads
from queue_settings import NAMES, outline
from values import UNKNOWN, constant, dotted, index, literal


class Assignments:
    """Collects over a chain of modules, each of which may change what the one before it has assigned."""

    def __init__(self, reads):
        # Where reads of the environment go that only a class of settings shows.
        self.reads = reads
        # The value of each name so far.
        self.names = {}
        self.lists = {"INSTALLED_APPS": [], "MIDDLEWARE": []}
        self.engines = []
        self.caches = []
        self.assigned = {}
        self.classes = []
        # Of each class of settings: its own name and those of all that it takes from.
        self.ancestors = {}
        self.queues = None
        # The settings of other queues, by name.
        self.queue_settings = {}
        # What names stand for and functions return, for dictionaries that are put together from them.
        self.expressions = {}
        self.returned = {}

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
            elif isinstance(node, ast.FunctionDef):
                self.returned[node.name] = [part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value is not None]
            elif isinstance(node, ast.ClassDef):
                bases = [dotted(base).split(".")[-1] for base in node.bases]
                if "Configuration" in bases or any(base in self.classes for base in bases):
                    self.classes.append(node.name)
                    self.ancestors[node.name] = {node.name}.union(*(self.ancestors.get(base, set()) for base in bases))
                    self.names[node.name] = UNKNOWN
                    self.reads += class_reads(source, node)
                    self.statements(source, node.body, False)

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
            elif "CACHES" in whole:
                self.backends(source, expression, doubt)
            known = self.queue_settings.get(dotted(target.value), {}).get("value")
            if isinstance(known, dict) and isinstance(constant(index(target)), str):
                known.setdefault(constant(index(target)), None)
            return
        if not isinstance(target, ast.Name):
            return
        name = target.id
        value = literal(expression, self.names)
        if not doubt or name not in self.names:
            self.names[name] = value
            self.expressions[name] = expression
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
        if name in NAMES:
            self.queue_settings[name] = self.found(source, node, outline(expression, self.names), doubt)
        if name.startswith("DATABASE") or name.lower() in ("config", "db", "database", "db_config", "default_database"):
            self.database(source, expression, doubt)
        elif name == "CACHES":
            self.backends(source, expression, doubt)

    def backends(self, source, expression, doubt):
        """The caches that an expression configures."""
        for part in self.whole(expression):
            if isinstance(part, ast.Dict):
                for key, inner in zip(part.keys, part.values):
                    if key is not None and constant(key) == "BACKEND":
                        self.caches += [self.found(source, inner, backend, doubt) for backend in self.classes_in(inner)]

    def classes_in(self, expression):
        """The dotted names that an expression may come to: `"a.B"`, `os.environ.get("X", "a.B")`, `"a.B" if fast else "c.D"`."""
        value = literal(expression, self.names)
        if isinstance(value, str):
            return [value]
        texts = [constant(part) for part in self.whole(expression)]
        return [text for text in texts if isinstance(text, str) and re.match(r"^[A-Za-z_]\w*(\.\w+)+$", text)]

    def whole(self, expression, level=0):
        """All parts of an expression, with those of what its names stand for and its functions return."""
        for part in ast.walk(expression):
            yield part
            further = []
            if isinstance(part, ast.Name):
                further = [self.expressions[part.id]] if part.id in self.expressions else self.returned.get(part.id, [])
            for one in further if level < 4 else []:
                yield from self.whole(one, level + 1)

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
