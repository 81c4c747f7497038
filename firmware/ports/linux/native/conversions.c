/* Loops over every byte that the supervisor's visits spend much of their time in (conversions.ts says what they promise). */
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

static JSValue js_characters_of(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const uint8_t *bytes;
    size_t size;
    if (!bytes_of(ctx, given[0], &bytes, &size)) return JS_EXCEPTION;
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
    JSValue characters = JS_NewStringLen(ctx, text, used);
    js_free(ctx, text);
    return characters;
}

/* Bytes of one sequence in the engine's own UTF-8, by its first byte. */
static size_t sequence_size(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static JSValue js_bytes_of(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    size_t size;
    const char *given_text = JS_ToCStringLen(ctx, &size, given[0]);
    if (given_text == NULL) return JS_EXCEPTION;
    const uint8_t *text = (const uint8_t *)given_text;
    uint8_t *bytes = js_malloc(ctx, size + 1);
    size_t used = 0;
    for (size_t at = 0; bytes != NULL && at < size;) {
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
    JS_FreeCString(ctx, given_text);
    return bytes == NULL ? JS_EXCEPTION : adopt_bytes(ctx, bytes, used);
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

void add_conversions(JSContext *ctx, JSValueConst native)
{
    add_function(ctx, native, "crc32", js_crc32, 1);
    add_function(ctx, native, "charactersOf", js_characters_of, 1);
    add_function(ctx, native, "bytesOf", js_bytes_of, 1);
    add_function(ctx, native, "strictText", js_strict_text, 1);
}
