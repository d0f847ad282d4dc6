"""Changes a few Django settings of the project in this virtualenv from outside, after the project's own code has set them, and has
its database connections survive a restart of the server (``roadie_database``).

The interpreter imports this module at start (``roadie_overlay.pth``). The settings stand in ``overlay.json`` beside the
virtualenv; without that file nothing happens. Whatever goes wrong here is told on standard error and never stops a program.
"""

import copy
import json
import os
import sys

_MARK = "_roadie_overlay"

# What is run on each new connection, by database alias, where Django has no option for it. The probe reads it.
pragmas = {}


def _complain(what, error):
    sys.stderr.write("roadie overlay: %s: %s: %s\n" % (what, type(error).__name__, error))


def _load():
    path = os.path.join(os.path.dirname(sys.prefix), "overlay.json")
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        if found.get("secrets"):
            # In a container: the file is in the image, and only names what is secret.
            from roadie_secrets import fill_in

            fill_in(found)
        return found if found.get("overrides") or found.get("database") or found.get("celery") else None
    except FileNotFoundError:
        return None
    except Exception as error:
        _complain("cannot read %s" % path, error)
        return None


def _merge(target, changes):
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = copy.deepcopy(value)


def _set(settings, path, value):
    """Sets what a path names in a dictionary of settings; dictionaries on the way that are missing are made."""
    holder = settings
    for step in path[:-1]:
        if isinstance(holder, list):
            holder = holder[int(step)]
            continue
        if not isinstance(holder.get(step), (dict, list)):
            # A tuple becomes a list, so that a place in it can be set.
            holder[step] = list(holder[step]) if isinstance(holder.get(step), tuple) else {}
        holder = holder[step]
    last = int(path[-1]) if isinstance(holder, list) else path[-1]
    if isinstance(value, dict) and set(value) == {"merge"}:
        if not isinstance(holder, list) and not isinstance(holder.get(last), dict):
            holder[last] = {}
        _merge(holder[last], value["merge"])
    elif isinstance(value, dict) and set(value) == {"merge", "without"}:
        known = holder[last] if isinstance(holder, list) else holder.get(last)
        holder[last] = {key: one for key, one in (known if isinstance(known, dict) else {}).items() if key not in value["without"]}
        _merge(holder[last], value["merge"])
    elif isinstance(value, dict) and set(value) == {"append"}:
        known = list((holder[last] if isinstance(holder, list) else holder.get(last)) or [])
        holder[last] = known + [one for one in copy.deepcopy(value["append"]) if one not in known]
    elif isinstance(value, dict) and set(value) == {"systemUser"}:
        holder[last] = _system_user()
    elif len(path) == 1 and isinstance(value, str) and isinstance(holder.get(last), os.PathLike):
        # The project's own code goes on with it: `settings.STATIC_ROOT / "css"`.
        holder[last] = type(holder[last])(value)
    else:
        holder[last] = copy.deepcopy(value)


def _system_user():
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def _older_sqlite(settings):
    """Django before 5.1 knows neither init_command nor transaction_mode for SQLite: run the pragmas on each new connection."""
    import django

    if django.VERSION >= (5, 1):
        return
    for alias, database in settings.get("DATABASES", {}).items():
        options = database.get("OPTIONS")
        if "sqlite" not in str(database.get("ENGINE")) or not isinstance(options, dict):
            continue
        options.pop("transaction_mode", None)
        command = options.pop("init_command", None)
        if command:
            pragmas[alias] = command
    if not pragmas:
        return
    from django.db.backends.signals import connection_created

    def run_pragmas(connection, **_):
        command = pragmas.get(connection.alias)
        if command:
            connection.connection.executescript(command)

    connection_created.connect(run_pragmas, weak=False, dispatch_uid="roadie_overlay")


def _statements():
    """Runs what ROADIE_ON_CONNECTION names, by vendor, on each new connection."""
    wanted = json.loads(os.environ.get("ROADIE_ON_CONNECTION") or "{}")
    if not wanted:
        return
    from django.db.backends.signals import connection_created

    def run_statement(connection, **_):
        statement = wanted.get(connection.vendor)
        if statement:
            with connection.connection.cursor() as cursor:
                cursor.execute(statement)

    connection_created.connect(run_statement, weak=False, dispatch_uid="roadie_statements")


def apply(settings, overrides):
    """Applies all overrides to a dictionary of settings and returns the names of the top-level ones that changed."""
    changed = []
    for override in overrides:
        try:
            _set(settings, override["path"], override["value"])
            changed.append(override["path"][0])
        except Exception as error:
            _complain("cannot set %s" % ".".join(map(str, override.get("path", ["?"]))), error)
    try:
        _older_sqlite(settings)
    except Exception as error:
        _complain("cannot prepare SQLite", error)
    try:
        _statements()
    except Exception as error:
        _complain("cannot prepare connections", error)
    return changed


class _DriverFinder:
    """Stands last: where nothing else is called MySQLdb, Django's MySQL backend gets PyMySQL under that name."""

    def find_spec(self, name, path=None, target=None):
        if name != "MySQLdb":
            return None
        from importlib.machinery import ModuleSpec
        from importlib.util import find_spec

        return ModuleSpec(name, self, is_package=True) if find_spec("pymysql") else None

    def create_module(self, spec):
        import pymysql

        # Django asks for a version of mysqlclient: this is the one whose interface PyMySQL has.
        if tuple(pymysql.version_info[:3]) < (2, 2, 1):
            pymysql.version_info = (2, 2, 1, "final", 0)
        pymysql.install_as_MySQLdb()
        self._spec = pymysql.__spec__
        return pymysql

    def exec_module(self, module):
        module.__spec__ = self._spec


class _Loader:
    """The project's own loader, with something to do once the module has run."""

    def __init__(self, wrapped, after):
        self._wrapped = wrapped
        self._after = after

    def create_module(self, spec):
        return self._wrapped.create_module(spec)

    def exec_module(self, module):
        # What others find on the module must be the loader that knows its source.
        module.__loader__ = self._wrapped
        if getattr(module, "__spec__", None) is not None:
            module.__spec__.loader = self._wrapped
        self._wrapped.exec_module(module)
        try:
            self._after(module)
        except Exception as error:
            _complain("cannot change %s" % module.__name__, error)

    def __getattr__(self, name):
        return getattr(self._wrapped, name)


class _Finder:
    """
    Waits for the settings module, for django.conf because settings that are a class never pass through a module, and for what all
    database backends come from; and for Celery, whose applications may name a broker themselves.
    """

    def __init__(self, overlay):
        self._overlay = overlay
        self._busy = set()

    def find_spec(self, name, path=None, target=None):
        if name in self._busy:
            return None
        if name == "django.db.backends.base.base":
            after = self._database
        elif name in ("celery.app.utils", "celery.app.base"):
            if not self._overlay.get("celery"):
                return None
            after = self._celery
        elif not self._overlay.get("overrides"):
            return None
        elif name == "django.conf":
            after = self._django
        elif name == os.environ.get("DJANGO_SETTINGS_MODULE") or name == self._overlay.get("settings"):
            after = self._settings
        else:
            return None
        self._busy.add(name)
        try:
            for finder in sys.meta_path:
                find = getattr(finder, "find_spec", None)
                spec = find(name, path, target) if finder is not self and find else None
                if spec is not None:
                    break
            else:
                return None
        finally:
            self._busy.discard(name)
        if spec.loader is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader, after)
        return spec

    def _settings(self, module):
        names = vars(module)
        # Settings that are a class are not on the module yet: django.conf gets them.
        if not any(name.isupper() for name in names) or "Configuration" in names and "SECRET_KEY" not in names:
            return
        changed = apply(names, self._overlay["overrides"])
        names[_MARK] = True
        # Dynaconf has put an object of its own into django.conf's place by now, with copies of the values.
        instead = names.get("DYNACONF")
        if callable(getattr(instead, "set", None)):
            for name in changed:
                instead.set(name, names[name])

    def _django(self, module):
        overrides = self._overlay["overrides"]
        original = module.Settings.__init__

        def __init__(settings, settings_module):
            original(settings, settings_module)
            try:
                if getattr(sys.modules.get(settings_module), _MARK, False):
                    return
                changed = apply(vars(settings), overrides)
                explicit = getattr(settings, "_explicit_settings", None)
                if explicit is not None:
                    explicit.update(changed)
            except Exception as error:
                _complain("cannot change %s" % settings_module, error)

        module.Settings.__init__ = __init__

    def _celery(self, module):
        import roadie_celery

        lead = roadie_celery.lead_application if module.__name__ == "celery.app.base" else roadie_celery.lead_settings
        lead(module, self._overlay["celery"]["url"])

    def _database(self, module):
        wait_seconds = (self._overlay.get("database") or {}).get("wait_seconds", 0)
        if wait_seconds <= 0:
            return
        import roadie_database
        from django.db import utils
        from django.db.backends.utils import CursorWrapper

        errors = (utils.OperationalError, utils.InterfaceError)
        roadie_database.install(module.BaseDatabaseWrapper, CursorWrapper, errors, wait_seconds)


def install():
    """Puts the finder in place, once, where there is an overlay."""
    if any(type(finder).__name__ == "_Finder" and type(finder).__module__ == __name__ for finder in sys.meta_path):
        return
    overlay = _load()
    if overlay is not None:
        sys.meta_path.insert(0, _Finder(overlay))
        sys.meta_path.append(_DriverFinder())


try:
    install()
except Exception as error:
    _complain("cannot start", error)
