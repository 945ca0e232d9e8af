/* Stands between one process and its disk (LD_PRELOAD): slow syncs, errors, and a record of every byte and sync.
 *
 * RIG_DISK_FILES    absolute path of a file: it and every file whose path begins with it are looked after
 * RIG_DISK_CONTROL  eight 64-bit integers (struct control), mapped: whoever writes there changes the disk at once
 * RIG_DISK_LOG      optional: every change of those files, in order, as struct record and its payload
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

struct control {
    int64_t sync_ms;      /* each sync takes so much longer */
    int64_t full;         /* others took the rest: only what shrinks here makes room, ENOSPC beyond free_bytes */
    int64_t error;        /* errno of every write, sync and opening for writing */
    int64_t no_new_files; /* no inode is left: ENOSPC for a new file */
    int64_t free_bytes;   /* what statvfs says is free, -1: the truth */
    int64_t no_real_sync; /* a sync is recorded and not done */
    int64_t syncs;        /* counted here */
    int64_t written;      /* bytes, counted here */
};

struct record {
    uint32_t kind; /* one of the letters below */
    uint32_t file; /* which file, by the order of first opening */
    int64_t offset;
    int64_t size; /* of the payload that follows; of a truncated file the new length */
};

#define MOST_FDS 65536
#define MOST_FILES 4096

static struct control nothing = {.free_bytes = -1};
static struct control *control = &nothing;
static int log_fd = -1;
static char prefix[4096], folder[4096];
static uint32_t file_of_fd[MOST_FDS]; /* file + 1; FOLDER for the folder itself */
static char *path_of_file[MOST_FILES];
static uint32_t files;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
#define FOLDER UINT32_MAX

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static int (*real_statvfs)(const char *, struct statvfs *);

__attribute__((constructor)) static void begin(void) {
    real_open = dlsym(RTLD_NEXT, "open");
    real_openat = dlsym(RTLD_NEXT, "openat");
    real_close = dlsym(RTLD_NEXT, "close");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_statvfs = dlsym(RTLD_NEXT, "statvfs");
    const char *chosen = getenv("RIG_DISK_FILES"), *place = getenv("RIG_DISK_CONTROL"), *log = getenv("RIG_DISK_LOG");
    if (!chosen || !place) return;
    snprintf(prefix, sizeof prefix, "%s", chosen);
    snprintf(folder, sizeof folder, "%s", chosen);
    char *slash = strrchr(folder, '/');
    if (slash) *slash = 0;
    int fd = real_open(place, O_RDWR | O_CLOEXEC);
    if (fd < 0) abort();
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) abort();
    control = mapped;
    real_close(fd);
    if (log) log_fd = real_open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static int ours(const char *path) { return prefix[0] && path && strncmp(path, prefix, strlen(prefix)) == 0; }

static uint32_t number_of(int fd) { return fd >= 0 && fd < MOST_FDS ? file_of_fd[fd] : 0; }

static int tracked(int fd) { return number_of(fd) && number_of(fd) != FOLDER; }

static void put(char kind, uint32_t file, int64_t offset, int64_t size, const void *payload, size_t length) {
    if (log_fd < 0) return;
    struct record head = {(uint32_t)kind, file, offset, size};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)payload, length}};
    if (writev(log_fd, parts, payload ? 2 : 1) < 0) abort();
}

static uint32_t known(const char *path) {
    for (uint32_t i = files; i > 0; i--)
        if (path_of_file[i - 1] && strcmp(path_of_file[i - 1], path) == 0) return i;
    return 0;
}

static void forget(const char *path) {
    uint32_t found = known(path);
    if (found) free(path_of_file[found - 1]), path_of_file[found - 1] = NULL;
}

static int refuse(int64_t number) {
    errno = (int)number;
    return -1;
}

static off_t size_of(int fd) {
    struct stat now;
    return fstat(fd, &now) == 0 ? now.st_size : 0;
}

static off_t size_at(const char *path) {
    struct stat now;
    return stat(path, &now) == 0 && now.st_nlink == 1 ? now.st_size : 0;
}

/* A file will end at `end`, which was at `size`: 0 where a full disk has no room for that. What it has is taken. */
static int fits(off_t size, off_t end) {
    if (!control->full) return 1;
    if (end - size > control->free_bytes) return end <= size;
    __atomic_sub_fetch(&control->free_bytes, end - size, __ATOMIC_RELAXED);
    return 1;
}

static void gives_back(off_t size) {
    if (control->full) __atomic_add_fetch(&control->free_bytes, size, __ATOMIC_RELAXED);
}

static int opened(int at, const char *path, int flags, mode_t mode) {
    if (at == AT_FDCWD && prefix[0] && strcmp(path, folder) == 0) {
        int fd = real_openat(at, path, flags, mode);
        if (fd >= 0 && fd < MOST_FDS) file_of_fd[fd] = FOLDER;
        return fd;
    }
    if (!ours(path)) return real_openat(at, path, flags, mode);
    int writes = (flags & O_ACCMODE) != O_RDONLY, exists = access(path, F_OK) == 0;
    if (writes && control->error) return refuse(control->error);
    if (!exists && (flags & O_CREAT) && (control->no_new_files || (control->full && !control->free_bytes)))
        return refuse(ENOSPC);
    pthread_mutex_lock(&lock);
    off_t emptied = exists && writes && (flags & O_TRUNC) ? size_at(path) : 0;
    int fd = real_openat(at, path, flags, mode);
    if (fd >= 0) gives_back(emptied);
    if (fd >= 0 && fd < MOST_FDS) {
        if (!exists) forget(path);
        uint32_t file = exists ? known(path) : 0;
        if (!file && files < MOST_FILES) {
            path_of_file[files++] = strdup(path);
            file = files;
            put('O', file, !exists, (int64_t)strlen(path), path, strlen(path));
        }
        if (exists && writes && (flags & O_TRUNC)) put('T', file, 0, 0, NULL, 0);
        file_of_fd[fd] = file;
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE(flags, mode)                                                                                              \
    mode_t mode = 0;                                                                                                   \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                                               \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return opened(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    return opened(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int openat(int at, const char *path, int flags, ...) {
    MODE(flags, mode)
    return opened(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
    MODE(flags, mode)
    return opened(at, path, flags | O_LARGEFILE, mode);
}

int __open_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }

int __open64_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags | O_LARGEFILE, 0); }

int close(int fd) {
    if (fd >= 0 && fd < MOST_FDS) file_of_fd[fd] = 0;
    return real_close(fd);
}

static ssize_t written(int fd, const void *data, size_t size, off_t offset, int at_offset) {
    if (control->error) return refuse(control->error);
    pthread_mutex_lock(&lock);
    if (!at_offset) {
        offset = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
    }
    ssize_t done = -1;
    off_t now = size_of(fd), end = offset + (off_t)size;
    if (!fits(now, end > now ? end : now)) {
        errno = ENOSPC;
    } else {
        done = at_offset ? real_pwrite(fd, data, size, offset) : real_write(fd, data, size);
        if (done > 0) {
            __atomic_add_fetch(&control->written, done, __ATOMIC_RELAXED);
            put('W', number_of(fd), offset, done, data, (size_t)done);
        }
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *data, size_t size) {
    return tracked(fd) ? written(fd, data, size, 0, 0) : real_write(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    return tracked(fd) ? written(fd, data, size, offset, 1) : real_pwrite(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) { return pwrite(fd, data, size, offset); }

ssize_t sendfile(int out, int in, off_t *offset, size_t size) {
    (void)out, (void)in, (void)offset, (void)size;
    return refuse(EINVAL); /* Python then copies by write, which is seen */
}

ssize_t sendfile64(int out, int in, off64_t *offset, size_t size) { return sendfile(out, in, offset, size); }

int ftruncate(int fd, off_t length) {
    if (!tracked(fd)) return real_ftruncate(fd, length);
    if (control->error) return refuse(control->error);
    pthread_mutex_lock(&lock);
    if (!fits(size_of(fd), length)) {
        pthread_mutex_unlock(&lock);
        return refuse(ENOSPC);
    }
    int done = real_ftruncate(fd, length);
    if (done == 0) put('T', number_of(fd), 0, length, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

int truncate(const char *path, off_t length) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int done = ftruncate(fd, length), why = errno;
    close(fd);
    errno = why;
    return done;
}

int truncate64(const char *path, off64_t length) { return truncate(path, length); }

static int synced(int fd, int (*real)(int)) {
    uint32_t file = number_of(fd);
    if (!file) return real(fd);
    if (control->error) return refuse(control->error);
    if (control->sync_ms) usleep((useconds_t)control->sync_ms * 1000);
    int done = control->no_real_sync ? 0 : real(fd);
    if (done == 0) {
        __atomic_add_fetch(&control->syncs, 1, __ATOMIC_RELAXED);
        pthread_mutex_lock(&lock);
        put(file == FOLDER ? 'D' : 'S', file == FOLDER ? 0 : file, 0, 0, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    return done;
}

int fsync(int fd) { return synced(fd, real_fsync); }

int fdatasync(int fd) { return synced(fd, real_fdatasync); }

int rename(const char *from, const char *to) {
    if (!ours(from) && !ours(to)) return real_rename(from, to);
    if (control->error) return refuse(control->error);
    pthread_mutex_lock(&lock);
    int done = real_rename(from, to);
    if (done == 0) {
        char both[2 * 4096];
        int length = snprintf(both, sizeof both, "%s%c%s", from, 0, to);
        put('R', 0, 0, length, both, (size_t)length);
        forget(to);
        uint32_t file = known(from);
        if (file) free(path_of_file[file - 1]), path_of_file[file - 1] = strdup(to);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int unlink(const char *path) {
    if (!ours(path)) return real_unlink(path);
    if (control->error) return refuse(control->error);
    pthread_mutex_lock(&lock);
    off_t size = size_at(path);
    int done = real_unlink(path);
    if (done == 0) {
        gives_back(size);
        put('U', 0, 0, (int64_t)strlen(path), path, strlen(path));
        forget(path);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

static int told(int done, struct statvfs *found) {
    int64_t free_bytes = control->free_bytes;
    if (done == 0 && free_bytes >= 0) {
        fsblkcnt_t blocks = (fsblkcnt_t)free_bytes / found->f_frsize;
        if (blocks < found->f_bavail) found->f_bavail = blocks;
        if (blocks < found->f_bfree) found->f_bfree = blocks;
    }
    return done;
}

int statvfs(const char *path, struct statvfs *found) { return told(real_statvfs(path, found), found); }

int statvfs64(const char *path, struct statvfs64 *found) { return statvfs(path, (struct statvfs *)found); }

/* Called by a test in this process: writes a word of its own between the records. */
void rig_mark(const char *text) {
    pthread_mutex_lock(&lock);
    put('M', 0, 0, (int64_t)strlen(text), text, strlen(text));
    pthread_mutex_unlock(&lock);
}
