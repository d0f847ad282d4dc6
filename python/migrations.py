"""Tells which migrations are applied and which are not, and what of the latter the release that runs now could not live with.

Runs in a release's virtualenv (Python 3.8 or newer) in the folder with manage.py, after django.setup() is possible. Changes nothing.
Prints a marker line and one line of JSON: `{"applied": [...], "pending": [...], "risks": [{migration, operation, kind, subject}], "hooks": true or false}`,
`hooks` being whether somebody besides Django waits for `migrate`, even where it has nothing to do:
the type `MigrationState` of src/django/migrations.ts. `kind` is one of

- removed, renamed: the running code still asks for the column or table;
- required: a new column that must have a value, which the running code's INSERT does not give (Django takes the default of the
  migration away again, unless it is a db_default);
- tightened: a column that may no longer be NULL;
- retyped: the table is written anew under a lock;
- indexed: an index or a constraint is built under a lock, and writers wait;
- unread: SQL or Python of the project's own, which nobody has looked at.
"""

import json
import sys
import weakref

MARKER = "--- roadie migrations ---"


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


def kinds(operation, app, state, connection, created):
    """The risks of one operation, given the state before it, as pairs of kind and subject."""
    name = type(operation).__name__
    model = getattr(operation, "model_name", None) or getattr(operation, "name", "")
    table = (app, str(model).lower())
    subject = "%s.%s" % (app, model)
    field_name = getattr(operation, "name", "")
    if name in ("CreateModel",):
        created.add((app, operation.name.lower()))
        return []
    if name == "SeparateDatabaseAndState":
        return [one for inner in operation.database_operations for one in kinds(inner, app, state, connection, created)]
    if table in created:
        return []
    if name == "DeleteModel":
        return [("removed", subject)]
    if name == "RemoveField":
        return [("removed", "%s.%s" % (subject, field_name))]
    if name == "RenameField":
        return [("renamed", "%s.%s" % (subject, operation.old_name))]
    if name == "RenameModel":
        return [("renamed", "%s.%s" % (app, operation.old_name))]
    if name == "AlterModelTable":
        return [("renamed", subject)]
    if name == "AddField":
        field = operation.field
        return [] if nullable(field) or has_database_default(field) else [("required", "%s.%s" % (subject, field_name))]
    if name == "AlterField":
        try:
            before = state.models[table].fields[field_name]
        except (KeyError, TypeError):
            return []
        found = []
        if nullable(before) and not nullable(operation.field):
            found.append(("tightened", "%s.%s" % (subject, field_name)))
        # A field that points elsewhere has its type from there: it can be told only for those that stand alone.
        if not before.is_relation and not operation.field.is_relation and column_type(before, connection) != column_type(operation.field, connection):
            found.append(("retyped", "%s.%s" % (subject, field_name)))
        return found
    if name in ("AddIndex", "AddConstraint"):
        return [("indexed", subject)]
    if name in ("RunSQL", "RunPython"):
        return [("unread", app)]
    return []


def has_hooks():
    """Whether code that is not Django's own is called before or after each `migrate`. Where that cannot be told, yes."""
    from django.db.models.signals import post_migrate, pre_migrate

    for signal in (pre_migrate, post_migrate):
        for entry in signal.receivers:
            receiver = entry[1]() if isinstance(entry[1], weakref.ReferenceType) else entry[1]
            if receiver is not None and not str(getattr(receiver, "__module__", "")).startswith("django."):
                return True
    return False


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
    state = executor.loader.project_state(list(executor.loader.applied_migrations)) if applied else None
    for migration, _ in plan if applied else []:
        for operation in migration.operations:
            for kind, subject in kinds(operation, migration.app_label, state, connection, created):
                risks.append({"migration": "%s.%s" % (migration.app_label, migration.name), "operation": operation.describe(), "kind": kind, "subject": subject})
            operation.state_forwards(migration.app_label, state)
    return {"applied": applied, "pending": ["%s.%s" % (migration.app_label, migration.name) for migration, _ in plan], "risks": risks, "hooks": has_hooks()}


def main():
    out, sys.stdout = sys.stdout, sys.stderr
    sys.path.insert(0, "")
    answer = tell()
    out.write("\n%s\n%s\n" % (MARKER, json.dumps(answer)))


if __name__ == "__main__":
    main()
