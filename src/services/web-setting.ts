/** How a web server runs: processes, and threads of each; null where it has none to choose. */
export type WebSetting = { readonly workers: number; readonly threads: number | null };

/** An application server as the config's `[web]` names it. `workerClass`: null where the server has one way to work. */
export type WebServer = { readonly server: string; readonly workerClass: string | null };

/** A server, and how it runs. */
export type WebChoice = WebServer & WebSetting;

/** What `roadie tune` has measured and the owner has taken. `server`: absent where it is the project's own. */
export type TunedWeb = WebSetting & { readonly server?: WebServer };
