import type { Fact } from '../facts.ts';
import { depthOf, folderOf } from './paths.ts';
import type { ProjectScan, SettingsScan } from './scan.ts';

/** A route that answers about health: app.json's, else one in the root urls. Routes of included urls have a prefix that is not known here. */
export function findHealthPath(scan: ProjectScan, settings: SettingsScan | undefined): Fact<string> | undefined {
  const text = scan.texts['app.json'];
  const path =
    text === undefined
      ? undefined
      : (/"healthchecks"[\s\S]*?"path"\s*:\s*"(\/[^"\s]*)"/.exec(text)?.[1] ??
        /"(?:healthcheck|health_check_path)"\s*:\s*"(\/[^"\s]*)"/.exec(text)?.[1]);
  if (path !== undefined) return { value: path, because: { says: 'app.json', where: { file: 'app.json' } } };
  const root = settings?.assigned['ROOT_URLCONF']?.value;
  const urls = typeof root === 'string' ? `${root.replaceAll('.', '/')}.py` : undefined;
  const route = scan.healthRoutes
    .filter((one) => urls !== undefined && (one.file === urls || one.file.endsWith(`/${urls}`)))
    .toSorted((left, right) => depthOf(folderOf(left.file)) - depthOf(folderOf(right.file)))[0];
  return (
    route && {
      value: route.value,
      because: { says: `a route in ${route.file}:${route.line}`, where: { file: route.file, line: route.line } },
    }
  );
}
