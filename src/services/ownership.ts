/** Numeric owner and group; absent without root. */
export type Ownership = { readonly uid: number; readonly gid: number };
