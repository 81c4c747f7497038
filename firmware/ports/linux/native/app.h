/* One app: what its files share. */
#ifndef CACHET_APP_H
#define CACHET_APP_H

#include "port.h"

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

/* Memory of an app, counted and refused beyond its limit; its opaque value is the app. */
extern const JSMallocFunctions APP_MEMORY;
/* Counts the interrupt checks of an app. */
int check_app(JSRuntime *rt, void *app);

/* What the app calls: collected until it waits. */
JSValue js_app_call(JSContext *ctx, JSValueConst self, int count, JSValueConst *given);
/* The calls so far as a list of [id, method, arguments], in their order; they are forgotten here. */
JSValue take_calls(JSContext *ctx, App *app);
void forget_calls(App *app);

/* What the app's last run came to: [fault or null, words, calls]. Runs what waits to go on, and takes `result`. */
JSValue outcome_of(JSContext *ctx, App *app, JSValue result);

#endif
