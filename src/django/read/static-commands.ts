import { managementWords } from './start-commands.ts';

/** A verb and something that is served as a file: `compile_themes`, `build_assets`, `generatecss`. */
const name =
  /^(?:compile|build|bundle|generate|make|update|process|minify)_?(?:\w+_)?(?:themes?|static(?:files)?|assets?|s?css|sass|less|styles?|stylesheets?|js|jsi18n|javascript|frontend|bundles?|webpack)$/;

/** Whether a command makes static files, as its name has it: then it runs before they are collected, and writes in the release's code. */
export function preparesStatic(words: readonly string[]): boolean {
  return name.test(managementWords(words)?.[0] ?? '');
}
