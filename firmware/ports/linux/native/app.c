/*
 * The app in a runtime of its own: its memory, stack, steps and continuations are limited, and it sees nothing but the language and
 * one function. What it calls is collected and handed over when it waits, so that nothing of the supervisor runs inside it.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "port.h"

/* What an allocation takes beside the bytes that may be used. */
#define BLOCK_OVERHEAD 8
#define WORDS_BYTES 65536
/* Grown by so much, an app is searched for circles that nobody can reach any more. */
#define GROWTH_BYTES (96 * 1024)

typedef struct Call {
    struct Call *next;
    int32_t id;
    /* Both allocated in the app's runtime, so that they count as the app's memory; UTF-8. */
    char *method;
    size_t method_size;
    char *args;
    size_t args_size;
} Call;

typedef struct {
    JSRuntime *rt;
    JSContext *ctx;
    size_t used;
    /* What was left when circles were cleared away for the last time. */
    size_t used_cleared;
    size_t memory_limit;
    int64_t checks;
    int64_t checks_limit;
    int64_t jobs_limit;
    int was_refused_memory;
    int was_interrupted;
    Call *first;
    Call *last;
} App;

static JSClassID app_class;

/*
 * An app is compiled with so many times its memory, and runs with its memory: here pointers take 8 bytes, and what the compiler needs
 * beside its result is as large as the result. Nothing of the app runs meanwhile.
 */
#define COMPILING_TIMES 2

/* --- memory, counted and limited --- */

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

static const JSMallocFunctions MEMORY = {app_alloc, app_free, app_realloc, app_usable};

static int on_check(JSRuntime *rt, void *opaque)
{
    (void)rt;
    App *app = opaque;
    app->checks += 1;
    if (app->checks <= app->checks_limit) return 0;
    app->was_interrupted = 1;
    return 1;
}

/* --- calls of the app --- */

static char *copied(JSContext *ctx, JSValueConst value, size_t *size)
{
    const char *text = JS_ToCStringLen(ctx, size, value);
    if (text == NULL) return NULL;
    char *copy = js_malloc(ctx, *size + 1);
    if (copy != NULL) memcpy(copy, text, *size + 1);
    JS_FreeCString(ctx, text);
    return copy;
}

static JSValue js_call(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
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

/* The calls so far as a list of [id, method, arguments], in their order. */
static JSValue calls_of(JSContext *ctx, App *app)
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

/* --- life --- */

static void stop(App *app)
{
    if (app->rt == NULL) return;
    for (Call *call = take_call(app); call != NULL; call = take_call(app)) free_call(app, call);
    JS_UpdateStackTop(app->rt);
    if (app->ctx != NULL) JS_FreeContext(app->ctx);
    JS_FreeRuntime(app->rt);
    app->ctx = NULL;
    app->rt = NULL;
}

static void finalize(JSRuntime *rt, JSValue value)
{
    (void)rt;
    App *app = JS_GetOpaque(value, app_class);
    if (app == NULL) return;
    stop(app);
    free(app);
}

static const JSClassDef APP_CLASS = {.class_name = "App", .finalizer = finalize};

static App *app_of(JSContext *ctx, JSValueConst value)
{
    App *app = JS_GetOpaque2(ctx, value, app_class);
    if (app != NULL && app->rt == NULL) {
        JS_ThrowError(ctx, NULL, 0, "the app was stopped");
        return NULL;
    }
    return app;
}

static int add_language(JSContext *ctx)
{
    if (JS_AddIntrinsicBaseObjects(ctx) < 0 || JS_AddIntrinsicEval(ctx) < 0) return 0;
    if (JS_AddIntrinsicRegExp(ctx) < 0 || JS_AddIntrinsicJSON(ctx) < 0) return 0;
    return JS_AddIntrinsicMapSet(ctx) == 0 && JS_AddIntrinsicTypedArrays(ctx) == 0 && JS_AddIntrinsicPromise(ctx) == 0;
}

static int limit_of(JSContext *ctx, JSValueConst limits, const char *name, int64_t *limit)
{
    JSValue value = JS_GetPropertyStr(ctx, limits, name);
    int is_number = JS_ToInt64(ctx, limit, value) == 0;
    JS_FreeValue(ctx, value);
    if (is_number && *limit > 0) return 1;
    if (is_number) JS_ThrowRangeError(ctx, NULL, 0, "no limit of %s", name);
    return 0;
}

static JSValue js_new_app(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    int64_t memory, stack, checks, jobs;
    if (!limit_of(ctx, given[0], "memoryBytes", &memory) || !limit_of(ctx, given[0], "stackBytes", &stack) ||
        !limit_of(ctx, given[0], "interruptChecks", &checks) || !limit_of(ctx, given[0], "jobs", &jobs))
        return JS_EXCEPTION;
    App *app = calloc(1, sizeof *app);
    if (app == NULL) return JS_ThrowOutOfMemory(ctx);
    app->memory_limit = (size_t)memory;
    app->checks_limit = checks;
    app->jobs_limit = jobs;
    app->rt = JS_NewRuntime2(&MEMORY, app);
    app->ctx = app->rt == NULL ? NULL : JS_NewContextRaw(app->rt);
    if (app->ctx == NULL || !add_language(app->ctx)) {
        stop(app);
        free(app);
        return JS_ThrowOutOfMemory(ctx);
    }
    JS_SetMaxStackSize(app->rt, (size_t)stack);
    /* Nobody reads the text of a function again, and every function would keep its own. */
    JS_SetStripInfo(app->rt, JS_STRIP_SOURCE);
    JS_SetInterruptHandler(app->rt, on_check, app);
    JS_SetContextOpaque(app->ctx, app);
    JSValue global = JS_GetGlobalObject(app->ctx);
    add_function(app->ctx, global, "cachetCall", js_call, 3);
    JS_FreeValue(app->ctx, global);
    JSValue object = JS_NewObjectClass(ctx, (int)app_class);
    if (JS_IsException(object)) {
        stop(app);
        free(app);
        return object;
    }
    JS_SetOpaque(object, app);
    return object;
}

/* --- what ends an app --- */

static void add_words(JSContext *ctx, JSValueConst error, const char *name, char *words, const char *before)
{
    JSValue value = JS_GetPropertyStr(ctx, error, name);
    const char *text = JS_IsUndefined(value) || JS_IsException(value) ? NULL : JS_ToCString(ctx, value);
    size_t used = strlen(words);
    if (text != NULL) snprintf(words + used, WORDS_BYTES - used, "%s%s", before, text);
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, value);
}

/* What went wrong, in words; the exception of the app is gone afterwards. */
static void take_exception(App *app, char words[WORDS_BYTES])
{
    JSValue error = JS_GetException(app->ctx);
    words[0] = '\0';
    if (JS_IsObject(error)) {
        add_words(app->ctx, error, "name", words, "");
        add_words(app->ctx, error, "message", words, ": ");
        add_words(app->ctx, error, "stack", words, "\n");
    } else {
        const char *text = JS_ToCString(app->ctx, error);
        if (text != NULL) snprintf(words, WORDS_BYTES, "%s", text);
        JS_FreeCString(app->ctx, text);
    }
    JS_FreeValue(app->ctx, error);
    /* What came up while it was read is of no use to anybody. */
    JS_FreeValue(app->ctx, JS_GetException(app->ctx));
}

/* Runs what waits to go on. Gives whether all of it ended well; otherwise `fault` says what did not. */
static const char *run_jobs(App *app, char words[WORDS_BYTES])
{
    for (int64_t jobs = 0; jobs < app->jobs_limit; jobs += 1) {
        JSContext *ctx;
        int result = JS_ExecutePendingJob(app->rt, &ctx);
        if (result == 0) return NULL;
        if (result > 0) continue;
        take_exception(app, words);
        return "error";
    }
    snprintf(words, WORDS_BYTES, "the app kept itself busy without coming to a wait");
    return "budget";
}

/* What the app's last run came to: [fault or null, words, calls]. Takes `result`. */
static JSValue outcome_of(JSContext *ctx, App *app, JSValue result)
{
    char words[WORDS_BYTES] = "";
    const char *fault = NULL;
    if (JS_IsException(result)) {
        take_exception(app, words);
        fault = "error";
    } else {
        JS_FreeValue(app->ctx, result);
        fault = run_jobs(app, words);
    }
    if (app->was_refused_memory) fault = "memory";
    else if (app->was_interrupted) fault = "budget";
    else if (fault != NULL && strstr(words, "stack overflow") != NULL) fault = "stack";
    /* Circles that nobody can reach any more are cleared away before they are mistaken for what the app keeps. */
    if (fault == NULL && app->used > app->used_cleared + GROWTH_BYTES) {
        JS_RunGC(app->rt);
        app->used_cleared = app->used;
    }
    JSValue outcome = JS_NewArray(ctx);
    JS_SetPropertyUint32(ctx, outcome, 0, fault == NULL ? JS_NULL : JS_NewString(ctx, fault));
    JS_SetPropertyUint32(ctx, outcome, 1, JS_NewString(ctx, words));
    JS_SetPropertyUint32(ctx, outcome, 2, calls_of(ctx, app));
    return outcome;
}

static void enter(App *app)
{
    app->checks = 0;
    /* The stack is counted from here. */
    JS_UpdateStackTop(app->rt);
}

static JSValue js_evaluate(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)count;
    App *app = app_of(ctx, self);
    size_t size;
    const char *script = app == NULL ? NULL : JS_ToCStringLen(ctx, &size, given[0]);
    const char *name = script == NULL ? NULL : JS_ToCString(ctx, given[1]);
    JSValue outcome = JS_EXCEPTION;
    if (name != NULL) {
        enter(app);
        app->memory_limit *= COMPILING_TIMES;
        JSValue code = JS_Eval(app->ctx, script, size, name, JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY);
        app->memory_limit /= COMPILING_TIMES;
        outcome = outcome_of(ctx, app, JS_IsException(code) ? code : JS_EvalFunction(app->ctx, code));
    }
    JS_FreeCString(ctx, name);
    JS_FreeCString(ctx, script);
    return outcome;
}

/* globalThis.cachet[name](...). Takes the arguments. */
static JSValue call_app(App *app, const char *name, int count, JSValue *arguments)
{
    JSValue global = JS_GetGlobalObject(app->ctx);
    JSValue object = JS_GetPropertyStr(app->ctx, global, "cachet");
    JSValue function = JS_GetPropertyStr(app->ctx, object, name);
    JSValue result = JS_Call(app->ctx, function, object, count, arguments);
    for (int i = 0; i < count; i += 1) JS_FreeValue(app->ctx, arguments[i]);
    JS_FreeValue(app->ctx, function);
    JS_FreeValue(app->ctx, object);
    JS_FreeValue(app->ctx, global);
    return result;
}

static JSValue js_start(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)count;
    (void)given;
    App *app = app_of(ctx, self);
    if (app == NULL) return JS_EXCEPTION;
    enter(app);
    return outcome_of(ctx, app, call_app(app, "start", 0, NULL));
}

static JSValue js_answer(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)count;
    App *app = app_of(ctx, self);
    int32_t id;
    size_t size;
    if (app == NULL || JS_ToInt32(ctx, &id, given[0]) < 0) return JS_EXCEPTION;
    const char *text = JS_ToCStringLen(ctx, &size, given[1]);
    if (text == NULL) return JS_EXCEPTION;
    enter(app);
    JSValue arguments[] = {JS_NewInt32(app->ctx, id), JS_NewStringLen(app->ctx, text, size)};
    JS_FreeCString(ctx, text);
    return outcome_of(ctx, app, call_app(app, "answer", 2, arguments));
}

static JSValue js_used_bytes(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)count;
    (void)given;
    const App *app = app_of(ctx, self);
    return app == NULL ? JS_EXCEPTION : JS_NewInt64(ctx, (int64_t)app->used);
}

static JSValue js_stop(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)count;
    (void)given;
    App *app = JS_GetOpaque2(ctx, self, app_class);
    if (app == NULL) return JS_EXCEPTION;
    stop(app);
    return JS_UNDEFINED;
}

int add_apps(JSContext *ctx, JSValueConst native)
{
    JS_NewClassID(&app_class);
    if (JS_NewClass(JS_GetRuntime(ctx), app_class, &APP_CLASS) < 0) return 0;
    JSValue methods = JS_NewObject(ctx);
    add_function(ctx, methods, "evaluate", js_evaluate, 2);
    add_function(ctx, methods, "start", js_start, 0);
    add_function(ctx, methods, "answer", js_answer, 2);
    add_function(ctx, methods, "usedBytes", js_used_bytes, 0);
    add_function(ctx, methods, "stop", js_stop, 0);
    JS_SetClassProto(ctx, app_class, methods);
    add_function(ctx, native, "newApp", js_new_app, 1);
    return 1;
}
