import { command, type Context } from '../command.ts';
import { ProblemError } from '../../problems/problem.ts';

/** `ca`: the local authority's certificate. */
export const ca = command({
  name: 'ca',
  group: 'This machine',
  about: "Print the local authority's certificate (PEM)",
  details:
    'Whoever trusts this certificate gets no warning from the sites of this machine: import it into a browser,\nor into the trusted certificates of another machine. `roadie trust` does it for this one. Its key never leaves the machine.',
  arguments: {},
  options: {},
  examples: [
    { command: 'roadie ca > roadie-ca.pem', about: 'a file to import' },
    { command: 'curl --cacert <(roadie ca) https://boards.localhost', about: 'for one request' },
  ],
  run: async (context) => {
    const certificate = await authorityCertificate(context);
    context.emit({ certificate });
    context.say(certificate);
    return 0;
  },
});

/** The certificate as PEM. Throws `no-authority` where no site has made one yet. */
export async function authorityCertificate(context: Context): Promise<string> {
  const certificate = await context.env.authority.read();
  if (certificate !== undefined) return certificate;
  throw new ProblemError({
    code: 'no-authority',
    summary: 'There is no certificate authority yet: the first site makes it',
    cure: ['$ roadie up'],
  });
}
