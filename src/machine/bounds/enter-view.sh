# Becomes the command in a view of the machine. It runs as root in a mount namespace of its own, with nothing of the command's
# environment: $1 is the view's root, an empty folder, $2 and $3 files with tables of mounts (view.ts), the first may be missing, $4
# the folder to start in, the rest the command. Fixed text: what varies are its arguments. Open files and sockets stay open.
root=$1 disks=$2 own=$3 folder=$4
shift 4
# A disk that has just gone is no reason not to start: without the system itself the next step fails.
[ -z "$disks" ] || /usr/bin/mount -n -a -T "$disks" 2>/dev/null
/usr/bin/mount -n -a -T "$own" || exit 95
cd "$root" && /usr/sbin/pivot_root . . && /usr/bin/umount -n -l . && cd / && cd "$folder" || exit 96
unset PWD OLDPWD
exec "$@"
