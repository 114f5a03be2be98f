/* Measures how long JSON texts take to read: the policy document, the JSON below it, and a copy of the text, in
 * turns. Prints, for each file, nanoseconds of processor time.
 *   parse_bench FILE... */

#include "policy/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURNS 9
#define TURN_SECONDS 0.02

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void read_policy(const struct buf *text) {
  struct json_error error;
  policy_free(policy_parse(text->data, text->length, &error));
}

static void read_json(const struct buf *text) {
  struct json_error error;
  json_free(json_parse(text->data, text->length, &error));
}

static void copy(const struct buf *text) {
  char *memory = malloc(text->length);
  if (!memory)
    exit(EXIT_FAILURE);
  memcpy(memory, text->data, text->length);
  __asm__ volatile("" : : "r"(memory) : "memory"); /* the copy is not optimized away */
  free(memory);
}

static double measure(void (*run)(const struct buf *), const struct buf *text) {
  /* To read the clock is a system call, so it is read after 200 KB or more. */
  size_t runs = 0, batch = 200000 / (text->length + 1) + 1;
  double start = now(), taken;
  do {
    for (size_t i = 0; i < batch; i++)
      run(text);
    runs += batch;
    taken = now() - start;
  } while (taken < TURN_SECONDS);
  return taken / (double)runs * 1e9;
}

static bool read_file(const char *name, struct buf *text) {
  FILE *file = fopen(name, "rb");
  if (!file)
    return false;
  char bytes[65536];
  for (size_t got; (got = fread(bytes, 1, sizeof bytes, file)) > 0;)
    buf_add(text, bytes, got);
  fclose(file);
  return !text->failed;
}

int main(int argc, char **argv) {
  static void (*const jobs[])(const struct buf *) = {copy, read_json, read_policy};
  for (int i = 1; i < argc; i++) {
    struct buf text = {0};
    double best[3] = {0};
    if (!read_file(argv[i], &text))
      return EXIT_FAILURE;
    for (int turn = 0; turn < TURNS; turn++)
      for (size_t job = 0; job < 3; job++) {
        double each = measure(jobs[job], &text);
        if (turn == 0 || each < best[job])
          best[job] = each;
      }
    printf("copy %.0f json %.0f policy %.0f\n", best[0], best[1], best[2]);
    buf_free(&text);
  }
  return EXIT_SUCCESS;
}
