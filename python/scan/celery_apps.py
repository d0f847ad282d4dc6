"""Celery: its instances, whether anything has a schedule, and what they take from the environment."""

import ast
import re

from environment_readers import Readers
from environment_reads import EnvironmentReads, once
from values import dotted


def celery_instances(source):
    """Module-level `app = Celery(...)`, also where a class derived from it or a function of the module makes it."""
    makers = {"Celery"}
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and any(called(base) in makers for base in node.bases):
            makers.add(node.name)
        elif isinstance(node, ast.FunctionDef) and makes(node, makers):
            makers.add(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call) and called(node.value.func) in makers:
            yield node.targets[0].id, node.lineno, broker_host(node.value)


def broker_host(call):
    """The host of the broker that an application is made with, where that stands there as text; None else."""
    for keyword in call.keywords:
        if keyword.arg == "broker" and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
            found = re.match(r"^(?:rediss?|(?:py)?amqp)://(?:[^@/]*@)?([^:/?]*)", keyword.value.value)
            return found.group(1) if found else None
    return None


def called(node):
    return dotted(node).split(".")[-1]


def makes(function, makers):
    """Whether a function returns one that it has made."""
    parts = list(ast.walk(function))
    made = any(isinstance(one, ast.Call) and called(one.func) in makers for one in parts)
    return made and any(isinstance(one, ast.Return) and one.value is not None for one in parts)


def has_schedule(text):
    return re.search(r"\bbeat_schedule\b|CELERY_?BEAT_SCHEDULE\b|add_periodic_task|CELERYBEAT_SCHEDULE", text) is not None


def celery_environment(source):
    """What the statements of such a module take from the environment."""
    readers = Readers()
    readers.learn_imports(source.tree)
    readers.learn(source.tree)
    found = EnvironmentReads(source, readers, {})
    for node in source.tree.body:
        if isinstance(node, ast.Assign):
            try:
                found.visit(node)
            except RecursionError:
                continue
    return once(found.reads)
