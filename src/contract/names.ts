/** A site's name: safe as a folder, a user's suffix and a file name in the edge's configuration. */
export const siteNamePattern = /^[a-z][a-z0-9-]{0,30}$/;

/** A path of a URL, its query included: what may follow the host in a request line. */
export const urlPathPattern = /^\/[\x21-\x7e]*$/;
