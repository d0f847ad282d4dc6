"""Everything that is found out about a folder, as `ProjectScan` of src/django/read/scan.ts has it."""

import os

from celery_apps import celery_environment, celery_instances, has_schedule
from entry_points import applications, manage_programs, starts_django
from gunicorn_files import gunicorn_configs
from import_folders import deployed_settings, named_settings, roots
from known_files import known_texts, sqlite_files
from left_migrations import left_migrations
from project import MAX_SOURCE, Project, depth, is_aside
from routes import health_routes
from settings import looks_like_settings, read_settings

# Programs and settings beyond these numbers are not looked at.
MAX_PROGRAMS = 4000
MAX_SETTINGS = 60


def scan(folder, laid=None):
    project = Project(folder, laid)
    texts = known_texts(project)
    programs = Programs(project)
    bases = roots(project, programs.manage, programs.applications)
    # What manage.py names is a candidate, whatever it is called.
    named = {}
    for entry in programs.manage + programs.applications:
        file = named_settings(project, entry, bases)
        if file:
            named.setdefault(file, entry["settings"])
    for file, module in deployed_settings(project, texts, bases):
        named.setdefault(file, module)
    candidates = list(dict.fromkeys(programs.settings + list(named)))[:MAX_SETTINGS]
    answers = [read_settings(project, file, bases, named.get(file)) for file in candidates]
    for one in programs.celery:
        one["beat"] = one["beat"] or programs.schedule
        one["environment"] = celery_environment(project.source(one["file"]))
    return {
        "folder": os.path.abspath(folder), "files": project.files, "truncated": project.truncated, "texts": texts,
        "manage": programs.manage, "applications": programs.applications, "settings": [one for one in answers if one is not None],
        "celery": programs.celery, "gunicorn": gunicorn_configs(project, texts),
        "syntaxErrors": sorted(project.errors.values(), key=lambda one: one["file"]),
        "sqlite": sqlite_files(project), "healthRoutes": programs.routes, "leftMigrations": left_migrations(project, texts),
    }


class Programs:
    """What each Python file of a project is by its words, the uppermost files first and tests and examples last."""

    def __init__(self, project):
        self.manage = []
        self.applications = []
        # Files that may be settings.
        self.settings = []
        self.celery = []
        # Whether anything has a schedule for Celery.
        self.schedule = False
        self.routes = []
        self.parsed = 0
        python = [file for file in project.files if file.endswith(".py") and "/migrations/" not in file]
        for file in sorted(python, key=lambda one: (is_aside(one), depth(one), one)):
            text = project.text(file, MAX_SOURCE) if self.parsed <= MAX_PROGRAMS else None
            if text is not None:
                self.look(project, file, text)

    def look(self, project, file, text):
        if starts_django(text):
            self.parsed += 1
            source = project.source(file)
            if source is not None:
                self.manage += manage_programs(source)
                self.applications += applications(source)
        if looks_like_settings(file, text):
            self.settings.append(file)
        source = project.source(file) if "Celery(" in text or "(Celery" in text else None
        if not is_aside(file):
            self.schedule = self.schedule or has_schedule(text)
            if source is not None:
                self.celery += [{"file": file, "line": line, "name": name, "beat": has_schedule(text), "brokerHost": host} for name, line, host in celery_instances(source)]
        if file.rsplit("/", 1)[-1] == "urls.py":
            self.routes += health_routes(project, file)
