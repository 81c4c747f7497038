/* What ends an app, and what it came to. */
#include <stdio.h>
#include <string.h>

#include "app.h"

#define WORDS_BYTES 65536
/* Grown by so much, an app is searched for circles that nobody can reach any more. */
#define GROWTH_BYTES (96 * 1024)

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

JSValue outcome_of(JSContext *ctx, App *app, JSValue result)
{
    char words[WORDS_BYTES];
    const char *fault = NULL;
    /* The rest of it is not cleared: an app calls some thirty times in a visit. */
    words[0] = '\0';
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
    JS_SetPropertyUint32(ctx, outcome, 2, take_calls(ctx, app));
    return outcome;
}
