import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { must, ProblemError } from '../../problems/problem.ts';
import { accessPlaces, ensureDeployKey, forgetHost, keepToken, knownHosts, withAccess } from '../../source/access.ts';
import { parseAddress } from '../../source/address.ts';
import { fetchUser } from '../../source/fetch-user.ts';
import { askRemote } from '../../source/remote.ts';
import type { JobContext } from '../context.ts';

/** Makes or shows the deploy key of a repository, and tries it: that first contact also tells the host's key. */
export async function deployKey(request: JobOf<'deploy-key'>, context: JobContext): Promise<JobResults['deploy-key']> {
  const url = repositoryOf(request.address, 'ssh');
  const places = accessPlaces(context.layout);
  if (request.forget_host) await forgetHost(places, url);
  const { publicKey, fingerprint } = await ensureDeployKey(places, url, request.rotate);
  const readable = await isReadable(url, context);
  return { address: url, public_key: publicKey, fingerprint, hosts: [...(await knownHosts(places, url))], readable };
}

/** Keeps the token for a repository by https, and tries it. */
export async function deployToken(
  request: JobOf<'deploy-token'>,
  context: JobContext,
): Promise<JobResults['deploy-token']> {
  const url = repositoryOf(request.address, 'https');
  const { token, user } = request;
  await keepToken(accessPlaces(context.layout), url, token === null ? undefined : { user, value: token });
  return { address: url, readable: await isReadable(url, context), kept: token !== null };
}

/** The address as git takes it. Throws `source-refused` where it is not by that kind of transport. */
function repositoryOf(address: string, transport: 'ssh' | 'https'): string {
  const parsed = must(parseAddress(address));
  const url = parsed.kind === 'git' ? parsed.url : parsed.path;
  const isSsh = parsed.kind === 'git' && parsed.local === undefined && !url.startsWith('https:');
  if (transport === 'ssh' ? isSsh : url.startsWith('https:')) return url;
  throw new ProblemError({
    code: 'source-refused',
    summary: `${url} is no address by ${transport}`,
    cure:
      transport === 'ssh'
        ? [
            'A deploy key is for an ssh address: `git@host:owner/name.git`. By https it is a token:',
            '$ roadie deploy-token ADDRESS',
          ]
        : ['A token is for an https address. By ssh it is a deploy key:', '$ roadie deploy-key ADDRESS'],
  });
}

async function isReadable(url: string, context: JobContext): Promise<boolean> {
  const user = await fetchUser(context.layout);
  try {
    await withAccess(accessPlaces(context.layout), { url, user }, (access) =>
      askRemote({ url, ref: undefined, who: user?.name }, { directory: '/', user, access, timeoutSeconds: 40 }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return false;
  }
}
