"""`loaddata` in a container, as a release runs it (`load_missing`): only rows that are not there, and each file once.

    python -m roadie_fixtures --state=PATH NAME ...          loads fixtures
    python -m roadie_fixtures --state=PATH --known HASH ...  takes them for loaded: their rows came with a dump

Compose runs it at each start. PATH is a file in the site's data with the hashes of what has been loaded. Python 3.8 or newer.
"""

import contextlib
import io
import json
import os
import sys

import load_missing


def known_hashes(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return []


def remember(path, hashes):
    fresh = "%s.%d.tmp" % (path, os.getpid())
    with open(fresh, "w", encoding="utf-8") as file:
        json.dump(sorted(set(hashes)), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def main(words):
    state, words = words[0][len("--state=") :], words[1:]
    known = known_hashes(state)
    if words[0] == "--known":
        remember(state, known + words[1:])
        return
    load_missing.KNOWN = known
    sys.argv = ["manage.py"] + words
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            load_missing.main()
    finally:
        said, _, hashes = printed.getvalue().partition("\n%s\n" % load_missing.MARKER)
        print(said)
    remember(state, known + json.loads(hashes))


if __name__ == "__main__":
    main(sys.argv[1:])
