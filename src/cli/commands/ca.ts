import { command, type Context } from '../command.ts';
import type { AuthorityCertificate } from '../environment.ts';
import { ProblemError } from '../../problems/problem.ts';

/** `ca`: the local authority's certificate. */
export const ca = command({
  name: 'ca',
  group: 'This machine',
  about: "Print the local authorities' certificates (PEM)",
  details:
    'Whoever trusts them gets no warning from the sites of this machine: import them into a browser, or into the trusted\ncertificates of another machine. `roadie trust` does it for this one. The first is for private names (.localhost, .local,\n.test, .example, .internal, .home.arpa) and for no others; a site with a public name has one for its own names alone.\nTheir keys never leave the machine.',
  arguments: {},
  options: {},
  examples: [
    { command: 'roadie ca > roadie-ca.pem', about: 'a file to import' },
    { command: 'curl --cacert <(roadie ca) https://boards.localhost', about: 'for one request' },
  ],
  run: async (context) => {
    const certificate = (await authorityCertificates(context)).map(({ pem }) => pem).join('');
    context.emit({ certificate });
    context.say(certificate);
    return 0;
  },
});

/** The certificates of all local authorities. Throws `no-authority` where no site has made one yet. */
export async function authorityCertificates(context: Context): Promise<readonly AuthorityCertificate[]> {
  const certificates = await context.env.authority.read();
  if (certificates.length > 0) return certificates;
  throw new ProblemError({
    code: 'no-authority',
    summary: 'There is no certificate authority yet: the first site makes it',
    cure: ['$ roadie up'],
  });
}
