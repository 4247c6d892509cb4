/* Loaded into a server before the C library, to make its disk fail while it serves. What fails is
   decided by files that a test makes: in the folder $FAULTS, "sync" has every sync fail, and
   "read-only" has the files below $FAULTY_DISK take nothing any more, as a file system that the
   kernel made read-only after an error. Nothing else is changed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_on(const char *fault) {
    const char *folder = getenv("FAULTS");
    char path[4096];
    int saved = errno;
    if (!folder || snprintf(path, sizeof path, "%s/%s", folder, fault) >= (int)sizeof path) return 0;
    int on = access(path, F_OK) == 0;
    errno = saved;
    return on;
}

/* Sockets and pipes go on, and so does a file that is on another disk. */
static int is_on_disk(int file) {
    const char *disk = getenv("FAULTY_DISK");
    struct stat found, folder;
    if (!disk || fstat(file, &found) || stat(disk, &folder)) return 0;
    return S_ISREG(found.st_mode) && found.st_dev == folder.st_dev;
}

static int refuses(int file) {
    if (!is_on("read-only") || !is_on_disk(file)) return 0;
    errno = EROFS;
    return 1;
}

static int refuses_path(const char *path, int flags) {
    const char *disk = getenv("FAULTY_DISK");
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
    if (!writes || !disk || strncmp(path, disk, strlen(disk)) || !is_on("read-only")) return 0;
    errno = EROFS;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int file) {
    if (!is_on("sync")) return REAL(fsync)(file);
    errno = EIO;
    return -1;
}

int fdatasync(int file) {
    if (!is_on("sync")) return REAL(fdatasync)(file);
    errno = EIO;
    return -1;
}

ssize_t write(int file, const void *bytes, size_t count) {
    return refuses(file) ? -1 : REAL(write)(file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    return refuses(file) ? -1 : REAL(pwrite)(file, bytes, count, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    return refuses(file) ? -1 : REAL(pwrite64)(file, bytes, count, at);
}

int ftruncate(int file, off_t length) {
    return refuses(file) ? -1 : REAL(ftruncate)(file, length);
}

int ftruncate64(int file, off64_t length) {
    return refuses(file) ? -1 : REAL(ftruncate64)(file, length);
}

#define OPENS(name)                                                    \
    int name(const char *path, int flags, ...) {                       \
        va_list more;                                                  \
        va_start(more, flags);                                         \
        int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, int) : 0; \
        va_end(more);                                                  \
        return refuses_path(path, flags) ? -1 : REAL(name)(path, flags, mode); \
    }

OPENS(open)
OPENS(open64)
