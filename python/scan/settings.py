"""A settings module with everything that it imports: `from .base import *`, django-split-settings, helpers."""

import ast
import os
import re

from assignments import Assignments
from dynaconf_objects import django_reads
from environment_helpers import constants_of
from environment_readers import Readers
from environment_reads import EnvironmentReads, once
from import_folders import module_name
from missing_imports import missing_imports
from pydantic_classes import PydanticClasses
from setting_paths import SettingPaths
from values import constant, dotted


def looks_like_settings(file, text):
    """By its words or its name."""
    if re.search(r"^(ROOT_URLCONF|INSTALLED_APPS)\b", text, re.MULTILINE):
        return True
    if re.search(r"(^|/)(production|prod|live|deploy|heroku)\.py$", file) and re.search(r"^from \S+ import \*", text, re.MULTILINE):
        return True
    return re.search(r"(^|/)settings(/[\w-]+)?\.py$|_settings\.py$|(^|/)settings/[\w/-]+\.py$", file) is not None


def read_settings(project, file, bases, named):
    """The answer about a module that may be settings; None where it is none. `named`: what a program calls it."""
    if file in project.errors or project.source(file) is None:
        return None
    try:
        found = Settings(project, file, bases, named)
    except RecursionError:
        project.errors[file] = {"file": file, "line": 1, "column": 1, "message": "too deeply nested", "text": ""}
        return None
    usual = any(name in found.told.assigned for name in ("ROOT_URLCONF", "INSTALLED_APPS", "DATABASES"))
    return found.answer() if usual or found.told.classes or named else None


class Settings:
    """A settings module with its `import *` chain."""

    def __init__(self, project, file, bases, named):
        self.project = project
        self.file = file
        self.bases = bases
        self.named = named
        self.chain = []
        # In how many branches the import stands that is being followed.
        self.branches = 0
        self.reads = []
        self.redis = []
        self.missing = []
        self.urls = []
        self.readers = Readers()
        self.told = Assignments(self.reads)
        self.pydantic = PydanticClasses()
        self.paths = SettingPaths()
        self.load(file, 0)
        self.reads += [{key: value for key, value in read.items() if key != "field"} for read in self.pydantic.reads()]

    def load(self, file, level, unsure=False):
        """Takes in a module; `unsure`: it may not be loaded at all."""
        source = self.project.source(file)
        if source is None or level > 8 or file in self.chain:
            return
        self.readers.learn_imports(source.tree)
        # What the module imports comes first: both its names and its helpers.
        self.imports(source, source.tree.body, level, unsure)
        self.readers.learn(source.tree)
        self.pydantic.learn(source)
        self.told.statements(source, source.tree.body, False)
        self.paths.load(source, unsure)
        found = EnvironmentReads(source, self.readers, self.told.names, unsure)
        for node in source.tree.body:
            found.visit(node)
        for name, place in self.readers.demanded:
            found.add(name, place, "dynaconf", True)
        self.readers.demanded = []
        # In a branch it may never be imported.
        for read in found.reads if self.branches else []:
            read["required"] = False
        self.reads += found.reads + django_reads(source, self.told.assigned)
        self.redis += found.redis
        if not unsure:
            self.missing += missing_imports(self.project, source, [os.path.dirname(file)] + self.bases, {**self.told.names, **found.fallbacks()})
        self.urls += found.urls
        self.chain.append(file)

    def imports(self, source, body, level, unsure=False):
        for node in body:
            if isinstance(node, ast.If) or isinstance(node, ast.Try):
                self.branches += isinstance(node, ast.If)
                self.imports(source, node.body + getattr(node, "orelse", []), level, True)
                self.branches -= isinstance(node, ast.If)
            if isinstance(node, ast.ImportFrom):
                star = any(name.name == "*" for name in node.names)
                target = self.target(source.file, node)
                if star and target:
                    self.load(target, level + 1, unsure)
                elif target or node.level:
                    self.helpers(source.file, node, target, level)
            elif isinstance(node, ast.Import):
                for name in node.names:
                    target = self.project.module(name.name, self.bases)
                    if target:
                        self.helpers(source.file, ast.Import([name]), target, level)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and dotted(node.value.func).split(".")[-1] == "include":
                self.include(source, node.value, level)

    def include(self, source, call, level):
        """django-split-settings: `include("base.py", optional("local/*.py"))`."""
        folder = os.path.dirname(source.file)
        for argument in call.args:
            inner = argument.args[0] if isinstance(argument, ast.Call) and argument.args else argument
            pattern = constant(inner)
            if isinstance(pattern, str):
                wanted = re.compile("^" + re.escape(os.path.normpath(os.path.join(folder, pattern)).replace(os.sep, "/")).replace(r"\*", "[^/]*") + "$")
                for file in self.project.files:
                    if wanted.match(file) and file.endswith(".py"):
                        self.load(file, level + 1, True)

    def target(self, file, node):
        """The file of the module that an import names; None where it is not the project's."""
        if node.level:
            parts = file.split("/")[:-1]
            parts = parts[: len(parts) - (node.level - 1)] if node.level > 1 else parts
            base = "/".join(parts)
            return self.project.module(node.module, [base]) if node.module else self.project.module("__init__", [base])
        return self.project.module(node.module or "", [os.path.dirname(file)] + self.bases if "." not in (node.module or "") else self.bases)

    def helpers(self, file, node, target, level):
        """Functions and Env() objects that the settings import from another module of the project."""
        files = [target] if target else []
        modules = {}
        if isinstance(node, ast.ImportFrom):
            folder = os.path.dirname(target or file) if not node.module or not target or target.endswith("__init__.py") else None
            modules = {} if folder is None else {name.name: (folder + "/" if folder else "") + name.name + ".py" for name in node.names}
            modules = {name: one for name, one in modules.items() if one in self.project.names}
        for one in [*files, *modules.values()]:
            source = self.project.source(one)
            if source is None or one == file or one in self.chain:
                continue
            self.readers.learn_imports(source.tree)
            self.readers.learn(source.tree)
            self.pydantic.learn(source)
            texts = constants_of(source.tree)
            for name in node.names:
                if name.name in texts:
                    self.told.names.setdefault(name.asname or name.name, texts[name.name])
            # `from .env import SECRET_KEY`: a small module that reads the environment itself.
            if level < 4 and re.search(r"environ|getenv|\benv\b|config\(", source.text) and re.search(r"settings|config|conf|env", one):
                found = EnvironmentReads(source, self.readers, {}, True)
                for statement in source.tree.body:
                    found.visit(statement)
                self.reads += [read for read in found.reads if read not in self.reads]
        self.readers.learn_names(node, lambda name: name in modules)

    def made_with(self):
        """The Django that `startproject` says it wrote the settings with: its only trace where nothing is declared."""
        for file in self.chain:
            match = re.search(r"^Generated by 'django-admin startproject' using Django (\d+(?:\.\d+)+)", self.project.source(file).text, re.MULTILINE)
            if match:
                return match.group(1)
        return None

    def answer(self):
        told = self.told
        module, base = module_name(self.file, self.bases, self.named)
        for read in self.reads:
            if "class" in read:
                read["classes"] = [name for name, above in told.ancestors.items() if read["class"] in above]
        return {
            "file": self.file, "module": module, "base": base, "chain": self.chain,
            "installedApps": told.lists["INSTALLED_APPS"], "middleware": told.lists["MIDDLEWARE"],
            "databaseEngines": told.engines, "databaseUrls": self.urls, "cacheBackends": told.caches, "redisUrls": self.redis,
            "madeWith": self.made_with(), "queues": told.queues, "queueSettings": told.queue_settings, "assigned": told.assigned, "classes": told.classes, "missing": self.missing, "environment": once(self.reads),
            "paths": self.paths.found,
        }
