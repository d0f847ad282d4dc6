/** A request as NGINX logs it; `tries`: status and time to the header of each try at the application, none where it was not asked. */
export type Logged = {
  readonly client?: string;
  readonly user?: string;
  readonly time?: string;
  readonly method?: string;
  readonly path?: string;
  readonly request?: string;
  readonly status: number;
  readonly agent?: string;
  readonly referrer?: string;
  readonly tries?: readonly (readonly [status: number | '-', header: string])[];
};

/** One line of a site's access log, without its end. */
export function accessLine(logged: Logged): string {
  const { client = '203.0.113.9', user = '-', time = '2026-01-01T00:00:10+00:00', status } = logged;
  const { method = 'GET', path = '/', request = `${method} ${path} HTTP/2.0`, agent = 'curl', referrer = '-' } = logged;
  const { tries = [[status, '0.100']] } = logged;
  const list = (values: readonly (string | number)[]): string => (values.length === 0 ? '-' : values.join(', '));
  const upstream = [tries.map(() => '0.100'), tries.map(([one]) => one), tries.map(([, header]) => header)].map(list);
  return `${client} - ${user} [${time}] "${request}" ${status} 12 "${referrer}" "${agent}" f.org 0.100 ${upstream.join(' ')} ${'0a'.repeat(16)}`;
}
