import type { EnvironmentName, Facts } from '../facts.ts';
import { baseName } from '../read/paths.ts';
import { settingsNamed } from '../read/root.ts';
import type { ProjectScan } from '../read/scan.ts';

/** Files from which settings fill the environment themselves, as their libraries call them. */
const environmentFile = /^\.env(?:\..+)?$|\.env$|^settings\.ini$|^\.?secrets\.\w+$/;
/** Samples for people: no program reads them. */
const sample = /example|sample|template|dist$/;

/**
 * The variables without which the settings cannot be loaded, told from their source alone: read without a default, whatever
 * happens. Empty where anything else in the project might supply them: then only asking Django tells.
 */
export function demandedVariables(scan: ProjectScan, facts: Facts): readonly EnvironmentName[] {
  const settings = settingsNamed(scan, facts.settingsModule.value, facts.root.value);
  if (!settings || settings.classes.length > 0) return [];
  const supplied = scan.files.map(baseName).some((name) => environmentFile.test(name) && !sample.test(name));
  if (supplied || scan.truncated) return [];
  const certain = new Set(settings.environment.filter((read) => read.certain).map((read) => read.name));
  return facts.environment.filter((name) => certain.has(name.name));
}
