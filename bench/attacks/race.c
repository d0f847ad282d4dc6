/*
 * The adversary's inner loop: swaps a file for a link just ahead of whoever walks the folder. How far that one has come is seen by
 * files that stay and get another mode or owner on the way.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

struct arena {
    int folder;
    /* Files that stay, and pairs to swap, both in the order in which the folder lists them. */
    int marks, pairs;
    const char **mark, **one, **two;
    unsigned *seen;
    /* The next mark that has not changed yet. */
    int at;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static int changed(struct arena *arena, int index) {
    struct stat found;
    unsigned state = 0;
    if (fstatat(arena->folder, arena->mark[index], &found, AT_SYMLINK_NOFOLLOW) == 0)
        state = (found.st_mode & 07777) ^ (found.st_uid << 12);
    if (state == arena->seen[index]) return 0;
    arena->seen[index] = state;
    return 1;
}

/* Goes on for some seconds; answers how often it has swapped. */
long race(struct arena *arenas, int count, double seconds) {
    long swaps = 0;
    double end = now() + seconds;
    while (now() < end)
        for (struct arena *arena = arenas; arena < arenas + count; arena++) {
            int idle = 0;
            do {
                int moved = 0;
                while (arena->at < arena->marks && changed(arena, arena->at)) {
                    arena->at++;
                    moved = 1;
                }
                if (arena->at >= arena->marks) break;
                int pair = (int)((long)arena->at * arena->pairs / arena->marks);
                for (int next = pair; next < pair + 3 && next < arena->pairs; next++)
                    swaps += renameat2(arena->folder, arena->one[next], arena->folder, arena->two[next], RENAME_EXCHANGE) == 0;
                idle = moved ? 0 : idle + 1;
            } while (arena->at > 0 && idle < 2000);
            arena->at = 0;
        }
    return swaps;
}
