/**
 * The catalogues of a project that nobody has compiled: Django reads `.mo` files alone, which many projects leave out of their
 * repository. Those of an environment or of packages beside the project are none. `files`: relative paths.
 */
export function uncompiledCatalogues(files: readonly string[]): readonly string[] {
  const all = new Set(files);
  return files.filter(
    (file) =>
      /(?:^|\/)[A-Za-z_@-]+\/LC_MESSAGES\/[^/]+\.po$/.test(file) &&
      !/(?:^|\/)(?:node_modules|site-packages)\//.test(file) &&
      !all.has(file.replace(/\.po$/, '.mo')),
  );
}
