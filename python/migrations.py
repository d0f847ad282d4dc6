"""Tells which migrations are applied and which are not, and what of the latter the release that runs now could not live with.

Runs in a release's virtualenv (Python 3.8 or newer) in the folder with manage.py, after django.setup() is possible. Changes nothing.
Prints a marker line and one line of JSON: `{"applied": [...], "pending": [...], "risks": [{migration, operation, kind, subject}], "hooks": true or false,
"unmade": [...], "bare": [{label, folder}], "changed": [...], "extensions": [...]}`,
`hooks` being whether somebody besides Django waits for `migrate`, even where it has nothing to do, `unmade` the project's own apps that
have models without a table and no migrations at all, `bare` those that have models and no migrations, with or without tables, and `changed` those whose models have changes that no migration has,
and `extensions` what the migrations ahead make of PostgreSQL's:
the type `MigrationState` of src/django/migrations/migrations.ts. `kind` is one of

- removed, renamed: the running code still asks for the column or table;
- required: a new column that must have a value, which the running code's INSERT does not give (Django takes the default of the
  migration away again, unless it is a db_default);
- tightened: a column that may no longer be NULL;
- retyped: the table is written anew under a lock;
- indexed: an index or a constraint is built under a lock, and writers wait;
- unread: SQL or Python of the project's own, or an operation that is not Django's, which nobody has looked at.
"""

import json
import os
import re
import sys
import traceback
import weakref

MARKER = "--- roadie migrations ---"
EXTENSION = re.compile(r"CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?([A-Za-z_][A-Za-z0-9_-]*)\"?", re.IGNORECASE)


def nullable(field):
    return field.null or getattr(field, "many_to_many", False) or field.primary_key


def has_database_default(field):
    check = getattr(field, "has_db_default", None)
    return bool(check and check())


def column_type(field, connection):
    try:
        return field.db_type(connection)
    except Exception:
        return None


def column_name(field, name):
    if getattr(field, "many_to_many", False):
        return None
    return field.db_column or (name + "_id" if field.is_relation else name)


def known_name(operation):
    """The name of Django's own operation that this is or stands on; None where it is quick whatever it does, as those of
    PostgreSQL that build without a lock. An operation that somebody else made from nothing is `Operation`."""
    for kind in type(operation).__mro__:
        if kind.__module__.startswith("django.contrib."):
            return None
        if kind.__module__.startswith("django.db.migrations."):
            return kind.__name__
    return "Operation"


def model_name(operation):
    for attribute in ("model_name", "old_name", "name"):
        if getattr(operation, attribute, None):
            return str(getattr(operation, attribute))
    return ""


def kinds(operation, app, state, connection, created):
    """The risks of one operation, given the state before it, as pairs of kind and subject."""
    name = known_name(operation)
    if name == "CreateModel":
        created.add((app, operation.name.lower()))
        return []
    if name == "SeparateDatabaseAndState":
        return [one for inner in operation.database_operations for one in kinds(inner, app, state, connection, created)]
    if name == "RunSQL":
        return [("unread", app)] if operation.sql else []
    if name == "RunPython":
        return [] if operation.code is type(operation).noop else [("unread", app)]
    if name == "Operation":
        return [("unread", app)]
    model = model_name(operation)
    table = (app, model.lower())
    if table in created:
        if name == "RenameModel":
            created.add((app, operation.new_name.lower()))
        return []
    judge = JUDGES.get(name)
    before = state.models.get(table)
    if judge is None or before is None or before.options.get("managed") is False:
        return []
    return judge(operation, "%s.%s" % (app, model), before, connection)


def alter_field(operation, subject, model, connection):
    # Django before 3.1 has a list of pairs.
    before, after = dict(model.fields).get(operation.name), operation.field
    if before is None:
        return []
    subject = "%s.%s" % (subject, operation.name)
    found = []
    if column_name(before, operation.name) != column_name(after, operation.name):
        found.append(("renamed", subject))
    if nullable(before) and not nullable(after):
        found.append(("tightened", subject))
    # A field that points elsewhere has its type from there: it can be told only for those that stand alone.
    if not before.is_relation and not after.is_relation:
        if column_type(before, connection) != column_type(after, connection):
            found.append(("retyped", subject))
        elif (after.unique and not before.unique) or (after.db_index and not before.db_index):
            found.append(("indexed", subject))
    return found


def add_field(operation, subject, model, connection):
    field, subject = operation.field, "%s.%s" % (subject, operation.name)
    if getattr(field, "generated", False):
        return [("retyped", subject)] if getattr(field, "db_persist", False) else []
    return [] if nullable(field) or has_database_default(field) else [("required", subject)]


def rename_field(operation, subject, model, connection):
    field = dict(model.fields).get(operation.old_name)
    same = field is not None and column_name(field, operation.old_name) == column_name(field, operation.new_name)
    return [] if same else [("renamed", "%s.%s" % (subject, operation.old_name))]


def alter_table(operation, subject, model, connection):
    usual = subject.replace(".", "_").lower()
    same = (operation.table or usual) == (model.options.get("db_table") or usual)
    return [] if same else [("renamed", subject)]


def alter_together(operation, subject, model, connection):
    more = set(operation.option_value or ()) - set(model.options.get(operation.option_name) or ())
    return [("indexed", subject)] if more else []


def alter_order(operation, subject, model, connection):
    had, has = bool(model.options.get("order_with_respect_to")), bool(operation.order_with_respect_to)
    return [] if had == has else [("required" if has else "removed", subject + "._order")]


# By the names of Django's operations. One that is not here takes nothing away and is quick.
JUDGES = {
    "DeleteModel": lambda operation, subject, model, connection: [("removed", subject)],
    "RemoveField": lambda operation, subject, model, connection: [("removed", "%s.%s" % (subject, operation.name))],
    "RenameField": rename_field,
    # With a table name of its own a model keeps its table.
    "RenameModel": lambda operation, subject, model, connection: [] if model.options.get("db_table") else [("renamed", subject)],
    "AlterModelTable": alter_table,
    "AddField": add_field,
    "AlterField": alter_field,
    "AddIndex": lambda operation, subject, model, connection: [("indexed", subject)],
    "AddConstraint": lambda operation, subject, model, connection: [("indexed", subject)],
    "AlterUniqueTogether": alter_together,
    "AlterIndexTogether": alter_together,
    "AlterOrderWithRespectTo": alter_order,
}


def has_hooks():
    """Whether code that is not Django's own is called before or after each `migrate`. Where that cannot be told, yes."""
    from django.db.models.signals import post_migrate, pre_migrate

    for signal in (pre_migrate, post_migrate):
        for entry in signal.receivers:
            receiver = entry[1]() if isinstance(entry[1], weakref.ReferenceType) else entry[1]
            if receiver is not None and not str(getattr(receiver, "__module__", "")).startswith("django."):
                return True
    return False


def is_own(path):
    """Whether an app lies in the project and not among the installed packages."""
    path = os.path.realpath(path)
    return "site-packages" not in path and path.startswith(os.path.realpath(os.getcwd()) + os.sep)


def unmade(connection, loader):
    """The project's own apps that have models whose tables no migration makes."""
    from django.apps import apps
    from django.db import router

    tables = set(connection.introspection.table_names())

    def lacks_table(model):
        options = model._meta
        return options.managed and not options.proxy and not options.swapped and options.db_table not in tables and router.allow_migrate_model(connection.alias, model)

    own = [one for one in apps.get_app_configs() if not has_migrations(one.label, loader) and is_own(one.path)]
    return sorted(one.label for one in own if any(lacks_table(model) for model in one.get_models()))


def has_migrations(label, loader):
    """A package with nothing in it is none: many repositories ignore all but its `__init__.py`."""
    return any(app == label for app, _ in loader.disk_migrations)


def bare(loader):
    """The project's own apps that have models and no migrations, with the folder where those would be, relative to the one with manage.py."""
    from django.apps import apps

    found = []
    for one in apps.get_app_configs():
        named = loader.migrations_module(one.label)[1]
        if named or has_migrations(one.label, loader) or not is_own(one.path):
            continue
        if any(model._meta.managed and not model._meta.proxy for model in one.get_models()):
            folder = os.path.relpath(os.path.realpath(one.path), os.path.realpath(os.getcwd()))
            found.append({"label": one.label, "folder": os.path.join(folder, "migrations")})
    return sorted(found, key=lambda one: one["label"])


def changed(loader):
    """The project's own apps whose models have changes that none of their migrations has: what `makemigrations --check` says of them."""
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.state import ProjectState

    found = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(graph=loader.graph)
    return sorted(label for label in found if has_migrations(label, loader) and is_own(apps.get_app_config(label).path))


def extensions(connection, plan):
    """Extensions of PostgreSQL that the migrations ahead make: only the server's administrator may make most of them."""
    if connection.vendor != "postgresql":
        return []
    found = ["postgis"] if "postgis" in connection.settings_dict.get("ENGINE", "") else []

    def walk(operation):
        for inner in getattr(operation, "database_operations", None) or []:
            walk(inner)
        if any(kind.__name__ == "CreateExtension" for kind in type(operation).__mro__):
            found.append(str(operation.name))
        sql = getattr(operation, "sql", None)
        for one in sql if isinstance(sql, (list, tuple)) else [sql]:
            text = one[0] if isinstance(one, (list, tuple)) and one else one
            found.extend(EXTENSION.findall(text) if isinstance(text, str) else [])

    for migration, _ in plan:
        for operation in migration.operations:
            walk(operation)
    return sorted(set(found))


def attempt(question, *arguments):
    """What cannot be told is not said: the migrations themselves matter more."""
    try:
        return question(*arguments)
    except Exception:
        traceback.print_exc()
        return []


def tell():
    import django

    django.setup()
    from django.db import DEFAULT_DB_ALIAS, connections
    from django.db.migrations.executor import MigrationExecutor

    connection = connections[DEFAULT_DB_ALIAS]
    executor = MigrationExecutor(connection)
    applied = sorted("%s.%s" % key for key in executor.loader.applied_migrations)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    risks = []
    created = set()
    # What was squashed since, or belongs to an app that is gone, is written down as applied and known to nobody.
    known = [key for key in executor.loader.applied_migrations if key in executor.loader.graph.nodes]
    state = executor.loader.project_state(known) if applied else None
    for migration, _ in plan if applied else []:
        for operation in migration.operations:
            for kind, subject in kinds(operation, migration.app_label, state, connection, created):
                risks.append({"migration": "%s.%s" % (migration.app_label, migration.name), "operation": operation.describe(), "kind": kind, "subject": subject})
            operation.state_forwards(migration.app_label, state)
    return {"applied": applied, "pending": ["%s.%s" % (migration.app_label, migration.name) for migration, _ in plan], "risks": risks, "hooks": has_hooks(), "unmade": attempt(unmade, connection, executor.loader), "bare": attempt(bare, executor.loader), "changed": attempt(changed, executor.loader), "extensions": attempt(extensions, connection, plan)}


def main():
    out, sys.stdout = sys.stdout, sys.stderr
    sys.path.insert(0, "")
    answer = tell()
    out.write("\n%s\n%s\n" % (MARKER, json.dumps(answer)))


if __name__ == "__main__":
    main()
