/* Memory and steps of an app, and the calls that it makes: counted, and limited. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"

/* What an allocation takes beside the bytes that may be used. */
#define BLOCK_OVERHEAD 8

static void *app_alloc(JSMallocState *state, size_t size)
{
    App *app = state->opaque;
    if (size > app->memory_limit || app->used + size + BLOCK_OVERHEAD > app->memory_limit) {
        app->was_refused_memory = 1;
        return NULL;
    }
    void *block = malloc(size);
    if (block == NULL) app->was_refused_memory = 1;
    else app->used += malloc_usable_size(block) + BLOCK_OVERHEAD;
    return block;
}

static void app_free(JSMallocState *state, void *block)
{
    App *app = state->opaque;
    if (block == NULL) return;
    app->used -= malloc_usable_size(block) + BLOCK_OVERHEAD;
    free(block);
}

static void *app_realloc(JSMallocState *state, void *block, size_t size)
{
    App *app = state->opaque;
    if (block == NULL) return size == 0 ? NULL : app_alloc(state, size);
    if (size == 0) {
        app_free(state, block);
        return NULL;
    }
    size_t before = malloc_usable_size(block);
    if (size > app->memory_limit || app->used - before + size > app->memory_limit) {
        app->was_refused_memory = 1;
        return NULL;
    }
    void *grown = realloc(block, size);
    if (grown == NULL) app->was_refused_memory = 1;
    else app->used = app->used - before + malloc_usable_size(grown);
    return grown;
}

static size_t app_usable(const void *block)
{
    return malloc_usable_size((void *)(uintptr_t)block);
}

const JSMallocFunctions APP_MEMORY = {app_alloc, app_free, app_realloc, app_usable};

int check_app(JSRuntime *rt, void *opaque)
{
    (void)rt;
    App *app = opaque;
    app->checks += 1;
    if (app->checks <= app->checks_limit) return 0;
    app->was_interrupted = 1;
    return 1;
}

static char *copied(JSContext *ctx, JSValueConst value, size_t *size)
{
    const char *text = JS_ToCStringLen(ctx, size, value);
    if (text == NULL) return NULL;
    char *copy = js_malloc(ctx, *size + 1);
    if (copy != NULL) memcpy(copy, text, *size + 1);
    JS_FreeCString(ctx, text);
    return copy;
}

JSValue js_app_call(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    App *app = JS_GetContextOpaque(ctx);
    Call *call = js_mallocz(ctx, sizeof *call);
    if (call == NULL) return JS_EXCEPTION;
    if (JS_ToInt32(ctx, &call->id, given[0]) == 0) call->method = copied(ctx, given[1], &call->method_size);
    if (call->method != NULL) call->args = copied(ctx, given[2], &call->args_size);
    if (call->args == NULL) {
        js_free(ctx, call->method);
        js_free(ctx, call);
        return JS_EXCEPTION;
    }
    if (app->last == NULL) app->first = call;
    else app->last->next = call;
    app->last = call;
    return JS_UNDEFINED;
}

static Call *take_call(App *app)
{
    Call *call = app->first;
    if (call == NULL) return NULL;
    app->first = call->next;
    if (app->first == NULL) app->last = NULL;
    return call;
}

static void free_call(App *app, Call *call)
{
    js_free_rt(app->rt, call->method);
    js_free_rt(app->rt, call->args);
    js_free_rt(app->rt, call);
}

JSValue take_calls(JSContext *ctx, App *app)
{
    JSValue list = JS_NewArray(ctx);
    uint32_t length = 0;
    for (Call *call = take_call(app); call != NULL; call = take_call(app)) {
        JSValue one = JS_NewArray(ctx);
        JS_SetPropertyUint32(ctx, one, 0, JS_NewInt32(ctx, call->id));
        JS_SetPropertyUint32(ctx, one, 1, JS_NewStringLen(ctx, call->method, call->method_size));
        JS_SetPropertyUint32(ctx, one, 2, JS_NewStringLen(ctx, call->args, call->args_size));
        JS_SetPropertyUint32(ctx, list, length, one);
        length += 1;
        free_call(app, call);
    }
    return list;
}

void forget_calls(App *app)
{
    for (Call *call = take_call(app); call != NULL; call = take_call(app)) free_call(app, call);
}
