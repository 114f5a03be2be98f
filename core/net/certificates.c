/* Where systems have their file of CA certificates. A libcurl of the system knows the place; the one in a static binary
 * knows only Debian's, and runs on other systems, too. */

#include "net/certificates.h"

#include <stddef.h>
#include <unistd.h>

static const char *const files[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Arch, Alpine, NixOS */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, RHEL, Amazon Linux */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* the same, without compatibility links */
    "/etc/ssl/ca-bundle.pem",                            /* openSUSE */
    "/etc/ssl/cert.pem",                                 /* Alpine, FreeBSD, OpenBSD, macOS */
    "/usr/local/share/certs/ca-root-nss.crt",            /* FreeBSD */
};

const char *certificates_file(const char *own) {
  if (own && access(own, R_OK) == 0)
    return own;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    if (access(files[i], R_OK) == 0)
      return files[i];
  }
  return own;
}
