/** A site's name: safe as a folder, a user's suffix and a file name in the edge's configuration. */
export const siteNamePattern = /^[a-z][a-z0-9-]{0,30}$/;

/** A path of a URL, its query included: what may follow the host in a request line. */
export const urlPathPattern = /^\/[\x21-\x7e]*$/;

/**
 * A file's path in a project's code: relative, with `/`, and no way out of it or into what is no code (version control, bytecode).
 * At most 400 characters.
 */
export const codePathPattern = /^(?=.{1,400}$)(?!.*(?:^|\/)(?:\.{0,2}|\.git|__pycache__)(?:\/|$))[^\p{Cc}\p{Cs}\\]+$/u;

/** The largest file of the owner's own: more is data, and no part of a release. */
export const ownFileBytes: number = 512 * 1024;
