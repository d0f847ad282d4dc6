"""Which variables a module takes from the environment, where, and whether it can do without."""

import ast
import re

from casts import by_call, subject
from environment_calls import EnvironmentCalls
from values import dotted, index, literal

# Settings whose variable is known by them, whatever its own name is.
SETTINGS = ("SECRET_KEY", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "STATIC_ROOT", "MEDIA_ROOT")
REDIS = re.compile(r"^(redis|rediss|unix|redis\+socket)://")


class EnvironmentReads(EnvironmentCalls, ast.NodeVisitor):
    """Collects what one module takes from the environment, with whether each read happens whatever the circumstances."""

    def doubtful(self, nodes):
        self.doubt += 1
        for node in nodes:
            self.visit(node)
        self.doubt -= 1

    def visit_If(self, node):
        before = len(self.reads)
        self.visit(node.test)
        if stops(node.body) and not self.doubt:
            self.demand(node.test, self.reads[before:])
        self.doubtful(node.body + node.orelse)

    def demand(self, test, asked):
        """`if not os.getenv("X"): raise …`: nothing loads without what a condition finds missing. `asked`: what it reads itself."""
        parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) else [test]
        missing = [missing_in(part) for part in parts]
        if None in missing:
            return
        held = [self.held[one.id] for one in missing if isinstance(one, ast.Name) and one.id in self.held]
        for read in [one for one in asked + held if not one["fallback"]]:
            read.update(required=True, certain=not self.unsure and not self.readers.given & {read["name"], None}, fallback=None)

    def visit_IfExp(self, node):
        self.visit(node.test)
        self.doubtful([node.body, node.orelse])

    def visit_BoolOp(self, node):
        self.visit(node.values[0])
        self.doubtful(node.values[1:])

    def visit_Try(self, node):
        if node.handlers and all(stops(one.body) for one in node.handlers):
            for one in node.body:
                self.visit(one)
            self.doubtful(node.handlers + node.orelse + node.finalbody)
        else:
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
        before = self.names.get(node.target.id)
        for text in texts:
            self.names[node.target.id] = text
            for one in node.body:
                self.visit(one)
        if before is None:
            self.names.pop(node.target.id)
        else:
            self.names[node.target.id] = before

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

    def visit_Compare(self, node):
        # `"X" in os.environ`
        if len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)) and dotted(node.comparators[0]) in self.readers.environ:
            self.add(literal(node.left, self.names), node, "os.environ", False)
        before = len(self.reads)
        self.generic_visit(node)
        # `os.getenv("DB") == "postgres"`, `env("DB") in ("mysql", "mariadb")`
        values = [literal(one, self.names) for one in node.comparators if isinstance(one, (ast.Constant, ast.Tuple, ast.List, ast.Set))]
        # `"postgres://" in os.environ["DATABASE_URL"]`
        if isinstance(node.left, ast.Constant) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            values.append(node.left.value)
        self.choose(self.reads[before:] + self.held_by(node.comparators[0]), values)

    def choose(self, reads, values):
        """Literals, or lists of them, that the text of some reads is compared with."""
        for read in reads:
            read["choices"] += [one for value in values for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]

    def held_by(self, node):
        return [self.held[node.id]] if isinstance(node, ast.Name) and node.id in self.held else []

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
        # `os.environ["DATABASE_URL"].startswith("postgres://")`
        if isinstance(node.func, ast.Attribute) and node.func.attr == "startswith" and node.args:
            self.choose(self.reads[before:] + self.held_by(node.func.value), [literal(node.args[0], self.names)])
        cast = by_call(node)
        if cast is not None and called not in self.readers.env:
            for read in self.reads[before:] + self.held_by(subject(node)):
                if read["cast"] is None:
                    read["cast"], read["separator"] = cast


def stops(body):
    """Whether statements end the loading of a module."""
    last = body[-1]
    return isinstance(last, ast.Raise) or isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and dotted(last.value.func) in ("sys.exit", "exit", "quit", "os._exit")


def missing_in(test):
    """What a condition finds missing: `not x`, `x is None`, `x == ""`; None for any other condition."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand if isinstance(test.operand, (ast.Name, ast.Call)) else None
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Is, ast.Eq)) and isinstance(test.comparators[0], ast.Constant) and not test.comparators[0].value:
        return test.left
    return None


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
