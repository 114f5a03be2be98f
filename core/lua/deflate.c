/* lanyard.deflate: compressed data (RFC 1951, RFC 1952) and its checksum, with zlib. */

#include "base/buf.h"
#include "lua/util.h"

#include <limits.h>
#include <stdint.h>
#include <zlib.h>

/* The forms of zlib's windowBits: no header, and the header of gzip. */
enum { RAW = -MAX_WBITS, GZIP = MAX_WBITS + 16 };

#define CHUNK 65536

/* Gives the stream the next part of the input, because its counter has 32 bits. */
static void feed(z_stream *stream, size_t *left) {
  if (stream->avail_in == 0) {
    stream->avail_in = *left < CHUNK * 1024 ? (uInt)*left : CHUNK * 1024;
    *left -= stream->avail_in;
  }
}

/* Makes room for output after the text so far: a chunk, or what `room` allows. */
static bool make_room(z_stream *stream, struct buf *out, size_t room) {
  size_t size = room < CHUNK ? room : CHUNK;
  if (!buf_reserve(out, size + 1))
    return false;
  stream->next_out = (Bytef *)out->data + out->length;
  stream->avail_out = (uInt)size;
  return true;
}

/* Begins with another member of a gzip file, if the input has one. */
static bool next_member(z_stream *stream, int form, size_t left) {
  return form == GZIP && (stream->avail_in > 0 || left > 0) && inflateReset(stream) == Z_OK;
}

/* Appends what the stream contains to `out`. Returns NULL, or what is wrong. */
static const char *inflate_into(z_stream *stream, size_t left, int form, size_t limit,
                                struct buf *out) {
  for (;;) {
    feed(stream, &left);
    /* One byte more than the limit shows that there is more. */
    if (!make_room(stream, out, limit - out->length + 1))
      return "not enough memory";
    uInt offered = stream->avail_out;
    int result = inflate(stream, Z_NO_FLUSH);
    out->length += offered - stream->avail_out;
    if (out->length > limit)
      return "too long";
    if (result == Z_STREAM_END && !next_member(stream, form, left))
      return stream->avail_in == 0 && left == 0 ? NULL : "bytes follow the end";
    if (result == Z_MEM_ERROR)
      return "not enough memory";
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
      return "damaged";
    if (result == Z_BUF_ERROR && stream->avail_in == 0 && left == 0)
      return "incomplete";
  }
}

static int push_failure(lua_State *L, struct buf *out, const char *what, size_t limit) {
  bool too_long = out->length > limit;
  buf_free(out);
  luaL_pushfail(L);
  if (too_long)
    lua_pushfstring(L, "the compressed data has more than %I bytes", (LUAI_UACINT)limit);
  else
    lua_pushfstring(L, "the compressed data is damaged: %s", what);
  return 2;
}

/* The dictionary at argument 3, of which zlib uses the last 32 KiB; empty by default. */
static const Bytef *opt_dictionary(lua_State *L, uInt *length) {
  size_t size;
  const char *bytes = luaL_optlstring(L, 3, "", &size);
  luaL_argcheck(L, size <= CHUNK, 3, "the dictionary is too long");
  *length = (uInt)size;
  return (const Bytef *)bytes;
}

static int expand(lua_State *L, int form) {
  size_t length;
  const char *bytes = luaL_checklstring(L, 1, &length);
  size_t limit = (size_t)check_int(L, 2, 0, INT32_MAX);
  uInt dictionary_length;
  const Bytef *dictionary = opt_dictionary(L, &dictionary_length);
  z_stream stream = {.next_in = (z_const Bytef *)bytes};
  if (inflateInit2(&stream, form) != Z_OK)
    return luaL_error(L, "not enough memory");
  if (form == RAW && dictionary_length > 0)
    inflateSetDictionary(&stream, dictionary, dictionary_length);
  struct buf out = {0};
  const char *wrong = inflate_into(&stream, length, form, limit, &out);
  inflateEnd(&stream);
  return wrong ? push_failure(L, &out, wrong, limit) : push_buf(L, &out);
}

/* inflate(bytes, limit [, dictionary]) --> text | nil, message
 * Expands bytes of deflate() to at most `limit` bytes. More, or a byte that does not belong, is an
 * error. The dictionary has to be the one of deflate(). */
static int inflate_raw(lua_State *L) {
  return expand(L, RAW);
}

/* gunzip(bytes, limit) --> text | nil, message
 * Expands a gzip file to at most `limit` bytes, and checks its checksum. */
static int gunzip(lua_State *L) {
  return expand(L, GZIP);
}

/* Appends the compressed input to `out`. Returns false if there is not enough memory. */
static bool deflate_into(z_stream *stream, size_t left, struct buf *out) {
  int result;
  do {
    feed(stream, &left);
    if (!make_room(stream, out, CHUNK))
      return false;
    result = deflate(stream, left == 0 ? Z_FINISH : Z_NO_FLUSH);
    out->length += CHUNK - stream->avail_out;
  } while (result == Z_OK || result == Z_BUF_ERROR);
  return result == Z_STREAM_END;
}

static int compress_bytes(lua_State *L, int form) {
  size_t length;
  const char *bytes = luaL_checklstring(L, 1, &length);
  int level = (int)opt_int(L, 2, 0, Z_BEST_COMPRESSION, 6);
  uInt dictionary_length;
  const Bytef *dictionary = opt_dictionary(L, &dictionary_length);
  z_stream stream = {.next_in = (z_const Bytef *)bytes};
  if (deflateInit2(&stream, level, Z_DEFLATED, form, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
    return luaL_error(L, "not enough memory");
  if (form == RAW && dictionary_length > 0)
    deflateSetDictionary(&stream, dictionary, dictionary_length);
  struct buf out = {0};
  bool complete = deflate_into(&stream, length, &out);
  deflateEnd(&stream);
  if (!complete) {
    buf_free(&out);
    return luaL_error(L, "not enough memory");
  }
  return push_buf(L, &out);
}

/* deflate(bytes [, level [, dictionary]]) --> bytes
 * Compresses bytes, without a header. The level is from 0 (fast) to 9 (small); 6 is the default. What the
 * dictionary (at most 64 KiB) has in common with the bytes needs no place. The same arguments have the
 * same result with one version of zlib. */
static int deflate_raw(lua_State *L) {
  return compress_bytes(L, RAW);
}

/* gzip(bytes [, level]) --> bytes
 * Compresses bytes to a gzip file without a name and a time, so that the result is reproducible. */
static int gzip(lua_State *L) {
  return compress_bytes(L, GZIP);
}

/* crc32(bytes [, before]) --> integer
 * Returns the checksum of gzip files and ZIP archives. `before` is the checksum of the bytes in front. */
static int crc32_of(lua_State *L) {
  size_t length;
  const char *bytes = luaL_checklstring(L, 1, &length);
  uLong before = (uLong)opt_int(L, 2, 0, UINT32_MAX, 0);
  lua_pushinteger(L, (lua_Integer)crc32_z(before, (const Bytef *)bytes, length));
  return 1;
}

/* version() --> text
 * Returns the version of zlib. */
static int version(lua_State *L) {
  lua_pushstring(L, zlibVersion());
  return 1;
}

MODULE_API int luaopen_lanyard_deflate(lua_State *L) {
  static const luaL_Reg functions[] = {{"inflate", inflate_raw},
                                       {"gunzip", gunzip},
                                       {"deflate", deflate_raw},
                                       {"gzip", gzip},
                                       {"crc32", crc32_of},
                                       {"version", version},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
