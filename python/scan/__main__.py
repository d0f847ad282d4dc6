"""Reads a Django project without running any of it, and prints what it found as one JSON value.

Usage: python3 -I -B python/scan FOLDER [-]        (Python 3.8 or newer, standard library only)
With `-` standard input has files that a release gets besides, as JSON: contents by path in base64, null where it has no such file.
The shape of the answer is `ProjectScan` in src/django/read/scan.ts. Exit 2: the folder cannot be read.
"""

import base64
import json
import os
import sys

from project import depth
from scan import scan

# In bytes: who starts this keeps no more than 4 MB.
MAX_ANSWER = 3584 * 1024


def encoded(found):
    """JSON as bytes. What cannot be told is null. A file's name may be no text at all: what is not becomes a question mark."""
    return json.dumps(found, ensure_ascii=False, sort_keys=True, default=lambda value: None).encode("utf-8", "replace")


def main():
    if len(sys.argv) not in (2, 3) or not os.path.isdir(sys.argv[1]):
        sys.stderr.write("usage: python3 -I scan FOLDER [-]\n")
        return 2
    try:
        os.listdir(sys.argv[1])
    except OSError as error:
        sys.stderr.write("%s\n" % error)
        return 2
    sys.setrecursionlimit(3000)
    laid = json.load(sys.stdin) if sys.argv[2:] == ["-"] else {}
    found = scan(sys.argv[1], {path: None if data is None else base64.b64decode(data) for path, data in laid.items()})
    answer = encoded(found)
    if len(answer) > MAX_ANSWER:
        found.update(files=[file for file in found["files"] if depth(file) < 3][:2000], truncated=True)
        answer = encoded(found)
    sys.stdout.buffer.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
