"""Settings that are classes of pydantic-settings: each field is a variable."""

import ast

from casts import of_annotation
from values import UNKNOWN, constant, dotted, index, literal, shown

CONFIGS = ("SettingsConfigDict", "ConfigDict", "dict")


class PydanticClasses:
    """Collects such classes and the calls that make them, over all modules that the settings take in."""

    def __init__(self):
        # By name: where each is, and what it says of itself.
        self.classes = {}
        # The words of each call by the class's name, and whether it happens whatever the circumstances.
        self.calls = {}

    def learn(self, source):
        if "BaseSettings" not in source.text and not self.classes:
            return
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                self.classes.setdefault(node.name, (source, node))
            elif isinstance(node, ast.Call):
                name = dotted(node.func).split(".")[-1]
                words = {word.arg for word in node.keywords if word.arg}
                if not node.args:
                    self.calls.setdefault(name, (words, False))
                for word in node.keywords:
                    if word.arg == "default_factory":
                        self.calls.setdefault(dotted(word.value).split(".")[-1], (set(), False))
        for node in source.tree.body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call) and not node.value.args:
                words = {word.arg for word in node.value.keywords if word.arg}
                self.calls[dotted(node.value.func).split(".")[-1]] = (words, True)

    def reads(self):
        """What the classes that are made take from the environment."""
        found = []
        for name, (words, certain) in self.calls.items():
            if name in self.classes and self.is_settings(name, set()):
                config = self.config(name, set())
                found += self.fields(name, config, config.get("env_prefix", ""), words, certain, 0)
        return found

    def bases(self, name):
        return [dotted(base).split(".")[-1] for base in self.classes[name][1].bases] if name in self.classes else []

    def is_settings(self, name, seen):
        if name in seen:
            return False
        seen.add(name)
        return any(base == "BaseSettings" or self.is_settings(base, seen) for base in self.bases(name))

    def config(self, name, seen):
        """`model_config = SettingsConfigDict(…)` and `class Config:`, those of the bases first."""
        found = {}
        if name not in self.classes or name in seen:
            return found
        for base in reversed(self.bases(name)):
            found.update(self.config(base, seen | {name}))
        for node in self.classes[name][1].body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "model_config":
                if isinstance(node.value, ast.Call) and dotted(node.value.func).split(".")[-1] in CONFIGS:
                    found.update({word.arg: constant(word.value) for word in node.value.keywords if word.arg})
                elif isinstance(node.value, ast.Dict):
                    found.update(literal(node.value, {}))
            elif isinstance(node, ast.ClassDef) and node.name == "Config":
                found.update({one.targets[0].id: constant(one.value) for one in node.body if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)})
        return {key: value for key, value in found.items() if isinstance(value, (str, bool))}

    def fields(self, name, config, prefix, given, certain, level):
        found = []
        for base in reversed(self.bases(name)):
            if base in self.classes and level < 8:
                found += self.fields(base, config, prefix, given, certain, level + 1)
        source, node = self.classes[name]
        for one in node.body:
            if not (isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)) or one.target.id.startswith("_") or one.target.id == "model_config":
                continue
            if "ClassVar" in ast.dump(one.annotation) or one.target.id in given:
                continue
            found = [read for read in found if read["field"] != one.target.id] + self.field(source, one, config, prefix, certain, level)
        return found

    def field(self, source, node, config, prefix, certain, level):
        words = {}
        default = node.value
        if isinstance(default, ast.Call) and dotted(default.func).split(".")[-1] == "Field":
            words = {word.arg: word.value for word in default.keywords if word.arg}
            default = words.get("default", words.get("default_factory", default.args[0] if default.args else None))
        if isinstance(default, ast.Constant) and default.value is Ellipsis:
            default = None
        inner = nested(node.annotation)
        delimiter = config.get("env_nested_delimiter")
        if inner in self.classes and self.is_settings(inner, set()):
            return []
        if inner in self.classes and isinstance(delimiter, str) and level < 8:
            return self.fields(inner, config, prefix + node.target.id + delimiter, set(), certain and default is None, level + 1)
        alias = first_text(words.get("validation_alias", words.get("alias", words.get("env"))))
        name = (alias or prefix + node.target.id).upper()
        cast = of_annotation(node.annotation) or (("json", None) if inner in self.classes else None)
        value = literal(default, {}) if default is not None and "default_factory" not in words else UNKNOWN
        return [{
            "name": name, "reader": "pydantic", "required": default is None, "certain": default is None and certain and "secrets_dir" not in config,
            "fallback": shown(value) if value is not UNKNOWN else None, "choices": [], "cast": cast and cast[0], "separator": cast and cast[1],
            "file": source.file, "line": node.lineno, "field": node.target.id,
        }]


def nested(annotation):
    """The class that a field's type names, itself or as one that may be missing."""
    if isinstance(annotation, ast.Subscript):
        return nested(index(annotation))
    if isinstance(annotation, ast.BinOp):
        return nested(annotation.left)
    return dotted(annotation).split(".")[-1]


def first_text(node):
    """The first name of an alias: `"X"`, `AliasChoices("X", "Y")`, `["X", "Y"]`."""
    if node is None:
        return None
    return next((part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)), None)
