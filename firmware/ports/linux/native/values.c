/* Values that cross between C and the supervisor. */
#include <errno.h>
#include <string.h>

#include "port.h"

/* What the supervisor tells apart; the rest is told by its number. */
static const char *name_of(int error)
{
    switch (error) {
        case ENOENT: return "ENOENT";
        case EACCES: return "EACCES";
        case EPERM: return "EPERM";
        case ENOSPC: return "ENOSPC";
        case EDQUOT: return "EDQUOT";
        case EROFS: return "EROFS";
        case EIO: return "EIO";
        case EFBIG: return "EFBIG";
        case ENOTDIR: return "ENOTDIR";
        case EISDIR: return "EISDIR";
        case EWOULDBLOCK: return "EWOULDBLOCK";
        case ECONNREFUSED: return "ECONNREFUSED";
        case EBUSY: return "EBUSY";
        default: return "ESYSTEM";
    }
}

JSValue throw_system(JSContext *ctx, const char *what, int error)
{
    JS_ThrowError(ctx, NULL, 0, "%s: %s", what, strerror(error));
    JS_AddPropertyToException(ctx, "code", JS_NewString(ctx, name_of(error)));
    return JS_EXCEPTION;
}

int bytes_of(JSContext *ctx, JSValueConst value, const uint8_t **bytes, size_t *size)
{
    /* A view of nothing may have a buffer without an address. */
    static const uint8_t NOTHING[1] = {0};
    size_t at, length, width;
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, value, &at, &length, &width);
    if (JS_IsException(buffer)) return 0;
    size_t whole;
    const uint8_t *start = JS_GetArrayBuffer(ctx, &whole, buffer);
    /* The view keeps its buffer alive. */
    JS_FreeValue(ctx, buffer);
    if (width != 1 || at + length > whole) {
        JS_ThrowTypeError(ctx, NULL, 0, "not a Uint8Array");
        return 0;
    }
    *bytes = start == NULL ? NOTHING : start + at;
    *size = start == NULL ? 0 : length;
    return 1;
}

static JSValue view_of(JSContext *ctx, JSValue buffer)
{
    if (JS_IsException(buffer)) return buffer;
    /* The engine reads place and length too, whatever the count says. */
    JSValueConst arguments[] = {buffer, JS_UNDEFINED, JS_UNDEFINED};
    JSValue view = JS_NewTypedArray(ctx, 3, arguments, JS_TYPED_ARRAY_UINT8);
    JS_FreeValue(ctx, buffer);
    return view;
}

JSValue new_bytes(JSContext *ctx, const uint8_t *bytes, size_t size)
{
    return view_of(ctx, JS_NewArrayBufferCopy(ctx, bytes, size));
}

static void free_adopted(JSRuntime *rt, void *opaque, void *bytes)
{
    (void)opaque;
    js_free_rt(rt, bytes);
}

JSValue adopt_bytes(JSContext *ctx, uint8_t *bytes, size_t size)
{
    return view_of(ctx, JS_NewArrayBuffer(ctx, bytes, size, free_adopted, NULL, 0));
}

void add_function(JSContext *ctx, JSValueConst object, const char *name, JSCFunction *function, int arguments)
{
    JS_SetPropertyStr(ctx, object, name, JS_NewCFunction(ctx, function, name, arguments));
}

static JSValue js_utf8_of(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    size_t size;
    const char *text = JS_ToCStringLen(ctx, &size, given[0]);
    if (text == NULL) return JS_EXCEPTION;
    JSValue bytes = new_bytes(ctx, (const uint8_t *)text, size);
    JS_FreeCString(ctx, text);
    return bytes;
}

static JSValue js_text_of(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const uint8_t *bytes;
    size_t size;
    if (!bytes_of(ctx, given[0], &bytes, &size)) return JS_EXCEPTION;
    return JS_NewStringLen(ctx, (const char *)bytes, size);
}

void add_texts(JSContext *ctx, JSValueConst native)
{
    add_function(ctx, native, "utf8Of", js_utf8_of, 1);
    add_function(ctx, native, "textOf", js_text_of, 1);
}
