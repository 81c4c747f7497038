/* Byte streams: serial devices, pseudo terminals, sockets of this machine, the program's own input and output. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "port.h"

#define STREAMS_MAX 16
#define PATH_BYTES 108
#define RECEIVE_BYTES 4096
/* A pipe that has room takes so many bytes without making anybody wait. */
#define SEND_BYTES_MAX 512
#define WAIT_MS_MAX 60000

typedef struct {
    int in;
    int out;
    /* The other side of a pseudo terminal, kept open so that a program that leaves does not end it; -1 for others. */
    int kept;
    char path[PATH_BYTES];
} Stream;

static Stream streams[STREAMS_MAX];
static int is_open[STREAMS_MAX];

static Stream *stream_of(JSContext *ctx, JSValueConst value)
{
    int32_t index;
    if (JS_ToInt32(ctx, &index, value) < 0) return NULL;
    if (index >= 0 && index < STREAMS_MAX && is_open[index]) return &streams[index];
    JS_ThrowRangeError(ctx, NULL, 0, "no stream %d", index);
    return NULL;
}

/* Bytes as they are, 115 200 baud, without control by the line: the system's error, or 0. */
static int make_raw(int device)
{
    struct termios settings;
    if (tcgetattr(device, &settings) < 0) return errno;
    settings.c_iflag &= (tcflag_t) ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXOFF);
    settings.c_oflag &= (tcflag_t)~OPOST;
    settings.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    settings.c_cflag &= (tcflag_t) ~(CSIZE | PARENB | CSTOPB);
    settings.c_cflag |= CS8 | CREAD | CLOCAL;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    if (cfsetispeed(&settings, B115200) < 0 || cfsetospeed(&settings, B115200) < 0) return errno;
    return tcsetattr(device, TCSANOW, &settings) < 0 ? errno : 0;
}

static int open_pty(Stream *stream)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) return errno;
    const char *path = grantpt(master) == 0 && unlockpt(master) == 0 ? ptsname(master) : NULL;
    int slave = path == NULL ? -1 : open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    int error = slave < 0 ? errno : make_raw(slave);
    if (error == 0 && fcntl(master, F_SETFL, O_NONBLOCK) < 0) error = errno;
    if (error == 0 && strlen(path) >= PATH_BYTES) error = ENAMETOOLONG;
    if (error != 0) {
        if (slave >= 0) close(slave);
        close(master);
        return error;
    }
    *stream = (Stream){.in = master, .out = master, .kept = slave};
    memcpy(stream->path, path, strlen(path) + 1);
    return 0;
}

static int open_socket(Stream *stream, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path) + 1);
    /* One that listens and takes nobody is told at once: whoever looks again and again must not wait for it. */
    int end = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (end < 0) return errno;
    int error = connect(end, (const struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
    if (error != 0) close(end);
    else *stream = (Stream){.in = end, .out = end, .kept = -1};
    return error;
}

/* What is written to a file that is no device comes behind what is there. */
static int open_device(Stream *stream, const char *path)
{
    int device = open(path, O_RDWR | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (device < 0) return errno;
    int error = isatty(device) ? make_raw(device) : 0;
    if (error != 0) close(device);
    else *stream = (Stream){.in = device, .out = device, .kept = -1};
    return error;
}

static int open_named(Stream *stream, const char *name)
{
    if (strcmp(name, "-") == 0) {
        *stream = (Stream){.in = STDIN_FILENO, .out = STDOUT_FILENO, .kept = -1};
        return 0;
    }
    if (strcmp(name, "pty") == 0) return open_pty(stream);
    struct stat facts;
    if (stat(name, &facts) < 0) return errno;
    int error = S_ISSOCK(facts.st_mode) ? open_socket(stream, name) : open_device(stream, name);
    if (error == 0 && strlen(name) < PATH_BYTES) memcpy(stream->path, name, strlen(name) + 1);
    return error;
}

static JSValue js_open(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const char *name = JS_ToCString(ctx, given[0]);
    if (name == NULL) return JS_EXCEPTION;
    int free = 0;
    while (free < STREAMS_MAX && is_open[free]) free += 1;
    int error = free == STREAMS_MAX ? EBUSY : open_named(&streams[free], name);
    JSValue answer = error == 0 ? JS_NewInt32(ctx, free) : throw_system(ctx, name, error);
    JS_FreeCString(ctx, name);
    if (error == 0) is_open[free] = 1;
    return answer;
}

static JSValue js_close(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const Stream *stream = stream_of(ctx, given[0]);
    if (stream == NULL) return JS_EXCEPTION;
    if (stream->in > STDERR_FILENO) close(stream->in);
    if (stream->out > STDERR_FILENO && stream->out != stream->in) close(stream->out);
    if (stream->kept >= 0) close(stream->kept);
    is_open[stream - streams] = 0;
    return JS_UNDEFINED;
}

static JSValue js_is_terminal(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const Stream *stream = stream_of(ctx, given[0]);
    return stream == NULL ? JS_EXCEPTION : JS_NewBool(ctx, isatty(stream->out));
}

static JSValue js_path(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const Stream *stream = stream_of(ctx, given[0]);
    return stream == NULL ? JS_EXCEPTION : JS_NewString(ctx, stream->path);
}

static int is_ready(int file, short what)
{
    struct pollfd one = {.fd = file, .events = what};
    return poll(&one, 1, 0) > 0;
}

static JSValue js_receive(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const Stream *stream = stream_of(ctx, given[0]);
    if (stream == NULL) return JS_EXCEPTION;
    uint8_t bytes[RECEIVE_BYTES];
    if (!is_ready(stream->in, POLLIN)) return new_bytes(ctx, bytes, 0);
    ssize_t got = read(stream->in, bytes, sizeof bytes);
    if (got > 0) return new_bytes(ctx, bytes, (size_t)got);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return new_bytes(ctx, bytes, 0);
    return JS_NULL;
}

static JSValue js_send(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const Stream *stream = stream_of(ctx, given[0]);
    const uint8_t *bytes;
    size_t size;
    if (stream == NULL || !bytes_of(ctx, given[1], &bytes, &size)) return JS_EXCEPTION;
    if (size == 0 || !is_ready(stream->out, POLLOUT)) return JS_NewInt32(ctx, 0);
    ssize_t sent = write(stream->out, bytes, size < SEND_BYTES_MAX ? size : SEND_BYTES_MAX);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return JS_NewInt32(ctx, 0);
    return sent < 0 ? JS_NULL : JS_NewInt32(ctx, (int32_t)sent);
}

/* Adds the files of a list of streams to what is waited for; -1 and a thrown error where one is no stream. */
static int add_waits(JSContext *ctx, JSValueConst list, short what, struct pollfd *files, int used)
{
    int64_t length;
    JSValue given = JS_GetPropertyStr(ctx, list, "length");
    if (JS_ToInt64(ctx, &length, given) < 0) return -1;
    JS_FreeValue(ctx, given);
    for (int64_t i = 0; i < length && i < STREAMS_MAX; i += 1) {
        JSValue index = JS_GetPropertyUint32(ctx, list, (uint32_t)i);
        const Stream *stream = stream_of(ctx, index);
        JS_FreeValue(ctx, index);
        if (stream == NULL) return -1;
        files[used] = (struct pollfd){.fd = what == POLLIN ? stream->in : stream->out, .events = what};
        used += 1;
    }
    return used;
}

static JSValue js_wait(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    struct pollfd files[2 * STREAMS_MAX];
    int64_t ms;
    int used = add_waits(ctx, given[0], POLLIN, files, 0);
    if (used >= 0) used = add_waits(ctx, given[1], POLLOUT, files, used);
    if (used < 0 || JS_ToInt64(ctx, &ms, given[2]) < 0) return JS_EXCEPTION;
    if (ms < 0 || ms > WAIT_MS_MAX) ms = WAIT_MS_MAX;
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    sigset_t none;
    sigemptyset(&none);
    if (ppoll(files, (nfds_t)used, &time, &none) < 0 && errno != EINTR) return throw_system(ctx, "waiting", errno);
    return JS_NewBool(ctx, is_ending());
}

void add_streams(JSContext *ctx, JSValueConst native)
{
    add_function(ctx, native, "open", js_open, 1);
    add_function(ctx, native, "close", js_close, 1);
    add_function(ctx, native, "isTerminal", js_is_terminal, 1);
    add_function(ctx, native, "path", js_path, 1);
    add_function(ctx, native, "receive", js_receive, 1);
    add_function(ctx, native, "send", js_send, 2);
    add_function(ctx, native, "wait", js_wait, 3);
}
