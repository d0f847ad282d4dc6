"""Whether a project leaves its migrations to whoever runs it: apps that have models and none, and the documents that say to make them."""

import re

from project import depth, is_aside

MAX_DOCUMENT = 256 * 1024
MAX_FOUND = 20
# A pattern for the migrations themselves; what is compiled from them is everybody's to ignore.
IGNORED = re.compile(r"^(?![#!])\S*\bmigrations(/|/\*{1,2}|/\*{1,2}/|(/\*\*)?/\*?\*?\.py|/0\S*|/\[0-9\]\S*|/\?\S*)?\s*$")
DOCUMENT = re.compile(r"^(readme|install|getting.?started|setup|quick.?start|usage|deploy)[^/]*$|^makefile$|^justfile$|\.sh$", re.IGNORECASE)
MANUAL = re.compile(r"^docs?/[^/]+\.(md|rst|txt)$", re.IGNORECASE)
MODELS = re.compile(r"^class\s+\w+\(.*\b\w*(Model|AbstractUser|AbstractBaseUser)\b", re.MULTILINE)


def left_migrations(project, texts):
    """The uppermost documents first."""
    documents = []
    for file in sorted(project.files, key=lambda one: (depth(one), one)):
        name = file.rsplit("/", 1)[-1]
        ignoring = name == ".gitignore" and depth(file) <= 3
        if not ignoring and file not in texts and not (DOCUMENT.search(name) and depth(file) <= 1 or MANUAL.match(file)):
            continue
        text = texts[file] if file in texts else project.text(file, MAX_DOCUMENT)
        for number, line in enumerate((text or "").split("\n"), 1):
            if IGNORED.match(line) if ignoring else re.search(r"\bmakemigrations\b(?!.*--check)", line):
                documents.append({"file": file, "line": number, "ignored": ignoring})
                break
        if len(documents) >= MAX_FOUND:
            break
    return {"documents": documents, "apps": apps_without(project) if documents else []}


def apps_without(project):
    """Folders with models and no migration."""
    having = {file.rsplit("/", 2)[0] for file in project.files if re.search(r"(^|/)migrations/(?!__init__)\w+\.py$", file)}
    found = []
    for file in project.files:
        app = re.sub(r"/models(\.py|/[^/]+\.py)$", "", file)
        if app == file or app in having or app in found or is_aside(app) or len(found) >= MAX_FOUND:
            continue
        if MODELS.search(project.text(file) or ""):
            found.append(app)
    return found
