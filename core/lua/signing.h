#ifndef LANYARD_LUA_SIGNING_H
#define LANYARD_LUA_SIGNING_H

#include "aws/sigv4.h"
#include "lua/util.h"

#include <stdbool.h>

/* What the functions of lanyard.sigv4 share: the state of a signing, and reading their options. */

#define SIGNING_HEADERS 64 /* headers to sign */

/* The stack indexes of all functions. At SIGNING_TABLE is a table that keeps strings alive. */
enum { SIGNING_OPTIONS = 1, SIGNING_OBJECT = 2, SIGNING_TABLE = 3 };

/* The state of a signing, which must be freed after a longjmp. */
struct signing {
  struct object object;
  const char *url; /* NULL if there is only a target */
  bool sign_body, steps, omit_token;
  lua_Integer expires;
  struct sigv4_request request;
  struct sigv4_scope scope;
  struct sigv4_header headers[SIGNING_HEADERS];
  struct sigv4_signer *signer; /* of the Lua state */
  const struct credentials *credentials;
  char payload_hash[HASH_SHA256_HEX];
  const char *host;
  size_t host_length;
  struct buf query, canonical, text, names;
  char signature[SIGV4_SIGNATURE];
};

/* signing_begin pushes a signing with the options that all functions share. `known` lists the names of the
 * options, and ends with NULL; without it, other fields are ignored. The headers that it reads stay valid until
 * memory of Lua is allocated. */
struct signing *signing_begin(lua_State *L, const char *const known[]);

/* signing_header adds a header to sign. The caller keeps the strings alive. */
void signing_header(lua_State *L, struct signing *signing, const char *name, size_t name_length,
                    const char *value, size_t value_length);

/* signing_finish computes the canonical request, the string to sign and the signature. */
void signing_finish(lua_State *L, struct signing *signing);

/* signing_put_back keeps the signing at SIGNING_OBJECT for reuse. */
void signing_put_back(lua_State *L);

/* signing_open registers the classes. */
void signing_open(lua_State *L);

#endif
