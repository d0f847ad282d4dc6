"""The tree of files that is read: their names, texts and parsed sources. Nothing outside of it is ever opened."""

import ast
import os
import re

# Further files are left out, and the answer says so.
MAX_FILES = 20000
# Larger ones are not opened, in bytes.
MAX_TEXT = 512 * 1024
MAX_SOURCE = 1024 * 1024

SKIPPED = {
    ".git", ".hg", ".svn", "node_modules", "bower_components", "__pycache__", ".tox", ".nox", ".venv", "venv", "env",
    ".env.d", "virtualenv", "site-packages", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".cache", ".idea", ".vscode",
    ".eggs", ".terraform",
}
# Folders whose programs are not the project's own.
ASIDE = re.compile(r"(^|/)(tests?|testing|docs?|examples?|samples?|demo|sandbox|fixtures|templates|benchmarks?|cookiecutter[^/]*|\{\{[^/]*)(/|$)", re.IGNORECASE)


def listing(folder):
    """All names of files below a folder, relative with '/', and whether there are more."""
    found = []
    for path, folders, files in os.walk(folder):
        # A virtualenv is known by this file, whatever it is called.
        folders[:] = sorted(one for one in folders if one not in SKIPPED and not os.path.exists(os.path.join(path, one, "pyvenv.cfg")))
        inside = os.path.relpath(path, folder).replace(os.sep, "/")
        for name in sorted(files):
            if name.endswith((".pyc", ".pyo")):
                continue
            found.append(name if inside == "." else inside + "/" + name)
            if len(found) >= MAX_FILES:
                return sorted(found), True
    return sorted(found), False


def depth(file):
    return file.count("/")


def is_aside(file):
    """Whether a file belongs to tests, documentation or examples."""
    return ASIDE.search(file) is not None


class Source:
    """One Python file, parsed."""

    def __init__(self, file, text, tree):
        self.file = file
        self.text = text
        self.tree = tree


class Project:
    def __init__(self, folder, laid=None):
        """`laid`: contents by path of files that a release gets besides, or instead; None where it has no such file."""
        self.folder = folder
        self.laid = laid or {}
        files, self.truncated = listing(folder)
        self.files = sorted(set(files) - set(self.laid) | {path for path, data in self.laid.items() if data is not None})
        self.names = set(self.files)
        # All folders that hold any of them, however deep.
        self.folders = set()
        for file in self.files:
            folder = os.path.dirname(file)
            while folder and folder not in self.folders:
                self.folders.add(folder)
                folder = os.path.dirname(folder)
        self.sources = {}
        self.errors = {}

    def path(self, file):
        return os.path.join(self.folder, *file.split("/"))

    def inside(self, file):
        """Never follows a link out of the project."""
        real = os.path.realpath(self.path(file))
        return real.startswith(os.path.realpath(self.folder) + os.sep)

    def raw(self, file, limit):
        if file in self.laid:
            data = self.laid[file]
            return data if data is not None and len(data) <= limit else None
        path = self.path(file)
        try:
            if not self.inside(file) or not os.path.isfile(path) or os.path.getsize(path) > limit:
                return None
            with open(path, "rb") as stream:
                return stream.read(limit + 1)
        except OSError:
            return None

    def text(self, file, limit=MAX_TEXT):
        data = self.raw(file, limit)
        return None if data is None else data.decode("utf-8-sig", "replace").replace("\r\n", "\n")

    def source(self, file):
        """The parsed file, or None where it is none, too large or has a syntax error (which is kept)."""
        if file in self.sources:
            return self.sources[file]
        self.sources[file] = None
        data = self.raw(file, MAX_SOURCE)
        if data is not None:
            try:
                # Bytes, so that Python itself reads the encoding line.
                tree = ast.parse(data, file)
                self.sources[file] = Source(file, data.decode("utf-8-sig", "replace"), tree)
            except SyntaxError as error:
                self.errors[file] = {
                    "file": file, "line": error.lineno or 1, "column": error.offset or 1,
                    "message": error.msg or "invalid syntax", "text": (error.text or "").rstrip("\n")[:200],
                }
            except (ValueError, RecursionError, MemoryError) as error:
                self.errors[file] = {"file": file, "line": 1, "column": 1, "message": str(error) or type(error).__name__, "text": ""}
        return self.sources[file]

    def module(self, dotted, bases):
        """The file of a module, looked for below each of some folders."""
        path = dotted.replace(".", "/")
        for base in bases:
            start = "" if base in ("", ".") else base + "/"
            for candidate in (start + path + ".py", start + path + "/__init__.py"):
                if candidate in self.names:
                    return candidate
        return None
