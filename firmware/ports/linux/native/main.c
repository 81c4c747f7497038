/* cachet-terminal: the supervisor in a runtime of its own, and the turns that let it go on. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "port.h"

extern const uint32_t supervisor_bytecode_size;
extern const uint8_t supervisor_bytecode[];

/* The app's stack lies on top of the supervisor's (app.c), and the system gives 8 MiB. */
#define SUPERVISOR_STACK_BYTES (1024 * 1024)
/* A buffer of this size goes back to the system at once when nobody needs it any more: files are read and written in such. */
#define LARGE_BUFFER_BYTES (64 * 1024)
#define EXIT_DEFECT 70

static int add_language(JSContext *ctx)
{
    if (JS_AddIntrinsicBaseObjects(ctx) < 0 || JS_AddIntrinsicRegExp(ctx) < 0) return 0;
    if (JS_AddIntrinsicJSON(ctx) < 0 || JS_AddIntrinsicMapSet(ctx) < 0) return 0;
    if (JS_AddIntrinsicStringNormalize(ctx) < 0) return 0;
    return JS_AddIntrinsicTypedArrays(ctx) == 0 && JS_AddIntrinsicPromise(ctx) == 0;
}

/* A defect of the supervisor itself: nothing that comes from outside leads here. */
static int tell_defect(JSContext *ctx)
{
    JSValue error = JS_GetException(ctx);
    const char *words = JS_ToCString(ctx, error);
    JSValue stack = JS_IsObject(error) ? JS_GetPropertyStr(ctx, error, "stack") : JS_UNDEFINED;
    const char *where = JS_IsUndefined(stack) ? NULL : JS_ToCString(ctx, stack);
    fprintf(stderr, "cachet-terminal: a defect: %s\n%s", words ? words : "unknown", where ? where : "");
    JS_FreeCString(ctx, where);
    JS_FreeValue(ctx, stack);
    JS_FreeCString(ctx, words);
    JS_FreeValue(ctx, error);
    return EXIT_DEFECT;
}

static int add_native(JSContext *ctx, int count, char **words)
{
    JSValue native = JS_NewObject(ctx);
    JSValue args = JS_NewArray(ctx);
    for (int i = 1; i < count; i += 1) JS_SetPropertyUint32(ctx, args, (uint32_t)(i - 1), JS_NewString(ctx, words[i]));
    JS_SetPropertyStr(ctx, native, "args", args);
    add_system(ctx, native);
    add_files(ctx, native);
    add_streams(ctx, native);
    add_texts(ctx, native);
    add_hashes(ctx, native);
    add_conversions(ctx, native);
    add_pcsc(ctx, native);
    if (!add_apps(ctx, native)) return 0;
    JSValue global = JS_GetGlobalObject(ctx);
    JS_SetPropertyStr(ctx, global, "native", native);
    JS_FreeValue(ctx, global);
    return 1;
}

/* Lets everything go on that can; 0 where nothing is left to do, otherwise the exit code. */
static int run_jobs(JSContext *ctx)
{
    for (;;) {
        JSContext *job;
        int result = JS_ExecutePendingJob(JS_GetRuntime(ctx), &job);
        if (result == 0) return 0;
        if (result < 0) return tell_defect(job);
    }
}

/* One turn after the other: what can go on goes on, then `turn` waits for what comes next. It ends with an exit code. */
static int run(JSContext *ctx)
{
    JSValue program = JS_ReadObject(ctx, supervisor_bytecode, supervisor_bytecode_size, JS_READ_OBJ_BYTECODE);
    JSValue result = JS_IsException(program) ? program : JS_EvalFunction(ctx, program);
    if (JS_IsException(result)) return tell_defect(ctx);
    JS_FreeValue(ctx, result);
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue turn = JS_GetPropertyStr(ctx, global, "turn");
    int exit_code = -1;
    while (exit_code < 0) {
        int defect = run_jobs(ctx);
        JSValue next = defect == 0 ? JS_Call(ctx, turn, JS_UNDEFINED, 0, NULL) : JS_UNDEFINED;
        if (defect != 0) exit_code = defect;
        else if (JS_IsException(next)) exit_code = tell_defect(ctx);
        else if (JS_IsNumber(next)) JS_ToInt32(ctx, &exit_code, next);
        JS_FreeValue(ctx, next);
    }
    JS_FreeValue(ctx, turn);
    JS_FreeValue(ctx, global);
    return exit_code;
}

int main(int count, char **words)
{
    mallopt(M_MMAP_THRESHOLD, LARGE_BUFFER_BYTES);
    JSRuntime *rt = JS_NewRuntime();
    JSContext *ctx = rt == NULL ? NULL : JS_NewContextRaw(rt);
    if (ctx == NULL || !add_language(ctx) || !watch_signals() || !add_native(ctx, count, words)) {
        fprintf(stderr, "cachet-terminal: no memory to start\n");
        return EXIT_DEFECT;
    }
    JS_SetMaxStackSize(rt, SUPERVISOR_STACK_BYTES);
    int exit_code = run(ctx);
    JS_FreeContext(ctx);
    JS_FreeRuntime(rt);
    return exit_code;
}
