import type { Evidence } from '../facts.ts';
import { folderOf } from './paths.ts';
import type { ProjectScan } from './scan.ts';

/** The document that leaves the making of migrations to whoever runs the project; undefined where none does. */
export function leavesMigrations({ leftMigrations }: ProjectScan): Evidence | undefined {
  const { documents } = leftMigrations;
  const found = documents.find(({ ignored }) => ignored) ?? documents[0];
  if (!found) return undefined;
  const { file, line, ignored } = found;
  return {
    says: ignored ? `${file}:${line} has git ignore them` : `${file}:${line} says to make them`,
    where: { file, line },
  };
}

/** For the owner, where an app has models and none. */
export function leftMigrationsNote(scan: ProjectScan, because: Evidence | undefined): readonly Evidence[] {
  const root = folderOf(scan.manage[0]?.file ?? 'manage.py');
  const apps = scan.leftMigrations.apps.filter((app) => root === '.' || app.startsWith(`${root}/`));
  if (!because || apps.length === 0) return [];
  return [
    {
      ...because,
      says: `${apps.join(', ')} ${apps.length === 1 ? 'has' : 'have'} models and no migrations, and ${because.says}: where such an app is installed, each release makes them (\`makemigrations\`), and they are kept in the site's data for the next`,
    },
  ];
}
