/* What a machine does to a program, for the tests: flushes that take long, a file system that has become read-only, a clock that is wrong. Loaded
   before the C library (LD_PRELOAD). Three numbers in the file that TRIBUTARY_TEST_FAULTS names say what is the matter, and may change at any time:
   milliseconds that each flush takes longer, whether files cannot be written, seconds that the clock is ahead. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct faults {
    int64_t flush_ms, read_only, clock_s;
};

static volatile const struct faults *faults;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("TRIBUTARY_TEST_FAULTS");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *mapped = mmap(NULL, sizeof(struct faults), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED)
        faults = mapped;
}

#define NEXT(name) \
    static __typeof__(&name) next; \
    if (!next) \
        next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static void flush(void) {
    int64_t ms = faults ? faults->flush_ms : 0;
    struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
    if (ms > 0)
        nanosleep(&wait, NULL);
}

int fsync(int file) {
    NEXT(fsync);
    flush();
    return next(file);
}

int fdatasync(int file) {
    NEXT(fdatasync);
    flush();
    return next(file);
}

/* Sockets, pipes and the like are not on the disk. */
static int refused(int file) {
    struct stat about;
    if (!faults || !faults->read_only || fstat(file, &about) != 0 || !S_ISREG(about.st_mode))
        return 0;
    errno = EROFS;
    return 1;
}

ssize_t write(int file, const void *bytes, size_t length) {
    NEXT(write);
    return refused(file) ? -1 : next(file, bytes, length);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
    NEXT(pwrite);
    return refused(file) ? -1 : next(file, bytes, length, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
    NEXT(pwrite64);
    return refused(file) ? -1 : next(file, bytes, length, at);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    NEXT(clock_gettime);
    int told = next(clock, now);
    if (told == 0 && faults && clock == CLOCK_REALTIME)
        now->tv_sec += faults->clock_s;
    return told;
}
