/*
 * PC/SC through libpcsclite, which is opened when it is first needed: a terminal without such a reader does without the library.
 * One reader with one card. Names and numbers as in winscard.h of pcsclite.
 */
#include <dlfcn.h>
#include <string.h>

#include "port.h"

typedef long Result;
typedef long Handle;
typedef unsigned long Word;

#define SUCCESS 0L
#define SHARING_VIOLATION ((Result)0x8010000BL)
#define NO_READERS ((Result)0x8010002EL)
#define SCOPE_SYSTEM 2
#define SHARE_SHARED 2
#define PROTOCOLS_ANY 3
#define LEAVE_CARD 0
#define RESET_CARD 1
#define STATE_UNAWARE 0x0000
#define STATE_UNKNOWN 0x0004
#define STATE_UNAVAILABLE 0x0008
#define STATE_PRESENT 0x0020
#define STATE_MUTE 0x0200
#define ATR_BYTES 33
#define ANSWER_BYTES 1024
#define NAMES_BYTES 4096
#define NAME_BYTES 256

typedef struct {
    const char *reader;
    void *user;
    Word current;
    Word event;
    Word atr_size;
    unsigned char atr[ATR_BYTES];
} ReaderState;

typedef struct {
    Word protocol;
    Word size;
} Protocol;

static struct {
    Result (*establish)(Word, const void *, const void *, Handle *);
    Result (*release)(Handle);
    Result (*list)(Handle, const char *, char *, Word *);
    Result (*status_change)(Handle, Word, ReaderState *, Word);
    Result (*connect)(Handle, const char *, Word, Word, Handle *, Word *);
    Result (*reconnect)(Handle, Word, Word, Word, Word *);
    Result (*disconnect)(Handle, Word);
    Result (*begin)(Handle);
    Result (*end)(Handle, Word);
    Result (*transmit)(Handle, const Protocol *, const uint8_t *, Word, Protocol *, uint8_t *, Word *);
} pcsc;

static int is_loaded = 0;
static int has_service = 0;
static Handle service;
static int has_card = 0;
static Handle card;
static Word card_protocol;

static int load(void)
{
    if (is_loaded) return 1;
    void *library = dlopen("libpcsclite.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return 0;
    const struct {
        const char *name;
        void *place;
    } functions[] = {
        {"SCardEstablishContext", &pcsc.establish}, {"SCardReleaseContext", &pcsc.release},
        {"SCardListReaders", &pcsc.list},
        {"SCardGetStatusChange", &pcsc.status_change}, {"SCardConnect", &pcsc.connect},
        {"SCardReconnect", &pcsc.reconnect},        {"SCardDisconnect", &pcsc.disconnect},
        {"SCardBeginTransaction", &pcsc.begin},     {"SCardEndTransaction", &pcsc.end},
        {"SCardTransmit", &pcsc.transmit},
    };
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i += 1) {
        void *function = dlsym(library, functions[i].name);
        if (function == NULL) return 0;
        memcpy(functions[i].place, &function, sizeof function);
    }
    is_loaded = 1;
    return 1;
}

/* Whether there is a service, as far as the last call showed; connects to it anew where there was none. */
static int reach_service(void)
{
    if (!has_service) has_service = pcsc.establish(SCOPE_SYSTEM, NULL, NULL, &service) == SUCCESS;
    return has_service;
}

static void leave_service(void)
{
    pcsc.release(service);
    has_service = 0;
    has_card = 0;
}

static void let_go(Word how)
{
    if (has_card) pcsc.disconnect(card, how);
    has_card = 0;
}

static JSValue js_card_library(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    (void)given;
    return JS_NewBool(ctx, load());
}

static JSValue js_card_readers(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    (void)given;
    if (!load() || !reach_service()) return JS_NULL;
    char names[NAMES_BYTES] = "";
    Word size = sizeof names - 2;
    Result result = pcsc.list(service, NULL, names, &size);
    if (result != SUCCESS && result != NO_READERS) {
        leave_service();
        return JS_NULL;
    }
    JSValue list = JS_NewArray(ctx);
    if (result == NO_READERS) return list;
    uint32_t length = 0;
    for (const char *name = names; *name != '\0'; name += strlen(name) + 1) {
        JS_SetPropertyUint32(ctx, list, length, JS_NewString(ctx, name));
        length += 1;
    }
    return list;
}

/* What lies on a reader: its answer to reset, false for nothing, null where there is no such reader. */
static JSValue js_card_present(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    if (!load() || !reach_service()) return JS_NULL;
    const char *name = JS_ToCString(ctx, given[0]);
    if (name == NULL) return JS_EXCEPTION;
    ReaderState state = {.reader = name, .current = STATE_UNAWARE};
    Result result = pcsc.status_change(service, 0, &state, 1);
    JS_FreeCString(ctx, name);
    if (result != SUCCESS || (state.event & (STATE_UNKNOWN | STATE_UNAVAILABLE)) != 0) return JS_NULL;
    if ((state.event & STATE_PRESENT) == 0 || (state.event & STATE_MUTE) != 0 || state.atr_size > ATR_BYTES)
        return JS_FALSE;
    return new_bytes(ctx, state.atr, state.atr_size);
}

static JSValue js_card_connect(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    if (!load() || !reach_service()) return JS_NewString(ctx, "gone");
    let_go(RESET_CARD);
    const char *name = JS_ToCString(ctx, given[0]);
    if (name == NULL) return JS_EXCEPTION;
    Result result = pcsc.connect(service, name, SHARE_SHARED, PROTOCOLS_ANY, &card, &card_protocol);
    JS_FreeCString(ctx, name);
    has_card = result == SUCCESS;
    return JS_NewString(ctx, has_card ? "connected" : result == SHARING_VIOLATION ? "in-use" : "gone");
}

static JSValue js_card_begin(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    (void)given;
    Result result = has_card ? pcsc.begin(card) : -1;
    return JS_NewString(ctx, result == SUCCESS ? "begun" : result == SHARING_VIOLATION ? "in-use" : "gone");
}

static JSValue js_card_end(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)ctx;
    (void)self;
    (void)count;
    (void)given;
    if (has_card) pcsc.end(card, LEAVE_CARD);
    return JS_UNDEFINED;
}

static JSValue js_card_transmit(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const uint8_t *command;
    size_t size;
    if (!bytes_of(ctx, given[0], &command, &size)) return JS_EXCEPTION;
    uint8_t answer[ANSWER_BYTES];
    Word answered = sizeof answer;
    Protocol protocol = {.protocol = card_protocol, .size = sizeof protocol};
    if (!has_card || pcsc.transmit(card, &protocol, command, size, NULL, answer, &answered) != SUCCESS) return JS_NULL;
    return answered < 2 || answered > sizeof answer ? JS_NULL : new_bytes(ctx, answer, answered);
}

static JSValue js_card_reconnect(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    (void)given;
    if (!has_card) return JS_FALSE;
    Result result = pcsc.reconnect(card, SHARE_SHARED, PROTOCOLS_ANY, RESET_CARD, &card_protocol);
    return JS_NewBool(ctx, result == SUCCESS);
}

static JSValue js_card_close(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)ctx;
    (void)self;
    (void)count;
    (void)given;
    if (is_loaded) let_go(RESET_CARD);
    return JS_UNDEFINED;
}

void add_pcsc(JSContext *ctx, JSValueConst native)
{
    add_function(ctx, native, "cardLibrary", js_card_library, 0);
    add_function(ctx, native, "cardReaders", js_card_readers, 0);
    add_function(ctx, native, "cardPresent", js_card_present, 1);
    add_function(ctx, native, "cardConnect", js_card_connect, 1);
    add_function(ctx, native, "cardBegin", js_card_begin, 0);
    add_function(ctx, native, "cardEnd", js_card_end, 0);
    add_function(ctx, native, "cardTransmit", js_card_transmit, 1);
    add_function(ctx, native, "cardReconnect", js_card_reconnect, 0);
    add_function(ctx, native, "cardClose", js_card_close, 0);
}
