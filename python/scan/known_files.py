"""Files that say something by their name or their first bytes: requirements, locks, Procfiles, databases."""

import re

from project import MAX_TEXT, depth

# Of all texts together, in characters: who starts this keeps no more than 4 MB of the answer.
MAX_TEXTS = 1536 * 1024
# Of a lock only names and versions are wanted, and its hashes are most of it.
LOCKS = ("uv.lock", "poetry.lock")
MAX_LOCK = 8 * 1024 * 1024
# Longer scripts do more than start something.
MAX_SCRIPT = 64 * 1024

KNOWN = re.compile(
    r"^(requirements[^/]*\.(txt|in|pip)|[^/]*requirements\.txt|constraints[^/]*\.txt|pyproject\.toml|setup\.(py|cfg)|pipfile(\.lock)?"
    r"|poetry\.lock|uv\.lock|\.python-version|runtime\.txt|procfile[^/]*|app\.json|aptfile|apt\.txt|packages\.txt|dockerfile[^/]*|[^/]*\.dockerfile"
    r"|docker-compose[^/]*\.ya?ml|compose[^/]*\.ya?ml|\.env\.(example|sample|template|dist)|env\.(example|sample)|example\.env|sample\.env"
    r"|uwsgi[^/]*\.ini|supervisord?[^/]*\.(conf|ini)|[^/]*\.service|package\.json|nixpacks\.toml|fly\.toml|render\.yaml|heroku\.yml|roadie\.toml"
    r"|\.nvmrc|\.node-version|\.tool-versions|\.yarnrc\.yml|pnpm-workspace\.yaml|makefile|(vite|webpack|rollup|vue)[^/]*\.config(\.[^/]+)?\.[cm]?[jt]s)$",
    re.IGNORECASE,
)
# Of a project, not of each package in it.
DOCUMENTS = re.compile(r"^([^/]+/)?(readme|install|contributing|development)(\.(md|rst|txt))?$", re.IGNORECASE)
LISTED_FOLDERS = re.compile(r"(^|/)(requirements|reqs|deps)/[^/]+\.(txt|in|pip)$|(^|/)supervisord?(\.d)?/([^/]+/)?[^/]+\.(conf|ini)$", re.IGNORECASE)

STARTING = re.compile(
    r"^(procfile|[^/]*dockerfile[^/]*|(docker-)?compose[^/]*\.ya?ml|heroku\.yml|fly\.toml|nixpacks\.toml|render\.yaml"
    r"|supervisord?[^/]*\.(conf|ini)|uwsgi[^/]*\.ini|[^/]*\.service)$",
    re.IGNORECASE,
)


def known_texts(project):
    """The texts of such files by name, the uppermost first. What goes beyond the limit is left out, and the project called truncated."""
    texts = {}
    size = 0
    for file in sorted(project.files, key=depth):
        name = file.rsplit("/", 1)[-1]
        if depth(file) > 4 or not (KNOWN.match(name) or LISTED_FOLDERS.search(file) or DOCUMENTS.match(file)) or "lib/python" in file:
            continue
        text = project.text(file, MAX_LOCK if name in LOCKS else MAX_TEXT)
        if text is None:
            continue
        if name in LOCKS:
            text = "".join(line + "\n" for line in text.split("\n") if re.match(r'\[\[package\]\]|(name|version) = "', line))
        if size + len(text) > MAX_TEXTS:
            project.truncated = True
            continue
        texts[file] = text
        size += len(text)
    start_scripts(project, texts)
    return texts


def start_scripts(project, texts):
    """Adds the texts of the scripts that Dockerfiles, Compose files, Procfiles, units and such scripts name: what they run, and before what."""
    naming = [text for file, text in texts.items() if STARTING.search(file.rsplit("/", 1)[-1])]
    shells = [file for file in project.files if depth(file) <= 4 and file not in texts and not file.rsplit("/", 1)[-1].startswith(".")]
    scripts = {}
    for file in shells:
        name = file.rsplit("/", 1)[-1]
        if "." in name and not name.endswith((".sh", ".bash")):
            continue
        data = project.raw(file, MAX_SCRIPT)
        if data is not None and (name.endswith((".sh", ".bash")) or re.match(rb"#!.*\b(ba|da|a|z)?sh\b", data)):
            scripts[file] = name
    while naming and scripts:
        words = set(re.findall(r"[\w.-]+", naming.pop()))
        for file in [file for file, name in scripts.items() if name in words]:
            text = project.text(file, MAX_SCRIPT)
            del scripts[file]
            if text is not None:
                texts[file] = text
                naming.append(text)


def sqlite_files(project):
    found = []
    for file in project.files:
        if re.search(r"\.(sqlite3?|db3?)$", file, re.IGNORECASE):
            try:
                with open(project.path(file), "rb") as stream:
                    if stream.read(16) == b"SQLite format 3\x00":
                        found.append(file)
            except OSError:
                continue
    return found
