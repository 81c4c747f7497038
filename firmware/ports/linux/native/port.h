/* What the files of this program share. C reaches the hardware and decides nothing: every choice is made in TypeScript. */
#ifndef CACHET_PORT_H
#define CACHET_PORT_H

#include <quickjs.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

/* Throws "what: words of the system", with the system's own name of the error as `code`. */
JSValue throw_system(JSContext *ctx, const char *what, int error);
/* The bytes of a Uint8Array; 0, and a thrown error, where the value is none. They are valid until JavaScript runs again. */
int bytes_of(JSContext *ctx, JSValueConst value, const uint8_t **bytes, size_t *size);
/* A new Uint8Array that holds a copy. */
JSValue new_bytes(JSContext *ctx, const uint8_t *bytes, size_t size);
/* A new Uint8Array around memory of js_malloc, which it frees. */
JSValue adopt_bytes(JSContext *ctx, uint8_t *bytes, size_t size);
/* Puts a function into an object. */
void add_function(JSContext *ctx, JSValueConst object, const char *name, JSCFunction *function, int arguments);

void sha256(const uint8_t *message, size_t size, uint8_t digest[SHA256_BYTES]);
void hmac_sha256(const uint8_t *key, size_t key_size, const uint8_t *message, size_t size, uint8_t mac[SHA256_BYTES]);

/* Each adds its functions to the object `native` (native.ts says what they promise). */
void add_system(JSContext *ctx, JSValueConst native);
void add_files(JSContext *ctx, JSValueConst native);
void add_streams(JSContext *ctx, JSValueConst native);
void add_texts(JSContext *ctx, JSValueConst native);
void add_hashes(JSContext *ctx, JSValueConst native);
void add_conversions(JSContext *ctx, JSValueConst native);
void add_pcsc(JSContext *ctx, JSValueConst native);
int add_apps(JSContext *ctx, JSValueConst native);

/* Whether somebody asked the program to end. */
int is_ending(void);
/* Begins to watch for that. */
int watch_signals(void);

#endif
