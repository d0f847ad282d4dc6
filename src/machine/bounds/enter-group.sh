# Joins control groups and becomes the command: $1 is the files to write in, one a line, $2 how readily the kernel ends it where
# memory runs out (choom(1)), the rest the command. Runs as root, with nothing of the command's environment. Fixed text: what
# varies are its arguments. Nothing is started before it has joined, so nothing escapes.
groups=$1 readiness=$2
shift 2
[ -z "$readiness" ] || echo "$readiness" 2>/dev/null >/proc/self/oom_score_adj
set -f
IFS='
'
for group in $groups; do
  echo 0 >"$group" || exit 94
done
unset IFS
# A core file of a crash holds secrets, and fills the disk.
ulimit -c 0
exec "$@"
