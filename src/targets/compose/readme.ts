import { findComponent } from '../../components/index.ts';
import { pythonImage } from './dockerfile.ts';
import { certificateSecret, keySecret } from './edge.ts';
import type { ComposeInput } from './input.ts';
import { paths } from './place.ts';
import { allSecrets, membersOf } from './services.ts';
import { preparesStatic } from '../../django/read/static-commands.ts';

/** The folder's README: what is in it, and the commands to run. */
export function readme(input: ComposeInput): string {
  const { project } = membersOf(input);
  const [domain] = input.place.domains;
  const image = pythonImage(input);
  const list = input.blueprint.components
    .map(({ name, because }) => `- ${findComponent(name)?.title ?? name}: ${because.says}`)
    .join('\n');
  return `# ${input.place.site} with Docker Compose

Made by \`roadie export compose ${input.place.site}\` from the release ${input.release.id}. The project in \`code/\` is not edited. It needs Docker 20.10 or later with BuildKit and Compose 2.24 or later.

${list}

## Start

\`\`\`sh
docker compose build
docker compose up --detach --wait
docker compose run --rm web python manage.py createsuperuser
\`\`\`

The site answers on ports 80 and 443 to ${input.place.domains.join(', ')}. Other ports: \`HTTP_PORT=8080 HTTPS_PORT=8443 docker compose up --detach --wait\`. Only the edge is published; what has data is on a network of its own that leads nowhere else.

## Secrets

\`secrets/\` holds one file for each secret. None is in an image, in \`compose.yaml\` or in a container's environment as Docker shows it: there stands \`{{secret:NAME}}\`, and a container fills it in when it starts. The folder can be entered by its owner alone (0700); its files can be read by all (0444), since the programs in the containers run as users of their own. Keep the folder out of repositories: \`.gitignore\` and \`.dockerignore\` name it.

${allSecrets(input)
  .map((name) => `- \`${name}\`${secretNotes[name] ?? ownNote(input, name)}`)
  .join('\n')}

After a change: \`docker compose up --detach --force-recreate\`. Where one is missing, nothing starts. The database keeps the password that it was made with: change it there as well.

## Certificate

\`secrets/${certificateSecret}\` and \`secrets/${keySecret}\` are the certificate that the site had when it was exported, and nothing here renews it. For one of your own, put it in their place; an ACME client that proves the domain over HTTP can use the folder \`acme/\`:

\`\`\`sh
certbot certonly --webroot --webroot-path acme --domain ${domain}
docker compose up --detach --force-recreate edge
\`\`\`

## The data

${bringing(input)}${fixtures(input)}Uploads go into the volume \`site-media\` (\`/srv/data/media\` in \`web\`), owned by 10001:10001.

## A new version of the code

Export again into the same folder, then:

\`\`\`sh
docker compose build
docker compose up --detach --wait
\`\`\`${frontEnd(input)}

\`migrate\`${oneShots(input)} before what serves. Compose replaces a container by stopping it first: requests of those seconds are answered with 503. \`docker compose down\` keeps all data, unless \`--volumes\` is given. Unlike on a machine that Roadie runs, nothing watches the release, and the only way back is the images of the one before.

## Sizes

${project.map(({ name }) => `\`${name}\``).join(', ')}: the numbers of processes in their commands suit the machine that this was exported on. \`roadie.toml\` decides them (\`[web] workers\`), or change them in \`compose.yaml\` and export with \`--force\` to take them back.

## Pinned images

Tags are pinned to a minor version, so that a rebuild brings security updates. To pin to exactly what you have tested, put each image's digest behind its tag:

\`\`\`sh
docker buildx imagetools inspect ${image} --format '{{.Manifest.Digest}}'
\`\`\`

and write \`${image}@sha256:…\` in \`Dockerfile\`, the same in \`compose.yaml\`.
`;
}

function bringing({ blueprint, place }: ComposeInput): string {
  const ways = blueprint.components.flatMap(
    ({ name, options }) => findComponent(name)?.container?.bringData?.(options, place) ?? [],
  );
  if (ways.length === 0) return '';
  const commands = ways.flatMap((way) => way.commands).join('\n');
  return `Volumes begin empty. To bring the data of the live site along, stop it first, so that nothing is written in between. It takes ${ways.map(({ file }) => file).join(', and ')}. Before the site's first start:

\`\`\`sh
${commands}
\`\`\`

`;
}

/** What the dump has of them must not come a second time, nor come back where somebody has removed it. */
function fixtures(input: ComposeInput): string {
  if (input.fixtures.length === 0) return '';
  return `The live site has loaded fixtures. With its data, before the first start:

\`\`\`sh
docker compose run --rm --no-deps web python -m roadie_fixtures --state=${paths.fixtures} --known ${input.fixtures.join(' ')}
\`\`\`

`;
}

function oneShots({ blueprint }: ComposeInput): string {
  return blueprint.facts.releaseCommands.some(({ value }) => !preparesStatic(value.words))
    ? ', and what the project runs with each release, run'
    : ' runs';
}

/** What Node has built is not built again. */
function frontEnd({ blueprint }: ComposeInput): string {
  const built = blueprint.facts.frontEnds ?? [];
  if (built.length === 0) return '';
  const commands = built.map(({ value }) =>
    [value.install, ...value.commands].map((words) => `\`${words.join(' ')}\``).join(', '),
  );
  return `\n\nWhat Node has built is in \`code/\` as it is live: ${commands.join('; ')} with Node ${built[0]?.value.node.value ?? ''}. Nothing here builds it again.`;
}

function ownNote({ own }: ComposeInput, name: string): string {
  const file = own.find(({ secret }) => secret === name);
  return file ? `: your own file \`${file.path}\`, which is mounted at its place in the code` : '';
}

const secretNotes: Readonly<Record<string, string>> = {
  'secret-key': ": Django's SECRET_KEY; sessions and links that were signed with it stay good",
  'database-password': ": of the site's role in the database",
  'database-superuser-password': ": of the database's administrator; only the database has it",
  [certificateSecret]: ': the certificate with its chain',
  [keySecret]: ": the certificate's key",
};
