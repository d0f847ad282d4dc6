/**
 * A value as one word of NGINX's configuration. Throws for what no quoting makes safe: control characters, and `$`, which
 * NGINX expands in most directives. Names and paths are checked long before this, so such a value is a bug.
 */
export function quoted(value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (value === '' || /[\u0000-\u001f\u007f$]/.test(value))
    throw new Error(`${JSON.stringify(value)} cannot stand in NGINX's configuration`);
  return /^[A-Za-z0-9_./:@,=+-]+$/.test(value) ? value : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** A domain or an address as `server_name` takes it. Throws where it could be read as anything else. */
export function serverName(domain: string): string {
  if (!/^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(domain))
    throw new Error(`${JSON.stringify(domain)} is not a domain`);
  return domain.toLowerCase();
}

/** An address and port as `listen` takes them: IPv6 in brackets. */
export function endpoint(address: string, port: number): string {
  if (!/^[0-9A-Fa-f.:]+$/.test(address) || !Number.isInteger(port))
    throw new Error(`${address}:${port} is not an endpoint`);
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Every line that is not empty, moved to the right. */
export function indented(text: string, spaces = 4): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(spaces));
}
