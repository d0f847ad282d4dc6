"""django-sass-processor's `compilescss` for what can be told beforehand: what is named by a variable is passed over.

The command takes the first argument of each `sass_processor(…)` in the code for the name of a file, and ends with a TypeError where that
is no literal. Runs in the release's virtualenv (Python 3.8 or newer) in the folder with manage.py, from standard input.
"""

import os
import sys


def main():
    sys.path[0] = os.getcwd()
    sys.argv = ["manage.py", "compilescss", "--use-storage"]
    import django

    django.setup()
    from django.core.management import call_command
    from sass_processor.management.commands import compilescss

    find = compilescss.find_file
    compilescss.find_file = lambda path: find(path) if isinstance(path, str) else None
    call_command("compilescss", use_storage=True)


if __name__ == "__main__":
    main()
