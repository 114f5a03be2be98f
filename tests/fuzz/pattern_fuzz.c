/* Lua patterns: whatever the pattern, the matcher stays inside its texts and within its steps, and
 * a match and its captures are inside the subject. The input is a pattern, a NUL and a subject. */

#include "base/pattern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_captures(const struct pattern *match) {
  for (int i = 0; i < match->captures; i++) {
    const struct pattern_capture *capture = &match->capture[i];
    if (capture->start < match->subject || capture->start > match->subject_end)
      abort();
    if (capture->length != PATTERN_OPEN && capture->length != PATTERN_POSITION &&
        capture->length > (size_t)(match->subject_end - capture->start))
      abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *nul = memchr(data, '\0', size);
  if (!nul)
    return 0;
  /* Separate blocks, so that sanitizers detect a read past an end. */
  size_t length = (size_t)(nul - data);
  size_t subject_length = size - length - 1;
  char *pattern = malloc(length + 1);
  char *subject = malloc(subject_length + 1);
  if (!pattern || !subject)
    abort();
  char *pattern_start = pattern + 1;
  char *subject_start = subject + 1;
  memcpy(pattern_start, data, length);
  memcpy(subject_start, nul + 1, subject_length);

  struct pattern match = {.pattern = pattern_start,
                          .pattern_end = pattern_start + length,
                          .subject = subject_start,
                          .subject_end = subject_start + subject_length,
                          .steps = STEPS};
  const char *end = pattern_match(&match, subject_start);
  if (match.steps > STEPS || (end && match.error))
    abort();
  if (end) {
    if (end < subject_start || end > match.subject_end)
      abort();
    check_captures(&match);
  }
  free(pattern);
  free(subject);
  return 0;
}
