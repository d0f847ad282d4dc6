/** Whether some of the installed applications run programs of `node_modules` once static files are collected. */
export function usesModulesLater(apps: readonly string[]): boolean {
  return apps.some((app) => /^(compressor|pipeline|static_precompiler)\b/.test(app));
}
