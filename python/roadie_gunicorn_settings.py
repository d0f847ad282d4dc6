"""What of a project's own configuration of Gunicorn counts in a site that Roadie runs: the table, and how a file is read by it.

Installed beside `roadie_gunicorn.py`, and read by `python/scan` for what the plan says. Python 3.8 or newer, standard library only.
"""

import importlib
import importlib.machinery
import importlib.util
import os
import shlex
import sys
import traceback

TAKEN = None

# Why a setting does not count: each ends the sentence 'gunicorn.conf.py sets X: ignored, …'.
SOCKET = "Roadie hands Gunicorn its socket"
SIZE = "[web] in roadie.toml or WEB_CONCURRENCY decides"
TIME = "[web] timeout_seconds in roadie.toml decides"
CLASS = "[web] worker_class in roadie.toml decides"
OTHER_CLASS = "it belongs to a worker class that Roadie does not run"
SUPERVISOR = "Roadie supervises Gunicorn, as the site's user and in the release's folder"
RELEASE = "a release is not edited while it runs"
EDGE = "the edge speaks with the visitors, and Gunicorn hears only the edge"
PARSING = "what is lenient towards malformed requests stays off"
OUTPUT = "Gunicorn's output goes to the service's log, and requests are in the edge's"
APPLICATION = "Roadie names the application"

# Every setting of Gunicorn 20.1 to 27.0. One that is not here, since Gunicorn learned it later, does not count either.
SETTINGS = {
    "config": APPLICATION, "wsgi_app": APPLICATION, "paste": APPLICATION, "raw_paste_global_conf": APPLICATION, "default_proc_name": APPLICATION,
    "bind": SOCKET, "backlog": SOCKET, "reuse_port": SOCKET,
    "control_socket": SOCKET, "control_socket_mode": SOCKET, "control_socket_disable": SOCKET,
    "workers": SIZE, "threads": SIZE, "worker_connections": SIZE,
    "timeout": TIME, "graceful_timeout": TIME,
    "worker_class": CLASS,
    "asgi_loop": OTHER_CLASS, "asgi_lifespan": OTHER_CLASS, "asgi_disconnect_grace_period": OTHER_CLASS, "websocket_max_message_size": OTHER_CLASS,
    "daemon": SUPERVISOR, "pidfile": SUPERVISOR, "user": SUPERVISOR, "group": SUPERVISOR, "umask": SUPERVISOR, "initgroups": SUPERVISOR,
    "chdir": SUPERVISOR, "worker_tmp_dir": SUPERVISOR, "tmp_upload_dir": SUPERVISOR, "check_config": SUPERVISOR, "print_config": SUPERVISOR,
    "enable_stdio_inheritance": SUPERVISOR,
    "reload": RELEASE, "reload_engine": RELEASE, "reload_extra_files": RELEASE, "spew": RELEASE,
    "keepalive": EDGE, "secure_scheme_headers": EDGE, "forwarded_allow_ips": EDGE, "forwarder_headers": EDGE, "header_map": EDGE, "root_path": EDGE,
    "proxy_protocol": EDGE, "proxy_allow_ips": EDGE, "protocol": EDGE, "uwsgi_allow_ips": EDGE,
    "keyfile": EDGE, "certfile": EDGE, "ssl_version": EDGE, "cert_reqs": EDGE, "ca_certs": EDGE, "suppress_ragged_eofs": EDGE,
    "do_handshake_on_connect": EDGE, "ciphers": EDGE, "ssl_context": EDGE,
    "http_protocols": EDGE, "http2_cleartext": EDGE, "http2_max_concurrent_streams": EDGE, "http2_initial_window_size": EDGE,
    "http2_max_frame_size": EDGE, "http2_max_header_list_size": EDGE,
    "http_parser": PARSING, "tolerate_dangerous_framing": PARSING, "permit_obsolete_folding": PARSING, "strip_header_spaces": PARSING, "permit_unconventional_http_method": PARSING,
    "permit_unconventional_http_version": PARSING, "casefold_http_method": PARSING,
    "accesslog": OUTPUT, "errorlog": OUTPUT, "syslog": OUTPUT, "syslog_addr": OUTPUT, "syslog_prefix": OUTPUT, "syslog_facility": OUTPUT,
    "disable_redirect_access_to_syslog": OUTPUT,

    "max_requests": TAKEN, "max_requests_jitter": TAKEN, "limit_request_line": TAKEN, "limit_request_fields": TAKEN,
    "limit_request_field_size": TAKEN, "preload_app": TAKEN, "sendfile": TAKEN, "pythonpath": TAKEN, "proc_name": TAKEN,
    # Only variables that nobody has set yet: see `_variables`.
    "raw_env": TAKEN,
    "access_log_format": TAKEN, "loglevel": TAKEN, "capture_output": TAKEN, "logger_class": TAKEN, "logconfig": TAKEN,
    "logconfig_dict": TAKEN, "logconfig_json": TAKEN, "statsd_host": TAKEN, "dogstatsd_tags": TAKEN, "statsd_prefix": TAKEN,
    "enable_backlog_metric": TAKEN,
    "on_starting": TAKEN, "on_reload": TAKEN, "when_ready": TAKEN, "pre_fork": TAKEN, "post_fork": TAKEN, "post_worker_init": TAKEN,
    "worker_int": TAKEN, "worker_abort": TAKEN, "pre_exec": TAKEN, "pre_request": TAKEN, "post_request": TAKEN, "child_exit": TAKEN,
    "worker_exit": TAKEN, "nworkers_changed": TAKEN, "on_exit": TAKEN,
    "dirty_apps": TAKEN, "dirty_workers": TAKEN, "dirty_timeout": TAKEN, "dirty_threads": TAKEN, "dirty_graceful_timeout": TAKEN,
    "on_dirty_starting": TAKEN, "dirty_post_fork": TAKEN, "dirty_worker_init": TAKEN, "dirty_worker_exit": TAKEN,
}

# Variables by which the process gets its socket, and Roadie's own.
OURS = ("LISTEN_", "GUNICORN_", "ROADIE_", "NOTIFY_SOCKET")


def why_ignored(name):
    """Why a setting does not count; None where it does."""
    return SETTINGS.get(name, "Roadie does not know it yet")


def told(source, names):
    """Sentences about settings that do not count, one for each reason."""
    reasons = {}
    for name in names:
        reasons.setdefault(why_ignored(name), []).append(name)
    return ["%s sets %s: ignored, %s" % (source, _listed(names), reason) for reason, names in reasons.items()]


def take(file, arguments):
    """What counts of a project's file, and of what GUNICORN_CMD_ARGS says; says on standard error what does not."""
    from gunicorn.config import Config, make_settings

    known = make_settings()
    given = _parsed(arguments, Config("%(prog)s")) if arguments else {}
    place = file or given.pop("config", None)
    # As Gunicorn has it: the variable comes after the file.
    chosen = {}
    sources = [(_called(place), _read(place))] if place else []
    for source, values in sources + [("GUNICORN_CMD_ARGS", given)]:
        ignored = []
        for name, value in values.items():
            if name not in known or value == known[name].default:
                continue
            if why_ignored(name) is not None:
                ignored.append(name)
                continue
            _require_valid(source, place, known[name], name, value)
            chosen[name] = _variables(source, value) if name == "raw_env" else value
        for sentence in told(source, ignored):
            _say(sentence)
    # All processes would be replaced at the same moment.
    if "max_requests" in chosen and "max_requests_jitter" not in chosen:
        chosen["max_requests_jitter"] = int(chosen["max_requests"]) // 4
    return chosen


def _parsed(arguments, config):
    """GUNICORN_CMD_ARGS as Gunicorn's own parser reads it; what it cannot read it says itself, and ends."""
    parsed = vars(config.parser().parse_args(shlex.split(arguments)))
    return {name: value for name, value in parsed.items() if value is not None and name != "args"}


def _called(place):
    return place.split(":", 1)[-1]


def _read(place):
    """The names of a configuration, in any way that Gunicorn's --config names one."""
    try:
        if place.startswith("python:"):
            return dict(vars(importlib.import_module(place[len("python:"):])))
        path = os.path.abspath(place[len("file:"):] if place.startswith("file:") else place)
        loader = importlib.machinery.SourceFileLoader("__config__", path)
        spec = importlib.util.spec_from_file_location("__config__", path, loader=loader)
        module = importlib.util.module_from_spec(spec)
        # As Gunicorn does it: what the file defines can be found again by name.
        sys.modules["__config__"] = module
        loader.exec_module(module)
        return dict(vars(module))
    except Exception:
        traceback.print_exc()
        _say("%s could not be loaded" % _called(place))
        sys.exit(1)


def _require_valid(source, place, setting, name, value):
    """Ends with the file and line of a value that Gunicorn would refuse."""
    try:
        setting.set(value)
    except Exception as error:
        sys.stderr.write("Traceback (most recent call last):\n")
        if place and source != "GUNICORN_CMD_ARGS":
            sys.stderr.write('  File "%s", line %d, in <module>\n' % (os.path.abspath(_called(place)), _line(_called(place), name)))
        sys.stderr.write("%s: %s = %r in %s: %s\n" % (type(error).__name__, name, value, source, error))
        sys.stderr.flush()
        sys.exit(1)


def _line(path, name):
    import ast

    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return 1
    return next((line for found, line, _ in assigned(tree) if found == name), 1)


def _variables(source, raw):
    """Of raw_env what nobody has set: neither Roadie nor the site's owner is overruled by a file."""
    kept, known = [], []
    for line in raw:
        name = line.split("=", 1)[0].strip()
        if name in os.environ or name.startswith(OURS):
            known.append(name)
        else:
            kept.append(line)
    if known:
        _say("%s sets %s in raw_env: ignored, the site's environment has it" % (source, _listed(known)))
    return kept


def assigned(tree):
    """What a parsed file names at its top, whatever the condition: (name, line, whether it is worth a word)."""
    import ast

    found = []

    def walk(body):
        for node in body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                empty = isinstance(node.value, ast.Constant) and not node.value.value
                found.extend((target.id, node.lineno, not empty) for target in targets if isinstance(target, ast.Name))
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                found.append((node.name, node.lineno, True))
            elif isinstance(node, (ast.If, ast.Try, ast.With)):
                walk(node.body + getattr(node, "orelse", []) + getattr(node, "finalbody", []))
                for handler in getattr(node, "handlers", []):
                    walk(handler.body)

    walk(tree.body)
    return found


def _listed(names):
    return names[0] if len(names) == 1 else "%s and %s" % (", ".join(names[:-1]), names[-1])


def _say(sentence):
    sys.stderr.write("Roadie: %s\n" % sentence)
    sys.stderr.flush()
