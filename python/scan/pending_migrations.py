"""Tells what of migrations that are not applied yet the running release could not live with, without running any of them.

Usage: python3 -I -B pending_migrations.py FOLDER APP/migrations/NAME.py ...   (Python 3.8 or newer, standard library only)
Prints one line of JSON: a list of the type `MigrationRisk` of src/django/migrations/migrations.ts. It sees less than migrations.py does with Django
itself: names of columns and tables are taken for what they usually are, and types are compared by the names of their fields.
"""

import ast
import json
import os
import sys

MAX_SOURCE = 1024 * 1024
# The parameters of Django's operations that count here, in their order.
PARAMETERS = {
    "CreateModel": ("name", "fields", "options"),
    "DeleteModel": ("name",),
    "RenameModel": ("old_name", "new_name"),
    "AlterModelTable": ("name", "table"),
    "AddField": ("model_name", "name", "field"),
    "AlterField": ("model_name", "name", "field"),
    "RemoveField": ("model_name", "name"),
    "RenameField": ("model_name", "old_name", "new_name"),
    "AlterOrderWithRespectTo": ("name", "order_with_respect_to"),
    "SeparateDatabaseAndState": ("database_operations", "state_operations"),
}


def calls(node):
    """Of a list of operations those that are calls by name: the name, and the arguments by theirs."""
    for one in node.elts if isinstance(node, (ast.List, ast.Tuple)) else []:
        function = one.func if isinstance(one, ast.Call) else None
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
        if name in PARAMETERS:
            given = dict(zip(PARAMETERS[name], one.args))
            given.update((keyword.arg, keyword.value) for keyword in one.keywords if keyword.arg)
            yield name, given


def text(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def is_true(node):
    return isinstance(node, ast.Constant) and node.value is True


class Field:
    """A field as a migration spells it."""

    def __init__(self, node):
        function = node.func if isinstance(node, ast.Call) else None
        self.kind = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        given = {keyword.arg: keyword.value for keyword in node.keywords} if isinstance(node, ast.Call) else {}
        self.nullable = is_true(given.get("null")) or is_true(given.get("primary_key")) or self.kind == "ManyToManyField"
        self.has_value = "db_default" in given or self.kind == "GeneratedField"
        self.column = text(given.get("db_column"))


class App:
    """The migrations of one app, read in the order of their names: what is known of its fields before the next one."""

    def __init__(self, label):
        self.label = label
        self.fields = {}
        self.tables = set()
        # Tables that the pending migrations make themselves.
        self.created = set()

    def remember(self, operations, pending):
        for name, given in operations:
            model = text(given.get("model_name") or given.get("name")).lower()
            if name == "CreateModel":
                if pending:
                    self.created.add(model)
                if any(text(key) == "db_table" for key in getattr(given.get("options"), "keys", [])):
                    self.tables.add(model)
                for pair in getattr(given.get("fields"), "elts", []):
                    if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
                        self.fields[model, text(pair.elts[0])] = Field(pair.elts[1])
            elif name in ("AddField", "AlterField"):
                self.fields[model, text(given.get("name"))] = Field(given.get("field"))
            elif name == "RenameField":
                self.fields[model, text(given.get("new_name"))] = self.fields.get((model, text(given.get("old_name"))))

    def risks(self, operations):
        """Triples of kind, subject and what is done, each judged before it is remembered."""
        for name, given in operations:
            if name == "SeparateDatabaseAndState":
                yield from self.risks(calls(given.get("database_operations")))
                self.remember(calls(given.get("state_operations")), True)
                continue
            model = text(given.get("model_name") or given.get("old_name") or given.get("name"))
            if model and model.lower() not in self.created:
                yield from self.judge(name, model, given)
            self.remember([(name, given)], True)

    def judge(self, name, model, given):
        subject = "%s.%s" % (self.label, model)
        field = text(given.get("old_name" if name == "RenameField" else "name"))
        one = "%s.%s" % (subject, field)
        before = self.fields.get((model.lower(), field))
        after = Field(given.get("field"))
        if name == "DeleteModel":
            yield "removed", subject, "Delete model %s" % model
        elif name == "RemoveField" and not (before and before.kind == "ManyToManyField"):
            yield "removed", one, "Remove field %s from %s" % (field, model)
        elif name == "RenameField" and not (before and before.column):
            yield "renamed", one, "Rename field %s on %s to %s" % (field, model, text(given.get("new_name")))
        elif name == "RenameModel" and model.lower() not in self.tables:
            yield "renamed", subject, "Rename model %s to %s" % (model, text(given.get("new_name")))
        elif name == "AlterModelTable":
            yield "renamed", subject, "Rename table for %s" % model
        elif name == "AddField" and not (after.nullable or after.has_value):
            yield "required", one, "Add field %s to %s" % (field, model)
        elif name == "AlterOrderWithRespectTo" and text(given.get("order_with_respect_to")):
            yield "required", subject + "._order", "Order %s" % model
        elif name == "AlterField" and before:
            if (before.column or field) != (after.column or field):
                yield "renamed", one, "Alter field %s on %s" % (field, model)
            if before.nullable and not after.nullable:
                yield "tightened", one, "Alter field %s on %s" % (field, model)
            if before.kind != after.kind:
                yield "retyped", one, "Alter field %s on %s" % (field, model)


def operations_of(path):
    """The operations of a migration's file; none where it cannot be read or is no migration."""
    # A pipe would never end.
    if os.path.islink(path) or not os.path.isfile(path):
        return []
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read(MAX_SOURCE))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == "Migration":
            for line in node.body:
                if isinstance(line, ast.Assign) and any(getattr(target, "id", None) == "operations" for target in line.targets):
                    return list(calls(line.value))
    return []


def tell(folder, pending):
    found = []
    for place in sorted({os.path.dirname(path) for path in pending}):
        app = App(os.path.basename(os.path.dirname(place)))
        for name in sorted(os.listdir(os.path.join(folder, place))):
            path = "%s/%s" % (place, name)
            if not name.endswith(".py"):
                continue
            operations = operations_of(os.path.join(folder, path))
            if path not in pending:
                app.remember(operations, False)
                continue
            migration = "%s.%s" % (app.label, name[: -len(".py")])
            for kind, subject, what in app.risks(operations):
                found.append({"migration": migration, "operation": what, "kind": kind, "subject": subject})
    return found


if __name__ == "__main__":
    print(json.dumps(tell(sys.argv[1], set(sys.argv[2:]))))
