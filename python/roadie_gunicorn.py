"""Gunicorn's configuration in a site that Roadie runs: `gunicorn --config=python:roadie_gunicorn`.

Gunicorn loads one configuration, so a project's own is not loaded beside it: of that one `roadie_gunicorn_settings` takes the hooks and
what is harmless. All names here are settings, but for those that begin with an underscore.
"""

import os as _os

# It is handed its socket. Should that ever go wrong, it listens where nobody comes by, and the release is refused.
bind = "127.0.0.1:0"
# A slow leak never fills the memory, and not all processes are replaced at once.
max_requests = 20000
max_requests_jitter = 5000

# The edge has limits for all sites, and they are larger.
limit_request_line = 0
limit_request_field_size = 65536

# What the plan has found, else the file that Gunicorn itself would look for.
_file = _os.environ.get("ROADIE_GUNICORN_CONFIG") or ("gunicorn.conf.py" if _os.path.exists("gunicorn.conf.py") else "")
_arguments = _os.environ.get("ROADIE_GUNICORN_ARGUMENTS", "")

if _file or _arguments:
    import roadie_gunicorn_settings as _settings

    globals().update(_settings.take(_file, _arguments))
