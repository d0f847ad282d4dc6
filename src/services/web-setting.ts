/** How a web server runs: processes, and threads of each; null where it has none to choose. */
export type WebSetting = { readonly workers: number; readonly threads: number | null };
