import type { ProblemCode } from './catalogue.ts';

/** What the reference page says of a problem, in Markdown: when it happens, and what to do about it. */
export type ProblemPage = { readonly when: string; readonly cure: string };

/**
 * The page of each problem. A code without one does not compile. Here stands what is so each time; the problem itself says
 * what was met.
 */
export const problemPages: Readonly<Record<ProblemCode, ProblemPage>> = {
  // The command line and the daemon
  'bad-arguments': {
    when: 'a command, an option or an argument is unknown, is missing, or has a value that it cannot have. The daemon reports it as well where it is asked for something that it does not know, which happens when it is of another version than the command line.',
    cure: "read the command's help: `roadie COMMAND --help`. Where the daemon is of another version, restart it: `roadie daemon stop`, then `roadie daemon start`; the sites run on.",
  },
  'confirmation-needed': {
    when: 'a command asks before it changes or deletes something, and it was started where nobody can answer: by a script, through a pipe, or with `--json`.',
    cure: 'answer in advance: `--yes` for `roadie up`, `--confirm NAME` for `roadie down`.',
  },
  'not-confirmed': {
    when: 'you answered a question with anything but yes. Nothing was changed.',
    cure: 'nothing, or run the command again.',
  },
  'daemon-not-running': {
    when: 'a command needs the daemon, and the daemon neither runs nor could be started for this command. The services of the sites may well be running: they do not need it.',
    cure: 'start it with `roadie daemon start`. If it ended by itself, its log says why.',
  },
  'daemon-failed': {
    when: 'the daemon was started and did not come up, or it ended before it had answered.',
    cure: 'read its log, whose path is in the problem, and run the command again: what was done is kept.',
  },
  busy: {
    when: 'an operation such as `up` or `env set` is running on that site, and each site has one at a time; or sixteen are waiting. The problem says which one it is and since when.',
    cure: 'wait: the same command with `--wait` queues behind it, and `roadie events -f` shows how it goes on.',
  },
  'unknown-site': {
    when: 'a command names a site that does not exist, or one that has no release yet.',
    cure: 'see `roadie status` for the names, or bring the site up with `roadie up`.',
  },
  'unknown-service': {
    when: 'a command names a service that the site does not have.',
    cure: 'see `roadie status` for the services of each site.',
  },
  'certificate-not-served': {
    when: 'a certificate was renewed and the edge was told to read it, and visitors still get another one after half a minute. The old one goes on being served, and the daemon tries again later.',
    cure: 'see `roadie logs edge` for what keeps it from reading its files; another program may also answer on the port. `roadie up` does all of it again.',
  },
  'no-authority': {
    when: 'the certificate of the local authority is asked for before there is one. It is made for the first site.',
    cure: 'bring a site up with `roadie up` first.',
  },
  'job-killed': {
    when: 'the process that carried out an operation was killed: by somebody, or by the system when memory ran out. The sites run on, and what was done until then is kept.',
    cure: 'run the same command again: it goes on from there. Where memory was the cause, add some, or swap.',
  },
  interrupted: {
    when: 'you pressed Ctrl-C. An operation that had begun goes on in the background, since it is safer finished than half done.',
    cure: 'see `roadie events -f` for how it goes on.',
  },
  bug: {
    when: 'Roadie did something that its authors did not expect. The sites run on.',
    cure: "run the command again; where that does not help, report it with the daemon's log.",
  },
  'state-damaged': {
    when: 'a file in which Roadie remembers something is not what Roadie wrote, and the copy before it is not either. Roadie does not guess.',
    cure: "put the file back from a backup; or move it away and run `roadie up` for the site again. The site's own data is not in this file.",
  },
  'plan-outdated': {
    when: 'something changed between the moment at which the plan was shown and the moment at which it was to be applied, or while the release was being made. Nothing was applied that you had not seen.',
    cure: 'run the same command again and look at the new plan.',
  },

  'export-impossible': {
    when: 'the site uses something that Roadie cannot run in containers, or it has no live release to make the containers from. Nothing was written.',
    cure: 'bring the site up first, or choose other components in `roadie.toml`; the problem says which.',
  },
  'folder-not-empty': {
    when: '`roadie export` was given a folder with files that no earlier export has written, or with some of an earlier export that were changed since. Nothing was written.',
    cure: "give a new folder. Where your changes of exported files may go, add `--force`; files that are not an export's are never overwritten. Changes that shall last belong into `compose.override.yaml`.",
  },
  // Names and the config file
  'bad-name': {
    when: "the name of a site has characters that it cannot have, is too long, or cannot be made from the folder's name.",
    cure: 'choose a small letter, then up to 30 small letters, digits and hyphens: `--name forum`.',
  },
  'bad-domain': {
    when: 'a domain has a scheme, a port, a path, a wildcard or a character that domains cannot have, or is a single word or an address.',
    cure: 'give the name alone, such as `www.example.org`.',
  },
  'domain-taken': {
    when: 'two sites of one host would answer to the same domain.',
    cure: 'choose another domain, or take it from the other site first.',
  },
  'bad-port': {
    when: 'a port is not a whole number from 1 to 65535, it would serve HTTP for one site and HTTPS for another, or `network.listen` has a port on which the edge answers.',
    cure: 'use 80 and 443, or 8080 and 8443 without root.',
  },
  'config-syntax': {
    when: '`roadie.toml`, or `pyproject.toml`, is not valid TOML.',
    cure: 'look at the line and column in the problem: text stands in quotes, keys are unique, a table begins with `[name]`.',
  },
  'config-unknown-key': {
    when: 'the config has a key that Roadie does not know, mostly through a slip of the pen.',
    cure: 'use the key that the problem proposes, or one from [Config](config.md).',
  },
  'config-bad-value': {
    when: 'a key of the config has a value of another kind than is wanted, or one that is too small or too large.',
    cure: 'see [Config](config.md) for what each key takes.',
  },

  // Projects
  'source-missing': {
    when: 'there is no folder at that path, or no repository, branch, tag or commit at that address, or it cannot be reached.',
    cure: 'check the spelling, the network, and whether root may read the repository.',
  },
  'source-refused': {
    when: 'the address of a repository is of a kind that could run commands or leak a password, a ref is not the name of a branch, tag or commit, or a folder holds far more files than a project has.',
    cure: 'give a folder, or an address such as `https://host/owner/name.git` or `git@host:owner/name.git`.',
  },
  'no-django-project': {
    when: 'no `manage.py`, and nothing else that shows a Django project, was found in the folder.',
    cure: 'give the folder with `manage.py`, or name it in the config: `root = "backend"`.',
  },
  'several-projects': {
    when: 'the folder has more than one Django project, and nothing says which of them is meant.',
    cure: 'give the folder of the one you mean, or name it in the config: `root = "backend"`.',
  },
  'settings-syntax-error': {
    when: 'Python cannot parse the settings module. The problem names the file and line.',
    cure: 'fix that line; `python -m py_compile FILE` shows the same error.',
  },
  'settings-only-example': {
    when: 'a settings module that `manage.py`, `wsgi.py` or the settings themselves name is not there, and its example, such as `settings.example.py`, could not be read: it is a link or larger than 512 KB. Other examples are made into the module by Roadie.',
    cure: 'copy the example as the problem says and fill it in, or give the site a file of your own with `roadie file put`, before its first `up` with `--source`. Or name other settings: `settings = "package.settings"` in `roadie.toml`.',
  },
  'settings-failed': {
    when: "the settings module, or something that it imports, raised an error when Django loaded it. The problem has Python's own words.",
    cure: 'fix what the error names; often a package is missing from the requirements, or a variable from the environment.',
  },
  'missing-variables': {
    when: 'the settings demand environment variables whose values only you can know. All of them are named at once.',
    cure: 'set them with the `roadie env set` lines in the problem, then run `roadie up` again.',
  },
  'no-python': {
    when: 'no Python on this machine is one that the project can use, and uv could not download one either; or the only one belongs to root alone, and a copy of it does not run.',
    cure: 'install that version for all users, as the problem says, then run the command again.',
  },
  'python-unsupported': {
    when: 'the project demands a version of Python that Roadie does not support.',
    cure: 'try the project on a newer Python and change what it demands: `requires-python`, `.python-version`, `runtime.txt` or `Pipfile`.',
  },
  'django-unsupported': {
    when: 'the project demands a version of Django that Roadie does not support.',
    cure: "update the project's Django; versions that get no more security fixes should not be on the web.",
  },
  'no-application': {
    when: 'neither a WSGI nor an ASGI application was found, so there is nothing that a web server could run.',
    cure: 'add the `wsgi.py` that `django-admin startproject` makes.',
  },

  // Releases
  'dependencies-unresolvable': {
    when: "the project's requirements cannot be read, contradict each other, are not in the package index, or do not build here. The problem has the resolver's own words.",
    cure: 'change the requirement that is named. Where a package has to be compiled, name the Debian packages that this needs in an `Aptfile`.',
  },
  'frontend-failed': {
    when: "the packages of a front end could not be installed, or the command that builds it ended with an error. The problem begins with the line of npm's output that tells why. What was live before still is.",
    cure: 'fix what is named, and try the same command yourself. Another command, folder or Node stands in `roadie.toml` below `[frontend]`; `build = false` there builds nothing. See [Front ends](../frontend.md).',
  },
  'checks-failed': {
    when: "Django's system checks (`manage.py check`) report errors. The release before goes on serving.",
    cure: 'fix what the checks name.',
  },
  'migrations-missing': {
    when: "one of the project's own apps has models, and neither migrations nor tables. Django makes tables by migrations alone, so each page that asks for one would answer 500. It is seen before anything goes live.",
    cure: "write the migrations with `python manage.py makemigrations APP`, commit them, and run the same command again. Where .gitignore leaves them out, or the README says to make them, Roadie makes them itself and keeps them in the site's data.",
  },
  'migrations-undecided': {
    when: 'a project that leaves its migrations to whoever runs it has changed its models in a way that `makemigrations` asks about: a new field that may not be empty and has no default, or what may be a new name for an old field or model. Nobody answers for its owner. The database is as it was, and what is live goes on.',
    cure: 'answer in the models (`default=…`, `null=True`), or make the migrations yourself, commit them, and run the same command again.',
  },
  'migration-failed': {
    when: '`manage.py migrate` ended with an error, or could not get a lock in time. The release before goes on serving.',
    cure: 'read the error and fix the migration; where a lock was the cause, run the same command again.',
  },
  'static-failed': {
    when: '`manage.py collectstatic` ended with an error. With a manifest storage that is mostly a file that some style sheet names and that does not exist.',
    cure: 'add the file that the error names, or take the reference out.',
  },
  'listens-publicly': {
    when: 'a process of a new release listens on a TCP port of an address other than 127.0.0.1 and ::1: a development server in a Procfile, a dashboard of a queue, or code that opens a socket when it is loaded. Visitors reach a site through the edge only; that port would be open past its HTTPS and its limits. The release was refused, and the one before serves on.',
    cure: 'have it listen on 127.0.0.1 or on a unix socket, or not at all. Where everybody is meant to reach it, allow the port in `roadie.toml`: `[network]`, `listen = [8883]`; see [Supervision](../supervision.md#ports).',
  },
  'rolled-back': {
    when: 'With `--wait-bake`: the new release went live, did badly while it was watched, and the release before serves again. The problem says what was met. Where the way back was closed as well, it says that, and the new release serves on.',
    cure: 'See `roadie logs SITE web` for what went wrong, fix the project and deploy again. A later commit of a repository that the site follows is released by itself, unless that has been given up three times within six hours.',
  },
  'not-proven': {
    when: 'With `--wait-bake`: another deploy or a rollback replaced the release before its time was over.',
    cure: 'See `roadie releases SITE` for what is live, and `roadie events` for what happened.',
  },
  'no-release': {
    when: 'a command needs a release that serves, and the site has none: its first `roadie up` has not come to its end.',
    cure: 'bring the site up: `roadie up`.',
  },
  'nothing-to-tune': {
    when: "the web server is one whose processes Roadie does not choose, every page to ask for fails already, `--servers` names one that cannot run the site's application, or the config decides on processes and threads by itself.",
    cure: 'name a page that works with `--page`, other servers with `--servers`, or change `[web] workers` and `threads` in the config.',
  },
  'unknown-release': {
    when: 'A release was named that the site does not have, or there is none to go back to: the first release has nothing before it, and only the newest five are kept.',
    cure: 'See which there are with `roadie releases SITE`. Code from before them is deployed by its commit: `roadie deploy SITE --ref COMMIT`.',
  },
  'rollback-refused': {
    when: 'A migration that ran since the release you want to go back to has removed, renamed or tightened something that its code still needs. Roadie goes back with the code alone: the database stays as it is.',
    cure: 'Write a migration that brings the old shape back and deploy that, or fix the new code and deploy it. `--force` goes back all the same; requests that need what is gone will then fail.',
  },
  'served-outside': {
    when: "once everything of the project is loaded, `STATIC_ROOT` or `MEDIA_ROOT` names a folder that is not the site's own: another site's, one of the system, or one that a link leads away from. The edge can read more than a site can, so it serves a site's static files from its release, its uploads from `data/media`, and nothing else. The release before goes on serving.",
    cure: 'leave both settings to Roadie: take out what sets them after the settings (an `AppConfig.ready`), or unset the variable. Uploads that belong on another disk are mounted there: `mount --bind /mnt/disk/uploads /var/lib/roadie/sites/NAME/data/media`.',
  },
  'release-unhealthy': {
    when: 'a new release was started, and its health check was not answered in time or not with a good status: below 500, and not 400. It gets no visitor; the release before goes on serving.',
    cure: 'where the problem names an error and its place in the project, fix that; else read the log: `roadie logs SITE web`. Where the release only needs longer, set `timeout_seconds` or `tries` in `[health]` of the config; where the page is the wrong one, set `path`.',
  },

  // The machine
  'root-needed': {
    when: 'something was asked for that only root may do.',
    cure: 'run the command as root: `sudo roadie …`.',
  },
  'packages-missing': {
    when: 'Debian packages are missing, and Roadie does not run as root.',
    cure: 'run the `apt-get install` line in the problem as root, then the command again.',
  },
  'packages-failed': {
    when: 'apt could not install what is needed: it does not know a package, cannot reach its servers, has no room, or was in use by another program for too long.',
    cure: 'fix what apt says, then run the command again.',
  },
  'system-unsupported': {
    when: 'the machine does not run Debian 12 or newer, Ubuntu 22.04 or newer, or something made from them.',
    cure: 'use such a machine.',
  },
  'port-taken': {
    when: 'a port on which the edge is to listen is in use. The problem names the program where that can be found out.',
    cure: 'stop that program, or choose other ports with `--http-port` and `--https-port`.',
  },
  'no-access': {
    when: 'Roadie may not read or write a file or folder that it needs: it belongs to another user, or its file system is read-only.',
    cure: 'run the command as the right user, or give that user the right. Without root, Roadie keeps everything below the home of the user that runs it; `ROADIE_BASE` and `ROADIE_RUN` choose other folders.',
  },
  'disk-full': {
    when: 'the disk has too little room, or can take too few more files, to begin: then nothing was changed. Or it became full meanwhile: then what was done until then is kept.',
    cure: 'make room, then run the same command again.',
  },
  'service-failed': {
    when: 'a service was started and did not become ready in time, answered its health check badly too often, or ended again and again. Roadie goes on trying, at most every 30 seconds. Where a release answers its health check with 500, the problem names the error behind that and its place in the project.',
    cure: 'fix what the problem names, or read its log: `roadie logs SITE SERVICE`.',
  },
  'edge-refused': {
    when: 'what serves the host refuses the new configuration when it is tested. The configuration before stays in force.',
    cure: 'read its words in the problem.',
  },
  'edge-conflict': {
    when: "`[edge] server` of a site's config names another edge than that of another site, and one edge serves all sites of a host.",
    cure: 'let one of them name it, and remove the key from the others: it counts for them as well.',
  },
  'user-taken': {
    when: "a site needs a system user of its own, and there is one of that name which was made for something else: another Roadie, or a site that was deleted by hand. Roadie does not take it over, since what is that user's would be the new site's.",
    cure: 'choose another name for the site, or remove that user where nothing needs it any more.',
  },
  'own-file-refused': {
    when: 'a file that was given with `roadie file put`, or that was made from an example, cannot be added to the code of a release: the project has a folder or a link in its place.',
    cure: 'give the file another path, or remove it with `roadie file remove`; what is live stays as it is.',
  },
  'data-not-kept': {
    when: "the project writes below its code or ships data, and that could not be put into the site's data folder: the disk is full, or something that the site has put there is in the way.",
    cure: 'fix what the problem names, and run the same command again. Nothing in the data folder is ever written over, and what was live before is still there.',
  },
  'hand-over-refused': {
    when: "root takes over what a build has made, and found in it what no build should make: a file of another user's, a device, another file system, or folders without end. Nothing of anybody else's was changed, and the release before goes on serving.",
    cure: "find out which part of the project's or a package's set-up makes it.",
  },
  'processes-left': {
    when: "all processes of one of a site's users were killed, and some are still there: they hang in the kernel, mostly because a disk or a network file system does not answer. Nothing that they could still change is handed over.",
    cure: 'find out what they wait for: the problem has the command. Then run the same command again.',
  },
  'command-failed': {
    when: 'a program that Roadie ran ended with an error. The problem has its output, or the path of its log.',
    cure: 'fix what it complains about, then run the same command again: it goes on from there.',
  },
  'restore-needed': {
    when: 'a file that Roadie made once and must not make anew is missing or damaged, such as the key of the local authority.',
    cure: 'put it back from a backup, or do what the problem proposes instead.',
  },
};
