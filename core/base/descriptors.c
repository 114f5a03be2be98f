#include "base/descriptors.h"

#include "base/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int descriptors_probe(int count) {
  int opened[8];
  int n = 0, failed = 0;
  while (n < count && !failed) {
    opened[n] = platform_open_marker();
    if (opened[n] < 0)
      failed = errno;
    else
      n++;
  }
  while (n > 0)
    close(opened[--n]);
  return failed;
}

int descriptors_shortage(int number) {
  return number == EMFILE || number == ENFILE ? number : 0;
}

const char *error_text(int number) {
  switch (number) {
  case EMFILE:
    return "too many open files; raise the limit of `ulimit -n`";
  case ENFILE:
    return "too many open files in the system; raise the limit of `sysctl fs.file-max`";
  default:
    return strerror(number);
  }
}
