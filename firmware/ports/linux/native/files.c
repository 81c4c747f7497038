/* The terminal's files: one folder, each file whole or appended to, durable when a call returns. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port.h"

#define NAME_MAX_BYTES 64
/* Twice the largest file of a terminal. */
#define FILE_BYTES_MAX (64 * 1024 * 1024)
static const char DRAFT[] = ".new";

static int folder = -1;

/* The name of a file of ours, in `name`; 0 and a thrown error where the value is none. */
static int name_of(JSContext *ctx, JSValueConst value, char name[NAME_MAX_BYTES])
{
    size_t size;
    const char *text = JS_ToCStringLen(ctx, &size, value);
    if (text == NULL) return 0;
    int is_name = folder >= 0 && size > 0 && size + sizeof DRAFT <= NAME_MAX_BYTES && strlen(text) == size &&
                  strchr(text, '/') == NULL && text[0] != '.';
    if (is_name) memcpy(name, text, size + 1);
    JS_FreeCString(ctx, text);
    if (!is_name) JS_ThrowRangeError(ctx, NULL, 0, "no name of a file");
    return is_name;
}

/* The system's error, or 0. */
static int write_all(int file, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(file, bytes, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        if (written == 0) return ENOSPC;
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

/* A file's content as a Uint8Array, or the part of it from `begin` up to `end`; null where there is none. */
static JSValue content_at(JSContext *ctx, int from, const char *path, int64_t begin, int64_t end)
{
    int file = openat(from, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return errno == ENOENT ? JS_NULL : throw_system(ctx, path, errno);
    struct stat facts;
    int error = fstat(file, &facts) < 0 ? errno : S_ISREG(facts.st_mode) ? 0 : EISDIR;
    if (error == 0 && facts.st_size > FILE_BYTES_MAX) error = EFBIG;
    if (error != 0) {
        close(file);
        return throw_system(ctx, path, error);
    }
    if (end > facts.st_size) end = facts.st_size;
    if (begin < 0 || begin > end) begin = end;
    size_t size = (size_t)(end - begin);
    uint8_t *bytes = js_malloc(ctx, size + 1);
    size_t got = 0;
    while (bytes != NULL && got < size) {
        ssize_t part = pread(file, bytes + got, size - got, (off_t)(begin + (int64_t)got));
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) error = errno;
        if (part <= 0) break;
        got += (size_t)part;
    }
    close(file);
    if (bytes == NULL) return JS_EXCEPTION;
    if (error == 0) return adopt_bytes(ctx, bytes, got);
    js_free(ctx, bytes);
    return throw_system(ctx, path, error);
}

static JSValue js_read(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    char name[NAME_MAX_BYTES];
    return name_of(ctx, given[0], name) ? content_at(ctx, folder, name, 0, FILE_BYTES_MAX) : JS_EXCEPTION;
}

static JSValue js_read_part(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    char name[NAME_MAX_BYTES];
    int64_t begin, end;
    if (!name_of(ctx, given[0], name)) return JS_EXCEPTION;
    if (JS_ToInt64(ctx, &begin, given[1]) < 0 || JS_ToInt64(ctx, &end, given[2]) < 0) return JS_EXCEPTION;
    return content_at(ctx, folder, name, begin, end);
}

static JSValue js_size(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    char name[NAME_MAX_BYTES];
    if (!name_of(ctx, given[0], name)) return JS_EXCEPTION;
    struct stat facts;
    if (fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0) return JS_NewInt64(ctx, facts.st_size);
    return errno == ENOENT ? JS_NewInt32(ctx, 0) : throw_system(ctx, name, errno);
}

static JSValue js_read_path(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const char *path = JS_ToCString(ctx, given[0]);
    if (path == NULL) return JS_EXCEPTION;
    JSValue content = content_at(ctx, AT_FDCWD, path, 0, FILE_BYTES_MAX);
    JS_FreeCString(ctx, path);
    return content;
}

static JSValue js_signal(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const uint8_t *bytes;
    size_t size;
    if (!bytes_of(ctx, given[1], &bytes, &size)) return JS_EXCEPTION;
    const char *path = JS_ToCString(ctx, given[0]);
    if (path == NULL) return JS_EXCEPTION;
    int file = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int error = file < 0 ? errno : write_all(file, bytes, size);
    if (file >= 0 && close(file) < 0 && error == 0) error = errno;
    JSValue answer = error == 0 ? JS_UNDEFINED : throw_system(ctx, path, error);
    JS_FreeCString(ctx, path);
    return answer;
}

/* Durable, and closed: the system's error, or 0. */
static int kept(int file)
{
    int error = fsync(file) < 0 ? errno : 0;
    if (close(file) < 0 && error == 0) error = errno;
    return error;
}

static JSValue js_append(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    char name[NAME_MAX_BYTES];
    const uint8_t *bytes;
    size_t size;
    if (!name_of(ctx, given[0], name) || !bytes_of(ctx, given[1], &bytes, &size)) return JS_EXCEPTION;
    int file = openat(folder, name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return throw_system(ctx, name, errno);
    struct stat facts;
    int error = fstat(file, &facts) < 0 ? errno : write_all(file, bytes, size);
    int kept_error = kept(file);
    if (error == 0) error = kept_error;
    if (error == 0 && facts.st_size == 0 && fsync(folder) < 0) error = errno;
    return error == 0 ? JS_UNDEFINED : throw_system(ctx, name, error);
}

static JSValue js_truncate(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    char name[NAME_MAX_BYTES];
    int64_t length;
    if (!name_of(ctx, given[0], name) || JS_ToInt64(ctx, &length, given[1]) < 0) return JS_EXCEPTION;
    int file = openat(folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return errno == ENOENT ? JS_UNDEFINED : throw_system(ctx, name, errno);
    struct stat facts;
    int error = fstat(file, &facts) < 0 ? errno : 0;
    if (error == 0 && length >= 0 && length < facts.st_size && ftruncate(file, length) < 0) error = errno;
    int kept_error = kept(file);
    if (error == 0) error = kept_error;
    return error == 0 ? JS_UNDEFINED : throw_system(ctx, name, error);
}

static JSValue js_replace(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    char name[NAME_MAX_BYTES], draft[NAME_MAX_BYTES + sizeof DRAFT];
    const uint8_t *bytes;
    size_t size;
    if (!name_of(ctx, given[0], name) || !bytes_of(ctx, given[1], &bytes, &size)) return JS_EXCEPTION;
    snprintf(draft, sizeof draft, "%s%s", name, DRAFT);
    int file = openat(folder, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return throw_system(ctx, name, errno);
    int error = write_all(file, bytes, size);
    int kept_error = kept(file);
    if (error == 0) error = kept_error;
    if (error == 0 && renameat(folder, draft, folder, name) < 0) error = errno;
    if (error == 0 && fsync(folder) < 0) error = errno;
    return error == 0 ? JS_UNDEFINED : throw_system(ctx, name, error);
}

/* Removes what cut replacements left behind. */
static int remove_drafts(void)
{
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = again < 0 ? NULL : fdopendir(again);
    if (names == NULL) {
        int error = errno;
        if (again >= 0) close(again);
        return error;
    }
    int error = 0;
    for (const struct dirent *one = readdir(names); one != NULL; one = readdir(names)) {
        size_t size = strlen(one->d_name);
        size_t end = sizeof DRAFT - 1;
        if (size <= end || strcmp(one->d_name + size - end, DRAFT) != 0) continue;
        if (unlinkat(folder, one->d_name, 0) < 0) error = errno;
    }
    closedir(names);
    return error;
}

static JSValue js_open_folder(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const char *path = JS_ToCString(ctx, given[0]);
    if (path == NULL) return JS_EXCEPTION;
    int error = mkdir(path, 0700) < 0 && errno != EEXIST ? errno : 0;
    if (error == 0) {
        folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0 || fchmod(folder, 0700) < 0 || flock(folder, LOCK_EX | LOCK_NB) < 0) error = errno;
        else error = remove_drafts();
    }
    JSValue answer = error == 0 ? JS_UNDEFINED : throw_system(ctx, path, error);
    JS_FreeCString(ctx, path);
    return answer;
}

void add_files(JSContext *ctx, JSValueConst native)
{
    add_function(ctx, native, "openFolder", js_open_folder, 1);
    add_function(ctx, native, "read", js_read, 1);
    add_function(ctx, native, "readPart", js_read_part, 3);
    add_function(ctx, native, "size", js_size, 1);
    add_function(ctx, native, "readPath", js_read_path, 1);
    add_function(ctx, native, "signal", js_signal, 2);
    add_function(ctx, native, "append", js_append, 2);
    add_function(ctx, native, "truncate", js_truncate, 2);
    add_function(ctx, native, "replace", js_replace, 2);
}
