/*
 * The app in a runtime of its own: its memory, stack, steps and continuations are limited, and it sees nothing but the language and
 * one function. What it calls is collected and handed over when it waits, so that nothing of the supervisor runs inside it.
 */
#include <malloc.h>
#include <stdlib.h>

#include "app.h"

static JSClassID app_class;

/*
 * An app is compiled with so many times its memory, and runs with its memory: here pointers take 8 bytes, and what the compiler needs
 * beside its result is as large as the result. Nothing of the app runs meanwhile.
 */
#define COMPILING_TIMES 2

static void stop(App *app)
{
    if (app->rt == NULL) return;
    forget_calls(app);
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
    app->rt = JS_NewRuntime2(&APP_MEMORY, app);
    app->ctx = app->rt == NULL ? NULL : JS_NewContextRaw(app->rt);
    if (app->ctx == NULL || !add_language(app->ctx)) {
        stop(app);
        free(app);
        return JS_ThrowOutOfMemory(ctx);
    }
    JS_SetMaxStackSize(app->rt, (size_t)stack);
    /* Nobody reads the text of a function again, and every function would keep its own. */
    JS_SetStripInfo(app->rt, JS_STRIP_SOURCE);
    JS_SetInterruptHandler(app->rt, check_app, app);
    JS_SetContextOpaque(app->ctx, app);
    JSValue global = JS_GetGlobalObject(app->ctx);
    add_function(app->ctx, global, "cachetCall", js_app_call, 3);
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
    /* The system gets back what the compiler needed. */
    malloc_trim(0);
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
