/** A site's name: safe as a folder, a user's suffix and a file name in the edge's configuration. */
export const siteNamePattern = /^[a-z][a-z0-9-]{0,30}$/;
