/**
 * Every problem that Roadie can report, declared once. The key is the code that users see and search for;
 * the page `docs/reference/problems.md` is generated from this table.
 */
export const catalogue = {
  // The command line and the daemon
  'bad-arguments': { title: 'The command line is not understood', exit: 2 },
  'confirmation-needed': { title: 'A question would have to be asked, and there is no terminal', exit: 2 },
  'not-confirmed': { title: 'You said no', exit: 1 },
  'daemon-not-running': { title: 'The daemon is not running', exit: 3 },
  'daemon-failed': { title: 'The daemon did not start', exit: 3 },
  busy: { title: 'Another operation is running', exit: 4 },
  'unknown-site': { title: 'There is no site of that name', exit: 2 },
  'unknown-service': { title: 'The site has no service of that name', exit: 2 },
  'certificate-not-served': { title: 'The renewed certificate is not served', exit: 1 },
  'no-authority': { title: 'There is no certificate authority yet', exit: 1 },
  'job-killed': { title: 'The operation was ended from outside', exit: 1 },
  interrupted: { title: 'You stopped it', exit: 130 },
  bug: { title: 'A bug in Roadie', exit: 70 },
  'state-damaged': { title: 'A state file cannot be read', exit: 1 },
  'plan-outdated': { title: 'The machine has changed since the plan was made', exit: 1 },
  // Names and the config file
  'bad-name': { title: 'That is not a site name', exit: 2 },
  'bad-domain': { title: 'That is not a domain', exit: 2 },
  'domain-taken': { title: 'Another site has that domain', exit: 2 },
  'bad-port': { title: 'That is not a port', exit: 2 },
  'config-syntax': { title: 'roadie.toml is not valid TOML', exit: 2 },
  'config-unknown-key': { title: 'roadie.toml has an unknown key', exit: 2 },
  'config-bad-value': { title: 'roadie.toml has a value of the wrong kind', exit: 2 },
  // Projects
  'source-missing': { title: 'There is nothing at that path or address', exit: 2 },
  'source-refused': { title: 'That kind of repository address is not allowed', exit: 2 },
  'no-django-project': { title: 'No Django project was found', exit: 1 },
  'several-projects': { title: 'More than one Django project was found', exit: 1 },
  'settings-syntax-error': { title: 'The settings have a syntax error', exit: 1 },
  'settings-failed': { title: 'The settings cannot be loaded', exit: 1 },
  'missing-variables': { title: 'The settings need environment variables that only you know', exit: 1 },
  'no-python': { title: 'No suitable Python is installed', exit: 1 },
  'python-unsupported': { title: 'The project needs a Python that Roadie does not support', exit: 1 },
  'django-unsupported': { title: 'The project needs a Django that Roadie does not support', exit: 1 },
  'no-application': { title: 'The project has neither a WSGI nor an ASGI application', exit: 1 },
  // Releases
  'dependencies-unresolvable': { title: 'The requirements cannot be installed', exit: 1 },
  'checks-failed': { title: "Django's checks found errors", exit: 1 },
  'migration-failed': { title: 'A migration failed', exit: 1 },
  'static-failed': { title: 'collectstatic failed', exit: 1 },
  'served-outside': { title: "NGINX would serve files that are not the site's", exit: 1 },
  'release-unhealthy': { title: 'The new release does not answer as it should', exit: 1 },
  'listens-publicly': { title: 'A release listens on a port that everybody can reach', exit: 1 },
  'rolled-back': { title: 'The new release was given up after the switch', exit: 5 },
  'not-proven': { title: 'The watch over the new release ended without a verdict', exit: 1 },
  'no-release': { title: 'The site has no live release', exit: 1 },
  'nothing-to-tune': { title: 'There is nothing to tune', exit: 1 },
  'unknown-release': { title: 'The site has no release of that name', exit: 2 },
  'rollback-refused': { title: 'The database has gone too far for the old release', exit: 1 },
  // The machine
  'root-needed': { title: 'This needs root', exit: 1 },
  'packages-missing': { title: 'Packages are missing and only root can install them', exit: 1 },
  'packages-failed': { title: 'apt could not install the packages', exit: 1 },
  'system-unsupported': { title: 'This system is not supported', exit: 1 },
  'port-taken': { title: 'A port is taken by another program', exit: 1 },
  'no-access': { title: 'A file or folder may not be read or written', exit: 1 },
  'disk-full': { title: 'The disk is nearly full', exit: 1 },
  'service-failed': { title: 'A service does not become ready', exit: 1 },
  'edge-refused': { title: 'NGINX refuses the configuration', exit: 1 },
  'user-taken': { title: "A system user of that name is not the site's", exit: 1 },
  'hand-over-refused': { title: 'A build left something that cannot be taken over', exit: 1 },
  'processes-left': { title: "Processes of a site's user do not end", exit: 1 },
  'command-failed': { title: 'A command failed', exit: 1 },
  'restore-needed': { title: 'A file that Roadie keeps is missing', exit: 1 },
} as const satisfies Record<string, { readonly title: string; readonly exit: number }>;

/** A key of {@link catalogue}. */
export type ProblemCode = keyof typeof catalogue;
