/* SHA-256 (FIPS 180-4) and HMAC (RFC 2104) over it. */
#include <string.h>

#include "port.h"

#define BLOCK_BYTES 64

static const uint32_t ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

typedef struct {
    uint32_t state[8];
    uint8_t block[BLOCK_BYTES];
    size_t filled;
    uint64_t size;
} Sha256;

static uint32_t rotated(uint32_t word, unsigned by)
{
    return (word >> by) | (word << (32 - by));
}

static void begin(Sha256 *hash)
{
    static const uint32_t START[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    };
    memcpy(hash->state, START, sizeof START);
    hash->filled = 0;
    hash->size = 0;
}

static void take_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64];
    for (int i = 0; i < 16; i += 1) {
        const uint8_t *at = block + 4 * i;
        w[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    for (int i = 16; i < 64; i += 1) {
        uint32_t small0 = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t small1 = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + small0 + w[i - 7] + small1;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i += 1) {
        uint32_t big1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
        uint32_t first = h + big1 + ((e & f) ^ (~e & g)) + ROUND[i] + w[i];
        uint32_t big0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
        uint32_t second = big0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + first;
        d = c;
        c = b;
        b = a;
        a = first + second;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

static void take(Sha256 *hash, const uint8_t *bytes, size_t size)
{
    hash->size += size;
    while (size > 0) {
        if (hash->filled == 0 && size >= BLOCK_BYTES) {
            take_block(hash->state, bytes);
            bytes += BLOCK_BYTES;
            size -= BLOCK_BYTES;
            continue;
        }
        size_t room = BLOCK_BYTES - hash->filled;
        size_t part = size < room ? size : room;
        memcpy(hash->block + hash->filled, bytes, part);
        hash->filled += part;
        bytes += part;
        size -= part;
        if (hash->filled == BLOCK_BYTES) {
            take_block(hash->state, hash->block);
            hash->filled = 0;
        }
    }
}

static void end(Sha256 *hash, uint8_t digest[SHA256_BYTES])
{
    static const uint8_t PADDING[BLOCK_BYTES] = {0x80};
    uint64_t bits = hash->size * 8;
    size_t padding = (hash->filled < 56 ? 56 : 120) - hash->filled;
    take(hash, PADDING, padding);
    uint8_t length[8];
    for (int i = 0; i < 8; i += 1) length[i] = (uint8_t)(bits >> (56 - 8 * i));
    take(hash, length, sizeof length);
    for (int i = 0; i < SHA256_BYTES; i += 1) digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256(const uint8_t *message, size_t size, uint8_t digest[SHA256_BYTES])
{
    Sha256 hash;
    begin(&hash);
    take(&hash, message, size);
    end(&hash, digest);
}

void hmac_sha256(const uint8_t *key, size_t key_size, const uint8_t *message, size_t size, uint8_t mac[SHA256_BYTES])
{
    uint8_t pad[BLOCK_BYTES] = {0};
    if (key_size > BLOCK_BYTES) sha256(key, key_size, pad);
    else if (key_size > 0) memcpy(pad, key, key_size);
    for (int i = 0; i < BLOCK_BYTES; i += 1) pad[i] ^= 0x36;
    Sha256 hash;
    begin(&hash);
    take(&hash, pad, sizeof pad);
    take(&hash, message, size);
    uint8_t inner[SHA256_BYTES];
    end(&hash, inner);
    for (int i = 0; i < BLOCK_BYTES; i += 1) pad[i] ^= 0x36 ^ 0x5c;
    begin(&hash);
    take(&hash, pad, sizeof pad);
    take(&hash, inner, sizeof inner);
    end(&hash, mac);
    explicit_bzero(pad, sizeof pad);
    explicit_bzero(&hash, sizeof hash);
}

static JSValue js_sha256(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const uint8_t *message;
    size_t size;
    if (!bytes_of(ctx, given[0], &message, &size)) return JS_EXCEPTION;
    uint8_t digest[SHA256_BYTES];
    sha256(message, size, digest);
    return new_bytes(ctx, digest, sizeof digest);
}

static JSValue js_hmac_sha256(JSContext *ctx, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    (void)count;
    const uint8_t *key, *message;
    size_t key_size, size;
    if (!bytes_of(ctx, given[0], &key, &key_size)) return JS_EXCEPTION;
    if (!bytes_of(ctx, given[1], &message, &size)) return JS_EXCEPTION;
    uint8_t mac[SHA256_BYTES];
    hmac_sha256(key, key_size, message, size, mac);
    return new_bytes(ctx, mac, sizeof mac);
}

void add_hashes(JSContext *ctx, JSValueConst native)
{
    add_function(ctx, native, "sha256", js_sha256, 1);
    add_function(ctx, native, "hmacSha256", js_hmac_sha256, 2);
}
