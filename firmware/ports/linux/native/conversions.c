/* Loops over every byte that the supervisor's visits spend much of their time in (conversions.ts says what they promise). */
#include <math.h>
#include <string.h>

#include "port.h"

/* ISO 3309, a nibble at a time. */
static const uint32_t CRC_OF_NIBBLE[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

static JSValue js_crc32(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const uint8_t *bytes;
    size_t size;
    if (!bytes_of(ctx, given[0], &bytes, &size)) return JS_EXCEPTION;
    uint32_t value = 0xffffffff;
    for (size_t i = 0; i < size; i += 1) {
        value ^= bytes[i];
        value = (value >> 4) ^ CRC_OF_NIBBLE[value & 15];
        value = (value >> 4) ^ CRC_OF_NIBBLE[value & 15];
    }
    return JS_NewInt64(ctx, (int64_t)(value ^ 0xffffffff));
}

#define KEY "~"

/* {"~": text}, with one character for each byte of a Uint8Array. */
static JSValue js_marked_bytes(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)count;
    (void)given;
    const uint8_t *bytes;
    size_t size;
    if (!bytes_of(ctx, self, &bytes, &size)) return JS_EXCEPTION;
    char *text = js_malloc(ctx, 2 * size + 1);
    if (text == NULL) return JS_EXCEPTION;
    size_t used = 0;
    for (size_t i = 0; i < size; i += 1) {
        if (bytes[i] >= 0x80) {
            text[used] = (char)(0xc0 | (bytes[i] >> 6));
            used += 1;
        }
        text[used] = (char)(bytes[i] >= 0x80 ? 0x80 | (bytes[i] & 63) : bytes[i]);
        used += 1;
    }
    JSValue marked = JS_NewObject(ctx);
    JS_SetPropertyStr(ctx, marked, KEY, JS_NewStringLen(ctx, text, used));
    js_free(ctx, text);
    return marked;
}

/* Bytes of one sequence in the engine's own UTF-8, by its first byte. */
static size_t sequence_size(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* The lower byte of each character of a text in the engine's own UTF-8. */
static JSValue lower_bytes(JSContext *ctx, const uint8_t *text, size_t size)
{
    uint8_t *bytes = js_malloc(ctx, size + 1);
    if (bytes == NULL) return JS_EXCEPTION;
    size_t used = 0;
    for (size_t at = 0; at < size;) {
        size_t length = sequence_size(text[at]);
        if (length > size - at) break;
        uint32_t code = length == 1 ? text[at] : text[at] & (0x7fu >> length);
        for (size_t i = 1; i < length; i += 1) code = (code << 6) | (text[at + i] & 63);
        /* Beyond the first plane a character is two of the engine's. */
        if (length == 4) {
            bytes[used] = (uint8_t)((code - 0x10000) >> 10);
            used += 1;
        }
        bytes[used] = (uint8_t)code;
        used += 1;
        at += length;
    }
    return adopt_bytes(ctx, bytes, used);
}

/* More than any value that crosses is nested. */
#define DEPTH_MAX 64

static JSValue heard(JSContext *ctx, JSValue value, int depth);

/* Hears each field of an object, or item of a list. */
static int hear_fields(JSContext *ctx, JSValueConst value, int depth)
{
    JSPropertyEnum *names;
    uint32_t count;
    if (JS_GetOwnPropertyNames(ctx, &names, &count, value, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) return 0;
    int is_heard = 1;
    for (uint32_t i = 0; i < count && is_heard; i += 1) {
        JSValue item = JS_GetProperty(ctx, value, names[i].atom);
        if (!JS_IsObject(item)) {
            is_heard = !JS_IsException(item);
            JS_FreeValue(ctx, item);
            continue;
        }
        item = heard(ctx, item, depth + 1);
        is_heard = !JS_IsException(item) && JS_SetProperty(ctx, value, names[i].atom, item) >= 0;
    }
    JS_FreePropertyEnum(ctx, names, count);
    return is_heard;
}

/* Takes the value, and gives it with bytes in the place of what was said of them. */
static JSValue heard(JSContext *ctx, JSValue value, int depth)
{
    if (!JS_IsObject(value)) return value;
    JSValue text = JS_GetPropertyStr(ctx, value, KEY);
    JSValue result = JS_EXCEPTION;
    if (JS_IsString(text)) {
        size_t size;
        const char *characters = JS_ToCStringLen(ctx, &size, text);
        if (characters != NULL) result = lower_bytes(ctx, (const uint8_t *)characters, size);
        JS_FreeCString(ctx, characters);
    } else if (depth > DEPTH_MAX) {
        JS_ThrowRangeError(ctx, NULL, 0, "a value is nested deeper than %d", DEPTH_MAX);
    } else if (hear_fields(ctx, value, depth)) {
        result = JS_DupValue(ctx, value);
    }
    JS_FreeValue(ctx, text);
    JS_FreeValue(ctx, value);
    return result;
}

static JSValue js_heard(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    return heard(ctx, JS_DupValue(ctx, given[0]), 0);
}

static int is_utf8(const uint8_t *bytes, size_t size)
{
    static const uint32_t SMALLEST[] = {0, 0x80, 0x800, 0x10000};
    for (size_t at = 0; at < size;) {
        uint8_t first = bytes[at];
        size_t more = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : first >> 3 == 30 ? 3 : size;
        if (more >= size - at) return 0;
        uint32_t code = more == 0 ? first : first & (63u >> more);
        for (size_t i = 1; i <= more; i += 1) {
            if (bytes[at + i] >> 6 != 2) return 0;
            code = (code << 6) | (bytes[at + i] & 63);
        }
        if (code < SMALLEST[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
        at += more + 1;
    }
    return 1;
}

static JSValue js_strict_text(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const uint8_t *bytes;
    size_t size;
    if (!bytes_of(ctx, given[0], &bytes, &size)) return JS_EXCEPTION;
    return is_utf8(bytes, size) ? JS_NewStringLen(ctx, (const char *)bytes, size) : JS_NULL;
}

static JSValue js_concat(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    const uint8_t *part;
    size_t size, whole = 0;
    for (int i = 0; i < count; i += 1) {
        if (!bytes_of(ctx, given[i], &part, &size)) return JS_EXCEPTION;
        whole += size;
    }
    uint8_t *bytes = js_malloc(ctx, whole + 1);
    if (bytes == NULL) return JS_EXCEPTION;
    size_t used = 0;
    for (int i = 0; i < count && bytes_of(ctx, given[i], &part, &size); i += 1) {
        memcpy(bytes + used, part, size);
        used += size;
    }
    return adopt_bytes(ctx, bytes, used);
}

#define INTEGER_BYTES_MAX 8
#define SAFE_INTEGER_MAX 9007199254740991.0

static JSValue js_big_endian(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    double value;
    int32_t size;
    if (JS_ToFloat64(ctx, &value, given[0]) < 0 || JS_ToInt32(ctx, &size, given[1]) < 0) return JS_EXCEPTION;
    int is_whole = value >= 0 && value <= SAFE_INTEGER_MAX && (double)(uint64_t)value == value;
    uint64_t rest = is_whole ? (uint64_t)value : 0;
    if (!is_whole || size < 0 || size > INTEGER_BYTES_MAX || (size < INTEGER_BYTES_MAX && rest >> (8 * size) != 0))
        return JS_ThrowRangeError(ctx, NULL, 0, "bigEndian: the value does not fit %d bytes", size);
    uint8_t bytes[INTEGER_BYTES_MAX];
    for (int32_t i = size - 1; i >= 0; i -= 1) {
        bytes[i] = (uint8_t)rest;
        rest >>= 8;
    }
    return new_bytes(ctx, bytes, (size_t)size);
}

static JSValue js_read_big_endian(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const uint8_t *bytes;
    size_t length;
    int64_t at;
    int32_t size;
    if (!bytes_of(ctx, given[0], &bytes, &length)) return JS_EXCEPTION;
    if (JS_ToInt64(ctx, &at, given[1]) < 0 || JS_ToInt32(ctx, &size, given[2]) < 0) return JS_EXCEPTION;
    if (at < 0 || size < 0 || at + size > (int64_t)length) return JS_NewFloat64(ctx, NAN);
    if (size >= INTEGER_BYTES_MAX) return JS_ThrowRangeError(ctx, NULL, 0, "readBigEndian: %d bytes", size);
    int64_t value = 0;
    for (int64_t i = at; i < at + size; i += 1) value = (value << 8) | bytes[i];
    return JS_NewInt64(ctx, value);
}

static JSValue js_same_bytes(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const uint8_t *a, *b;
    size_t size, other;
    if (!bytes_of(ctx, given[0], &a, &size) || !bytes_of(ctx, given[1], &b, &other)) return JS_EXCEPTION;
    return JS_NewBool(ctx, size == other && memcmp(a, b, size) == 0);
}

void add_conversions(JSContext *ctx, JSValueConst native)
{
    add_function(ctx, native, "crc32", js_crc32, 1);
    add_function(ctx, native, "concat", js_concat, 0);
    add_function(ctx, native, "bigEndian", js_big_endian, 2);
    add_function(ctx, native, "readBigEndian", js_read_big_endian, 3);
    add_function(ctx, native, "sameBytes", js_same_bytes, 2);
    add_function(ctx, native, "markedBytes", js_marked_bytes, 0);
    add_function(ctx, native, "heard", js_heard, 1);
    add_function(ctx, native, "strictText", js_strict_text, 1);
}
