/* A disk that forgets what was not synced, for tests/tests/reliability/power.rs.
 *
 * Loaded into a program by LD_PRELOAD, it keeps a second file beside each that is written below
 * POWER_FROM: below POWER_TO, with only what an fsync or fdatasync has covered. That is what is left
 * for certain when the power fails. Making, renaming and removing files is taken for durable at
 * once, as on a file system with a journal.
 *
 * With POWER_WHOLE, a sync covers all of its file, as it has to where several processes write to it.
 * With POWER_LIES, syncs cover nothing: the test has to find out. With POWER_SLOW, each sync takes so
 * many milliseconds more.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES 64

/* What of a file was written since it was last synced. Several descriptors may be of one file. */
static struct { dev_t device; ino_t number; off_t from, to; } written[FILES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*next_write)(int, const void *, size_t);
static ssize_t (*next_pwrite)(int, const void *, size_t, off_t);

/* The path of the second file; 0 where there is none. */
static int second_path(const char *path, char *second) {
    const char *from = getenv("POWER_FROM"), *to = getenv("POWER_TO");
    size_t length = from ? strlen(from) : 0;
    char whole[2 * PATH_MAX], here[PATH_MAX];
    if (*path != '/' && getcwd(here, sizeof here)) {
        snprintf(whole, sizeof whole, "%s/%s", here, path);
        path = whole;
    }
    if (!from || !to || strncmp(path, from, length) || path[length] != '/') return 0;
    return snprintf(second, PATH_MAX, "%s%s", to, path + length) < PATH_MAX;
}

static void note(int file, off_t from, ssize_t count) {
    struct stat status;
    if (count <= 0 || getenv("POWER_WHOLE") || fstat(file, &status) || !S_ISREG(status.st_mode)) return;
    pthread_mutex_lock(&lock);
    int at = 0;
    while (at < FILES && written[at].to &&
           (written[at].device != status.st_dev || written[at].number != status.st_ino)) at++;
    if (at == FILES) abort();
    if (!written[at].to) {
        written[at].device = status.st_dev;
        written[at].number = status.st_ino;
        written[at].from = from;
    }
    if (from < written[at].from) written[at].from = from;
    if (from + count > written[at].to) written[at].to = from + count;
    pthread_mutex_unlock(&lock);
}

static void keep(int file, off_t from, off_t to) {
    char link[64], path[PATH_MAX] = {0}, second[PATH_MAX];
    static __thread char block[65536];
    struct stat status;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (readlink(link, path, sizeof path - 1) <= 0 || !second_path(path, second)) return;
    if (getenv("POWER_LIES")) return;
    /* Read through a descriptor of its own: this one may be for writing only. */
    int in = open(path, O_RDONLY | O_CLOEXEC);
    int out = open(second, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (in < 0 || out < 0 || fstat(file, &status)) abort();
    if (getenv("POWER_WHOLE")) from = 0, to = status.st_size;
    while (from < to) {
        size_t most = to - from < (off_t)sizeof block ? (size_t)(to - from) : sizeof block;
        ssize_t count = pread(in, block, most, from);
        if (count <= 0) break;
        if (next_pwrite(out, block, count, from) != count) abort();
        from += count;
    }
    if (ftruncate(out, status.st_size)) abort();
    close(in);
    close(out);
}

static int synced(int file, const char *name) {
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    struct stat status;
    off_t from = 0, to = 0;
    if (!fstat(file, &status)) {
        pthread_mutex_lock(&lock);
        for (int at = 0; at < FILES; at++)
            if (written[at].to && written[at].device == status.st_dev &&
                written[at].number == status.st_ino) {
                if (!to || written[at].from < from) from = written[at].from;
                if (written[at].to > to) to = written[at].to;
                written[at].to = 0;
            }
        pthread_mutex_unlock(&lock);
    }
    if (getenv("POWER_SLOW")) usleep(1000 * atoi(getenv("POWER_SLOW")));
    int result = next(file);
    if (!result && S_ISREG(status.st_mode) && status.st_nlink) keep(file, from, to);
    return result;
}

__attribute__((constructor)) static void begin(void) {
    next_write = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    next_pwrite = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
}

ssize_t write(int file, const void *from, size_t count) {
    ssize_t result = next_write(file, from, count);
    off_t end = lseek(file, 0, SEEK_CUR);
    if (end >= 0) note(file, end - result, result);
    return result;
}

ssize_t pwrite64(int file, const void *from, size_t count, off_t at) {
    ssize_t result = next_pwrite(file, from, count, at);
    note(file, at, result);
    return result;
}

ssize_t pwrite(int file, const void *from, size_t count, off_t at) {
    return pwrite64(file, from, count, at);
}

int fsync(int file) { return synced(file, "fsync"); }

int fdatasync(int file) { return synced(file, "fdatasync"); }

int unlink(const char *path) {
    char second[PATH_MAX];
    int (*next)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
    int result = next(path);
    if (!result && second_path(path, second)) next(second);
    return result;
}

int rename(const char *old, const char *new) {
    char second_old[PATH_MAX], second_new[PATH_MAX];
    int (*next)(const char *, const char *) =
        (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
    int result = next(old, new);
    if (!result && second_path(old, second_old) && second_path(new, second_new))
        next(second_old, second_new);
    return result;
}

int mkdir(const char *path, mode_t mode) {
    char second[PATH_MAX];
    int (*next)(const char *, mode_t) = (int (*)(const char *, mode_t))dlsym(RTLD_NEXT, "mkdir");
    int result = next(path, mode);
    if (!result && second_path(path, second)) next(second, mode);
    return result;
}
