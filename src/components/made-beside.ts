/**
 * The maker works beside, and a rename that is on the disk makes it the folder: where it is killed, nothing half made has the
 * folder's name. Arguments after the script: the new folder, the folder, the maker and its own arguments.
 */
const makeBeside = `set -eu
new=$1 folder=$2; shift 2
rm -rf -- "$new"
"$@"
mv -T -- "$new" "$folder"
sync "$(dirname "$folder")"`;

/** A command that makes a folder whole or not at all. `maker`: what fills the folder that it is given, which does not exist. */
export function madeBeside(
  folder: string,
  maker: (fresh: string) => readonly [string, ...string[]],
): readonly [string, ...string[]] {
  const fresh = `${folder}.new`;
  return ['/bin/sh', '-c', makeBeside, 'make-beside', fresh, folder, ...maker(fresh)];
}
