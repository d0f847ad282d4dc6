import { join } from 'node:path';

import { namedByProject, undeclared, webComponent } from '../web/web-component.ts';
import {
  applicationEntry,
  configureWeb,
  threadedSetting,
  type WebOptions,
  webOptions,
  webService,
  withoutVariables,
} from '../web/web-service.ts';

/** The web server of WSGI projects that ask for it: processes with threads on a socket that the supervisor holds. */
export const uwsgiComponent = webComponent<WebOptions>({
  name: 'uwsgi',
  title: 'uWSGI',
  about:
    "Runs the project's WSGI application in several processes with threads, behind the edge on a unix socket. The project's own uwsgi.ini does not count. Where its first process is killed, its others exit with what they have begun, which those of the other servers finish.",
  options: webOptions,
  detect: (facts) => namedByProject('uwsgi', ['wsgi'], facts),
  runs: () => ['wsgi'],
  configure: configureWeb,
  // The same program in a wheel: uWSGI's own name has to be compiled.
  python: () => [undeclared('pyuwsgi>=2.0.23', 'uwsgi', 'pyuwsgi')],
  setting: threadedSetting,
  service: (options, place, release) => {
    const { application, environment } = applicationEntry(release);
    const { workers, threads } = threadedSetting(options, place, release);
    const timeout = Math.ceil(options.timeoutSeconds);
    // Each of its options can be given as a variable as well, a socket of its own among them.
    return webService(place, withoutVariables(release, /^UWSGI_/), options, {
      command: [
        join(release.bin, 'uwsgi'),
        '--http-socket=fd://3',
        '--master',
        `--processes=${workers}`,
        `--threads=${threads}`,
        '--enable-threads',
        '--single-interpreter',
        '--need-app',
        // SIGTERM reloads, unless told otherwise; once its master runs, it lets requests end first.
        '--die-on-term',
        '--hook-master-start=unix_signal:15 gracefully_kill_them_all',
        `--worker-reload-mercy=${timeout}`,
        // 4 seconds unless told otherwise, for a read or a write that does not move.
        `--socket-timeout=${timeout}`,
        // Of all headers together; the edge lets more through than its 4 KB.
        '--buffer-size=65535',
        // A body that the application does not read would break the connection off before the edge has the answer.
        '--post-buffering=65536',
        '--disable-logging',
        `--pythonpath=${release.root}`,
        `--module=${application}`,
      ],
      environment,
      // With LISTEN_FDS it would take the socket for one of its own protocol's.
      passing: 'descriptors',
    });
  },
});
