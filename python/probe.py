"""Asks Django about a project: loads its settings as manage.py would, in the environment given, and prints what came of it.

Runs in the project's virtualenv (Python 3.8 or newer), in the folder with manage.py, with DJANGO_SETTINGS_MODULE set. Prints a marker line
and one line of JSON: `{"probe": Probe}` or `{"error": ProbeFailure}`, the types of src/django/facts.ts and src/django/probe/probe.ts,
each with `"writes"`: what the project has made or opened for writing meanwhile, by roadie_writes.
With the argument `settings` it only loads the settings, which decides what is overridden, unless more needs the applications as well:
`commands` and `healthPaths` are empty then. Whatever the project prints goes to standard error.
"""

import json
import os
import re
import runpy
import sys
import traceback

MARKER = "--- roadie probe ---"
HEALTH = re.compile(r"^[\w/-]*\b(healthz?|health[-_]?check|health[-_]?status|ht|livez|readyz|ping|status|up|_health|alive|heartbeat)/?$", re.IGNORECASE)
REDIS = re.compile(r"^(redis|rediss|unix|redis\+socket)://")
SECURITY = [
    "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD", "SECURE_CONTENT_TYPE_NOSNIFF", "SECURE_REFERRER_POLICY",
    "SECURE_CROSS_ORIGIN_OPENER_POLICY", "X_FRAME_OPTIONS", "SECURE_PROXY_SSL_HEADER", "USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT",
]


def text(value):
    return None if value is None else str(value)


def without_password(url):
    return re.sub(r"//[^@/]*@", "//", url)


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def like_manage():
    """Does what manage.py does before Django: changes of sys.path, .env files. The command itself is left out."""
    from django.core import management

    if not os.path.isfile("manage.py"):
        return
    original = management.execute_from_command_line
    arguments = sys.argv
    management.execute_from_command_line = lambda *_: None
    sys.argv = ["manage.py", "check"]
    try:
        runpy.run_path("manage.py", run_name="__main__")
    except SystemExit:
        pass
    finally:
        management.execute_from_command_line = original
        sys.argv = arguments


def key_strength(settings, root):
    try:
        key = str(settings.SECRET_KEY)
    except Exception:
        return "weak"
    if len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-"):
        return "weak"
    # A key that stands in the code is known to all who have the code.
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        if file.startswith(root + os.sep) and file.endswith(".py") and re.search(r"settings|conf|environment|secret", os.path.relpath(file, root)):
            try:
                with open(file, encoding="utf-8", errors="replace") as stream:
                    if key in stream.read():
                        return "weak"
            except OSError:
                continue
    return "strong"


def databases(settings):
    found = {}
    # An older Django has no option for this, and the overlay does it another way.
    pragmas = getattr(sys.modules.get("roadie_overlay"), "pragmas", {})
    for alias, value in (settings.DATABASES or {}).items():
        options = list(value.get("OPTIONS") or {}) + (["init_command"] if alias in pragmas else [])
        found[str(alias)] = {
            "engine": str(value.get("ENGINE") or ""), "name": str(value.get("NAME") or ""), "user": str(value.get("USER") or ""),
            "host": str(value.get("HOST") or ""), "port": str(value.get("PORT") or ""), "options": [str(name) for name in options],
        }
    return found


def caches(settings):
    found = {}
    for alias, value in (settings.CACHES or {}).items():
        location = value.get("LOCATION") or ""
        many = location if isinstance(location, (list, tuple)) else [location]
        found[str(alias)] = {
            "backend": str(value.get("BACKEND") or ""), "location": ",".join(without_password(str(one)) for one in many),
            "options": [str(name) for name in value.get("OPTIONS") or {}],
        }
    return found


def storage(settings, alias, older):
    storages = getattr(settings, "STORAGES", None)
    value = storages.get(alias, {}).get("BACKEND") if isinstance(storages, dict) else getattr(settings, older, None)
    return text(value)


def redis_settings(settings):
    """All addresses of a Redis among the settings, by dotted path."""
    found = {}

    def walk(path, value, depth):
        if isinstance(value, str):
            if REDIS.match(value):
                found[".".join(path)] = without_password(value)
        elif depth < 6 and isinstance(value, dict):
            for key, inner in value.items():
                if isinstance(key, str) and "." not in key:
                    walk(path + [key], inner, depth + 1)
        elif depth < 6 and isinstance(value, (list, tuple)) and len(value) < 20:
            if path[-1] == "hosts" and len(value) and isinstance(value[0], (list, tuple)) and len(value[0]) == 2:
                # channels-redis: [("127.0.0.1", 6379)]
                found[".".join(path + ["0"])] = "redis://%s:%s" % (value[0][0], value[0][1])
                return
            for index, inner in enumerate(value):
                walk(path + [str(index)], inner, depth + 1)

    for name in dir(settings):
        if name.isupper() and name not in ("RQ_QUEUES",):
            try:
                walk([name], getattr(settings, name), 0)
            except Exception:
                continue
    for queue, value in (getattr(settings, "RQ_QUEUES", None) or {}).items():
        if isinstance(value, dict):
            if value.get("URL"):
                found["RQ_QUEUES.%s" % queue] = without_password(str(value["URL"]))
            elif value.get("UNIX_SOCKET_PATH"):
                found["RQ_QUEUES.%s" % queue] = "unix://%s?db=%s" % (value["UNIX_SOCKET_PATH"], value.get("DB") or 0)
            elif "HOST" in value:
                found["RQ_QUEUES.%s" % queue] = "redis://%s:%s/%s" % (value["HOST"], value.get("PORT") or 6379, value.get("DB") or 0)
    return found


def queue_settings(settings):
    """
    What the settings of task queues say where Redis is not named by an address: by dotted path, the address that they come to. A
    queue that is installed and told nothing looks beside the project.
    """
    found = {}
    apps = [str(one) for one in settings.INSTALLED_APPS]

    def address(value):
        return "redis://%s:%s/%s" % (value.get("host") or "localhost", value.get("port") or 6379, value.get("db") or 0)

    if any(one.startswith("huey.contrib.djhuey") for one in apps):
        huey = getattr(settings, "HUEY", None)
        if huey is None:
            found["HUEY.connection"] = address({})
        elif isinstance(huey, dict) and re.search(r"Redis\w*$", str(huey.get("huey_class") or "huey.RedisHuey")):
            connection = huey.get("connection") or {}
            # Beside a `host` of its own it would take no other address.
            if not any(one.get(key) for one in (huey, connection) for key in ("url", "connection_pool", "unix_socket_path")) and "host" not in huey:
                found["HUEY.connection"] = address(connection)
    if any(one == "django_q" or one.startswith("django_q.") for one in apps):
        cluster = getattr(settings, "Q_CLUSTER", None) or {}
        redis = cluster.get("redis") or {}
        others = ("orm", "django_redis", "sqs", "iron_mq", "mongo", "broker_class")
        if isinstance(redis, dict) and not any(cluster.get(one) for one in others) and not redis.get("unix_socket_path"):
            found["Q_CLUSTER.redis"] = address(redis)
    if any(one.startswith("django_dramatiq") for one in apps):
        whole = getattr(settings, "DRAMATIQ_BROKER", None)
        options = (whole or {}).get("OPTIONS") or {}
        kind = str((whole or {}).get("BROKER") or "RabbitmqBroker")
        if kind.endswith("RedisBroker") and not options.get("url") and not options.get("client"):
            found["DRAMATIQ_BROKER.OPTIONS"] = address(options)
        elif kind.endswith("RabbitmqBroker"):
            url = options.get("url")
            name = str((url[0] if isinstance(url, (list, tuple)) and url else url) or "amqp://%s" % (options.get("host") or "localhost"))
            found["DRAMATIQ_BROKER" if whole is None else "DRAMATIQ_BROKER.BROKER"] = without_password(name)
    return found


def immediate_queues(settings):
    """Settings that have tasks run at once, in the process that asks for them: meant for development, and bound to DEBUG there."""
    found = []
    for name, key in (("HUEY", "immediate"), ("Q_CLUSTER", "sync")):
        value = getattr(settings, name, None)
        if isinstance(value, dict) and value.get(key):
            found.append("%s.%s" % (name, key))
    return found


def result_backend(settings):
    """None where nothing is kept because somebody says so."""
    value = getattr(settings, "CELERY_RESULT_BACKEND", None)
    return None if value is None else without_password(str(value))


def broker(settings):
    try:
        if "celery" in sys.modules:
            from celery import current_app

            found = current_app.conf.broker_url
            if found:
                return without_password(str(found if isinstance(found, str) else found[0]))
    except Exception:
        pass
    for name in ("CELERY_BROKER_URL", "BROKER_URL"):
        found = getattr(settings, name, None)
        if isinstance(found, str) and found:
            return without_password(found)
    return None


def health_paths():
    """Routes without parameters that look as if they answered about health."""
    from django.urls import get_resolver

    found = []

    def walk(patterns, prefix, depth):
        for pattern in patterns:
            part = str(pattern.pattern).lstrip("^").rstrip("$").replace("\\Z", "")
            whole = prefix + part
            if hasattr(pattern, "url_patterns"):
                if depth < 4 and not re.search(r"[<(\[]", part):
                    walk(pattern.url_patterns, whole, depth + 1)
            elif HEALTH.match(whole):
                found.append("/" + whole.lstrip("/"))

    try:
        walk(get_resolver().url_patterns, "", 0)
    except Exception as error:
        sys.stderr.write("roadie probe: the routes cannot be read: %s: %s\n" % (type(error).__name__, error))
    return found[:20]


def login_path(settings):
    """The path of the page that LOGIN_URL names, as an address or as a route; None where it is not one of this project's."""
    from django.shortcuts import resolve_url
    from django.urls import get_script_prefix, resolve
    from urllib.parse import urlsplit

    try:
        address = urlsplit(resolve_url(settings.LOGIN_URL))
        prefix = get_script_prefix()
        if address.netloc or not address.path.startswith("/"):
            return None
        resolve("/" + address.path[len(prefix) :] if address.path.startswith(prefix) else address.path)
        return address.path
    except Exception:
        return None


def unclaimed_static(settings):
    """Folders at the top of STATIC_ROOT from which no finder would collect anything: the project ships them only there."""
    root = str(settings.STATIC_ROOT or "")
    try:
        folders = [one for one in os.listdir(root) if os.path.isdir(os.path.join(root, one))]
    except OSError:
        return []
    if not folders:
        return []
    from django.contrib.staticfiles.finders import get_finders

    claimed = set()
    for finder in get_finders():
        try:
            for path, found in finder.list([]):
                prefix = getattr(found, "prefix", None)
                claimed.add((str(prefix) + "/" + path if prefix else path).replace(os.sep, "/").split("/")[0])
        except Exception:
            continue
    return sorted(one for one in folders if one not in claimed)


def channel_layers(settings):
    layers = getattr(settings, "CHANNEL_LAYERS", None)
    return {str(name): str(one.get("BACKEND") or "") for name, one in layers.items() if isinstance(one, dict)} if isinstance(layers, dict) else {}


def mode_of(settings, name):
    value = getattr(settings, name, None)
    return value if isinstance(value, int) else None


def security(settings):
    found = {}
    for name in SECURITY:
        value = getattr(settings, name, None)
        if name == "SECURE_PROXY_SSL_HEADER" and isinstance(value, (list, tuple)) and len(value) == 2:
            value = "%s=%s" % (value[0], value[1])
        found[name] = value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
    return found


def distributions():
    from importlib import metadata

    found = {}
    for one in metadata.distributions():
        name = one.metadata["Name"]
        if name:
            found[normalized(name)] = one.version or ""
    return found


def development_assets(settings):
    """Settings that have pages load scripts from a bundler's development server: those of django-vite."""
    found = ["DJANGO_VITE_DEV_MODE"] if getattr(settings, "DJANGO_VITE_DEV_MODE", False) else []
    apps = getattr(settings, "DJANGO_VITE", None)
    for name, app in apps.items() if isinstance(apps, dict) else ():
        if isinstance(app, dict) and app.get("dev_mode") and isinstance(name, str) and "." not in name:
            found.append("DJANGO_VITE.%s.dev_mode" % name)
    return found


def logs_in_code(settings, root):
    """Log handlers that write into the code or where nobody may write: each as one that writes to the process's own log."""
    logging = getattr(settings, "LOGGING", None)
    handlers = logging.get("handlers") if isinstance(logging, dict) else None
    found = {}
    for name, value in (handlers or {}).items():
        if not isinstance(value, dict) or "filename" not in value or not isinstance(name, str) or "." in name:
            continue
        path = os.path.abspath(str(value["filename"]))
        folder = os.path.dirname(path)
        if path.startswith(root + os.sep) or not os.access(folder, os.W_OK):
            kept = {key: value[key] for key in ("level", "formatter", "filters") if isinstance(value.get(key), (str, list))}
            found[name] = dict(kept, **{"class": "logging.StreamHandler"})
    return found


def needs_applications(settings):
    """Whether something that is overridden shows only once the applications are loaded: what a folder of static files ships, Celery's app."""
    try:
        shipped = any(os.path.isdir(os.path.join(str(settings.STATIC_ROOT or ""), one)) for one in os.listdir(str(settings.STATIC_ROOT or "")))
    except OSError:
        shipped = False
    return shipped or (broker(settings) is None and "celery" in distributions())


def ask(root, settings_only=False):
    import django

    like_manage()
    from django.conf import settings

    file_logs = logs_in_code(settings, root)
    # As the overlay will have it: else a folder that is missing would end the probe here.
    for name, value in file_logs.items():
        settings.LOGGING["handlers"][name] = value
    whole = not settings_only or needs_applications(settings)
    if whole:
        django.setup()
    from django.core.management import get_commands

    return {
        "djangoVersion": django.get_version(),
        "pythonVersion": "%d.%d.%d" % sys.version_info[:3],
        "settingsModule": os.environ.get("DJANGO_SETTINGS_MODULE", ""),
        "debug": bool(settings.DEBUG),
        "allowedHosts": [str(one) for one in settings.ALLOWED_HOSTS],
        "csrfTrustedOrigins": [str(one) for one in settings.CSRF_TRUSTED_ORIGINS],
        "secretKeyStrength": key_strength(settings, root),
        "wsgiApplication": text(getattr(settings, "WSGI_APPLICATION", None)),
        "asgiApplication": text(getattr(settings, "ASGI_APPLICATION", None)),
        "rootUrlconf": text(getattr(settings, "ROOT_URLCONF", None)),
        "staticUrl": text(settings.STATIC_URL),
        "staticRoot": os.path.abspath(str(settings.STATIC_ROOT)) if settings.STATIC_ROOT else None,
        "unclaimedStatic": unclaimed_static(settings) if whole else [],
        "staticStorage": storage(settings, "staticfiles", "STATICFILES_STORAGE"),
        "mediaUrl": str(settings.MEDIA_URL or ""),
        "mediaRoot": os.path.abspath(str(settings.MEDIA_ROOT)) if settings.MEDIA_ROOT else "",
        "uploadPermissions": mode_of(settings, "FILE_UPLOAD_PERMISSIONS"),
        "uploadFolderPermissions": mode_of(settings, "FILE_UPLOAD_DIRECTORY_PERMISSIONS"),
        "channelLayers": channel_layers(settings),
        "defaultStorage": storage(settings, "default", "DEFAULT_FILE_STORAGE"),
        "databases": databases(settings),
        "caches": caches(settings),
        "installedApps": [str(one) for one in settings.INSTALLED_APPS],
        "middleware": [str(one) for one in settings.MIDDLEWARE],
        "commands": [] if settings_only else sorted(get_commands()),
        "healthPaths": [] if settings_only else health_paths(),
        "loginPath": None if settings_only else login_path(settings),
        "broker": broker(settings),
        "resultBackend": result_backend(settings),
        "fileLogs": file_logs,
        "redisSettings": redis_settings(settings),
        "queueSettings": queue_settings(settings),
        "immediateQueues": immediate_queues(settings),
        "developmentAssets": development_assets(settings),
        "security": security(settings),
        "distributions": distributions(),
    }


def explain(error, root):
    """The error with the last place in the project's own code."""
    file = line = column = None
    outside = (sys.prefix + os.sep, os.path.abspath(__file__))
    for frame in traceback.extract_tb(error.__traceback__):
        path = os.path.abspath(frame.filename)
        # `<frozen os>` is no file.
        if not frame.filename.startswith("<") and path.startswith(root + os.sep) and not path.startswith(outside) and "site-packages" not in path:
            file, line = os.path.relpath(path, root), frame.lineno
    if isinstance(error, SyntaxError) and error.filename:
        path = os.path.abspath(error.filename)
        file, line, column = os.path.relpath(path, root) if path.startswith(root + os.sep) else path, error.lineno, error.offset
    words = str(error)
    if isinstance(error, SyntaxError):
        words = error.msg or words
    elif isinstance(error, SystemExit):
        words = "the settings ended the program with %r" % (error.code,)
    elif not isinstance(error, KeyError):
        words = words or repr(error)
    tail = "".join(traceback.format_exception(type(error), error, error.__traceback__)).splitlines()
    # All of it is in the log.
    sys.stderr.write("\n".join(tail) + "\n")
    return {
        "type": type(error).__name__, "text": words, "traceback": "\n".join(tail[-30:]), "telling": telling(error, root),
        "file": file, "line": line, "column": column,
    }


def telling(error, root):
    """The error with the frames of the project's own code and the innermost one, without ours."""
    frames = traceback.extract_tb(error.__traceback__)
    shown, skipped = [], False
    for index, frame in enumerate(frames):
        path = os.path.abspath(frame.filename)
        ours = frame.filename.startswith("<stdin>") or os.path.basename(path).startswith("roadie_") or path == os.path.abspath(__file__)
        own = path.startswith(root + os.sep) and "site-packages" not in path
        if not ours and (own or index == len(frames) - 1):
            shown += ["  \u2026\n"] * (skipped and bool(shown)) + traceback.format_list([frame])
            skipped = False
        elif not ours:
            skipped = True
    return "".join(shown[-12:] + traceback.format_exception_only(type(error), error)).rstrip("\n")


def answer(root, settings_only=False):
    # It lies in the virtualenv of a release.
    import roadie_writes

    roadie_writes.watch(root)
    try:
        return {"probe": ask(root, settings_only), "writes": roadie_writes.seen()}
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return {"error": explain(error, root), "writes": roadie_writes.seen()}


def main():
    root = os.getcwd()
    # As for `python manage.py`: the folder itself comes first, and this file's folder has no place there.
    sys.path[0] = root
    answer_to = os.dup(1)
    # What the project prints must not mix with the answer.
    os.dup2(2, 1)
    found = answer(root, sys.argv[1:] == ["settings"])
    with os.fdopen(answer_to, "w", encoding="utf-8") as stream:
        stream.write("\n%s\n%s\n" % (MARKER, json.dumps(found, sort_keys=True)))
    sys.stdout.flush()
    # Threads that the project started must not keep the answer waiting.
    os._exit(0)


if __name__ == "__main__":
    main()
