#ifndef LANYARD_AWS_SIGV4A_H
#define LANYARD_AWS_SIGV4A_H

#include "aws/credentials.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"

#include <stdbool.h>

/* The key of AWS Signature Version 4a, the asymmetric form of Version 4: a signature is valid in several
 * Regions. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */

/* sigv4a_private writes the private number of credentials. It returns false if OpenSSL fails. The caller
 * wipes the number. */
bool sigv4a_private(struct hasher *hasher, const struct credentials *credentials,
                    unsigned char number[ECDSA_NUMBER]);

#endif
