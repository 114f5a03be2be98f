#include "import.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

/* clang-format off */
#define FUNCTIONS(F) \
  F(int, BIO_free, (BIO *a), (a)) \
  F(BIO *, BIO_new_mem_buf, (const void *buf, int len), (buf, len)) \
  F(BIGNUM *, BN_bin2bn, (const unsigned char *s, int len, BIGNUM *ret), (s, len, ret)) \
  F(int, BN_bn2binpad, (const BIGNUM *a, unsigned char *to, int tolen), (a, to, tolen)) \
  F(void, BN_clear_free, (BIGNUM *a), (a)) \
  F(int, BN_cmp, (const BIGNUM *a, const BIGNUM *b), (a, b)) \
  F(void, BN_free, (BIGNUM *a), (a)) \
  F(int, BN_is_zero, (const BIGNUM *a), (a)) \
  F(BIGNUM *, BN_secure_new, (void), ()) \
  F(int, CRYPTO_memcmp, (const void *in_a, const void *in_b, size_t len), (in_a, in_b, len)) \
  F(void, ECDSA_SIG_free, (ECDSA_SIG *sig), (sig)) \
  F(const BIGNUM *, ECDSA_SIG_get0_r, (const ECDSA_SIG *sig), (sig)) \
  F(const BIGNUM *, ECDSA_SIG_get0_s, (const ECDSA_SIG *sig), (sig)) \
  F(void, EC_GROUP_free, (EC_GROUP *group), (group)) \
  F(const BIGNUM *, EC_GROUP_get0_order, (const EC_GROUP *group), (group)) \
  F(EC_GROUP *, EC_GROUP_new_by_curve_name, (int nid), (nid)) \
  F(void, EC_POINT_free, (EC_POINT *point), (point)) \
  F(int, EC_POINT_mul, \
    (const EC_GROUP *group, EC_POINT *r, const BIGNUM *n, const EC_POINT *q, const BIGNUM *m, BN_CTX *ctx), \
    (group, r, n, q, m, ctx)) \
  F(EC_POINT *, EC_POINT_new, (const EC_GROUP *group), (group)) \
  F(size_t, EC_POINT_point2oct, \
    (const EC_GROUP *group, const EC_POINT *p, point_conversion_form_t form, unsigned char *buf, \
     size_t len, BN_CTX *ctx), \
    (group, p, form, buf, len, ctx)) \
  F(void, ERR_clear_error, (void), ()) \
  F(unsigned long, ERR_get_error, (void), ()) \
  F(int, EVP_Digest, \
    (const void *data, size_t count, unsigned char *md, unsigned int *size, const EVP_MD *type, ENGINE *impl), \
    (data, count, md, size, type, impl)) \
  F(int, EVP_DigestFinal_ex, (EVP_MD_CTX *ctx, unsigned char *md, unsigned int *s), (ctx, md, s)) \
  F(int, EVP_DigestInit_ex2, (EVP_MD_CTX *ctx, const EVP_MD *type, const OSSL_PARAM params[]), (ctx, type, params)) \
  F(int, EVP_DigestInit_ex, (EVP_MD_CTX *ctx, const EVP_MD *type, ENGINE *impl), (ctx, type, impl)) \
  F(int, EVP_DigestSign, \
    (EVP_MD_CTX *ctx, unsigned char *sigret, size_t *siglen, const unsigned char *tbs, size_t tbslen), \
    (ctx, sigret, siglen, tbs, tbslen)) \
  F(int, EVP_DigestSignInit, \
    (EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx, const EVP_MD *type, ENGINE *e, EVP_PKEY *pkey), \
    (ctx, pctx, type, e, pkey)) \
  F(int, EVP_DigestUpdate, (EVP_MD_CTX *ctx, const void *d, size_t cnt), (ctx, d, cnt)) \
  F(int, EVP_MD_CTX_copy_ex, (EVP_MD_CTX *out, const EVP_MD_CTX *in), (out, in)) \
  F(void, EVP_MD_CTX_free, (EVP_MD_CTX *ctx), (ctx)) \
  F(EVP_MD_CTX *, EVP_MD_CTX_new, (void), ()) \
  F(EVP_MD *, EVP_MD_fetch, \
    (OSSL_LIB_CTX *ctx, const char *algorithm, const char *properties), (ctx, algorithm, properties)) \
  F(void, EVP_MD_free, (EVP_MD *md), (md)) \
  F(void, EVP_PKEY_CTX_free, (EVP_PKEY_CTX *ctx), (ctx)) \
  F(EVP_PKEY_CTX *, EVP_PKEY_CTX_new, (EVP_PKEY *pkey, ENGINE *e), (pkey, e)) \
  F(EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_name, \
    (OSSL_LIB_CTX *libctx, const char *name, const char *propquery), (libctx, name, propquery)) \
  F(void, EVP_PKEY_free, (EVP_PKEY *pkey), (pkey)) \
  F(int, EVP_PKEY_fromdata, \
    (EVP_PKEY_CTX *ctx, EVP_PKEY **ppkey, int selection, OSSL_PARAM param[]), (ctx, ppkey, selection, param)) \
  F(int, EVP_PKEY_fromdata_init, (EVP_PKEY_CTX *ctx), (ctx)) \
  F(int, EVP_PKEY_get_bn_param, (const EVP_PKEY *pkey, const char *key_name, BIGNUM **bn), (pkey, key_name, bn)) \
  F(int, EVP_PKEY_get_group_name, \
    (const EVP_PKEY *pkey, char *name, size_t name_sz, size_t *gname_len), (pkey, name, name_sz, gname_len)) \
  F(int, EVP_PKEY_is_a, (const EVP_PKEY *pkey, const char *name), (pkey, name)) \
  F(int, EVP_PKEY_pairwise_check, (EVP_PKEY_CTX *ctx), (ctx)) \
  F(const EVP_MD *, EVP_md5, (void), ()) \
  F(const EVP_MD *, EVP_sha1, (void), ()) \
  F(const EVP_MD *, EVP_sha256, (void), ()) \
  F(const EVP_MD *, EVP_sha512, (void), ()) \
  F(void, OPENSSL_cleanse, (void *ptr, size_t len), (ptr, len)) \
  F(int, OPENSSL_init_crypto, (uint64_t opts, const OPENSSL_INIT_SETTINGS *settings), (opts, settings)) \
  F(OSSL_LIB_CTX *, OSSL_LIB_CTX_get0_global_default, (void), ()) \
  F(void, OSSL_PARAM_BLD_free, (OSSL_PARAM_BLD *bld), (bld)) \
  F(OSSL_PARAM_BLD *, OSSL_PARAM_BLD_new, (void), ()) \
  F(int, OSSL_PARAM_BLD_push_BN, (OSSL_PARAM_BLD *bld, const char *key, const BIGNUM *bn), (bld, key, bn)) \
  F(int, OSSL_PARAM_BLD_push_octet_string, \
    (OSSL_PARAM_BLD *bld, const char *key, const void *buf, size_t bsize), (bld, key, buf, bsize)) \
  F(int, OSSL_PARAM_BLD_push_utf8_string, \
    (OSSL_PARAM_BLD *bld, const char *key, const char *buf, size_t bsize), (bld, key, buf, bsize)) \
  F(OSSL_PARAM *, OSSL_PARAM_BLD_to_param, (OSSL_PARAM_BLD *bld), (bld)) \
  F(void, OSSL_PARAM_free, (OSSL_PARAM *p), (p)) \
  F(const char *, OpenSSL_version, (int type), (type)) \
  F(EVP_PKEY *, PEM_read_bio_PrivateKey, (BIO *out, EVP_PKEY **x, pem_password_cb *cb, void *u), (out, x, cb, u)) \
  F(ECDSA_SIG *, d2i_ECDSA_SIG, (ECDSA_SIG **a, const unsigned char **in, long len), (a, in, len))
/* clang-format on */

#define TEXT(number) #number
#define FILE_OF(version) "libcrypto.so." TEXT(version)

#define INDEX(type, name, ...) INDEX_##name,
#define NAME(type, name, ...) #name,
enum { FUNCTIONS(INDEX) COUNT };
static const char *const names[] = {FUNCTIONS(NAME)};
static struct import_table table;

const struct import import_crypto = {FILE_OF(OPENSSL_SHLIB_VERSION), "libssl3", names, COUNT,
                                     &table};

#define DEFINE(type, name, parameters, arguments)                                                  \
  type name parameters {                                                                           \
    return ((__typeof__(&name))import_function(&import_crypto, &table, INDEX_##name))arguments;    \
  }
FUNCTIONS(DEFINE)
