"""Runs a management command that makes static files, and tells what it tried to write: code is sealed by then.

Runs in the release's virtualenv (Python 3.8 or newer) in the folder with manage.py, from standard input, with the command's words as
arguments. Prints what the command prints, and behind a marker line one JSON value: what roadie_writes has seen.
"""

import json
import os
import runpy
import sys

MARKER = "--- roadie writes ---"


def main():
    root = os.getcwd()
    sys.path[0] = root
    # It lies in the virtualenv of a release.
    import roadie_writes

    roadie_writes.watch(root)
    sys.argv = ["manage.py"] + sys.argv[1:]
    try:
        if os.path.exists("manage.py"):
            runpy.run_path("manage.py", run_name="__main__")
        else:
            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)
    finally:
        print("\n%s\n%s" % (MARKER, json.dumps(roadie_writes.seen())), flush=True)


if __name__ == "__main__":
    main()
