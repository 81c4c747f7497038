/* Clocks, chance, the end, and words for whoever reads the log. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "port.h"

#define RANDOM_BYTES_MAX 4096

static volatile sig_atomic_t ending = 0;

static void on_end(int number)
{
    (void)number;
    ending = 1;
}

int is_ending(void)
{
    return ending;
}

int watch_signals(void)
{
    struct sigaction end = {.sa_handler = on_end};
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    /* They only come while the program waits (streams.c): a file is never left half written by one. */
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGINT);
    /* A file that may not grow is told by the call that wanted it to. */
    return sigaction(SIGXFSZ, &ignored, NULL) == 0 && sigaction(SIGTERM, &end, NULL) == 0 && sigaction(SIGINT, &end, NULL) == 0 &&
           sigaction(SIGPIPE, &ignored, NULL) == 0 && sigaction(SIGHUP, &ignored, NULL) == 0 &&
           sigprocmask(SIG_BLOCK, &held, NULL) == 0;
}

static JSValue js_wall(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    (void)given;
    return JS_NewInt64(ctx, (int64_t)time(NULL));
}

static JSValue js_steady(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    (void)given;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return JS_NewInt64(ctx, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static JSValue js_zone(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    int64_t utc;
    if (JS_ToInt64(ctx, &utc, given[0]) < 0) return JS_EXCEPTION;
    time_t moment = (time_t)utc;
    struct tm local;
    if (localtime_r(&moment, &local) == NULL) return JS_NewInt32(ctx, 0);
    return JS_NewInt32(ctx, (int32_t)(local.tm_gmtoff / 60));
}

static JSValue js_random(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    int32_t size;
    if (JS_ToInt32(ctx, &size, given[0]) < 0) return JS_EXCEPTION;
    if (size < 0 || size > RANDOM_BYTES_MAX) return JS_ThrowRangeError(ctx, NULL, 0, "%d bytes of chance", size);
    uint8_t bytes[RANDOM_BYTES_MAX];
    for (size_t got = 0; got < (size_t)size;) {
        ssize_t part = getrandom(bytes + got, (size_t)size - got, 0);
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) return throw_system(ctx, "chance", errno);
        got += (size_t)part;
    }
    JSValue drawn = new_bytes(ctx, bytes, (size_t)size);
    explicit_bzero(bytes, sizeof bytes);
    return drawn;
}

static JSValue js_print(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const char *text = JS_ToCString(ctx, given[0]);
    if (text == NULL) return JS_EXCEPTION;
    puts(text);
    JS_FreeCString(ctx, text);
    return JS_UNDEFINED;
}

static JSValue js_say(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const char *line = JS_ToCString(ctx, given[0]);
    if (line == NULL) return JS_EXCEPTION;
    fprintf(stderr, "%s\n", line);
    JS_FreeCString(ctx, line);
    return JS_UNDEFINED;
}

void add_system(JSContext *ctx, JSValueConst native)
{
    add_function(ctx, native, "wall", js_wall, 0);
    add_function(ctx, native, "steady", js_steady, 0);
    add_function(ctx, native, "zone", js_zone, 1);
    add_function(ctx, native, "random", js_random, 1);
    add_function(ctx, native, "print", js_print, 1);
    add_function(ctx, native, "say", js_say, 1);
}
