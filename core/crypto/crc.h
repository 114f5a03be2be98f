#ifndef LANYARD_CRYPTO_CRC_H
#define LANYARD_CRYPTO_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Cyclic redundancy checks, as the checksums of Amazon S3 have them. They find accidental changes,
 * not forgeries. */

enum crc_kind {
  CRC_32,      /* ISO-HDLC: zlib, gzip, PNG */
  CRC_32C,     /* iSCSI, RFC 3720 appendix B.4 */
  CRC_64_NVME, /* NVM Express Base Specification, 5.2.1.3.4 */
  CRC_KINDS
};

/* crc_update continues a check over more bytes. The first value is 0. */
uint64_t crc_update(enum crc_kind kind, uint64_t value, const void *bytes, size_t length);

/* crc_size returns the size of a check in bytes: 4 or 8. */
size_t crc_size(enum crc_kind kind);

#endif
