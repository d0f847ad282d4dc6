import type { EdgeContainer } from '../container.ts';
import type { EdgePlace } from '../edge/place.ts';
import type { SiteInput } from '../edge/site-input.ts';
import { edgePaths } from './edge-place.ts';
import { edgeFiles, siteFile } from './edge.ts';

/** The same NGINX with the same rules. The image is of a stable branch, and runs as the user that it has for NGINX. */
export const nginxInContainer: EdgeContainer = {
  files(edge, input) {
    return filesOf(edge, input).map(({ path, content }) => ({
      path,
      content: content.replace(
        /^# Written by Roadie.*\n/,
        '# Made by `roadie export compose`. It is written anew by the next export.\n',
      ),
    }));
  },
  runs(edge) {
    const { main, status, temp } = edgePaths(edge);
    return {
      image: 'nginx:1.28',
      user: '101:101',
      command: ['nginx', '-c', main],
      temporary: ['/tmp', edge.run, temp],
      health: {
        command: ['curl', '--fail', '--silent', '--unix-socket', status, 'http://roadie/ready'],
        intervalSeconds: 10,
        timeoutSeconds: 5,
        retries: 3,
        startSeconds: 20,
      },
      // A stop waits so long for what is under way.
      stop: { signal: 'SIGQUIT', timeoutSeconds: 35 },
    };
  },
};

function filesOf(edge: EdgePlace, input: SiteInput) {
  const { prepare, start, enabled } = edgePaths(edge);
  const site = siteFile(edge, input);
  return [
    // What looks for the sites and starts NGINX on a machine has nothing to do here: there is one, and it is in the image.
    ...edgeFiles(edge).filter(({ path }) => path !== prepare && path !== start),
    { path: enabled, content: `include ${site.path};\n` },
    site,
  ];
}
