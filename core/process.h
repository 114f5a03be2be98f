#ifndef LANYARD_PROCESS_H
#define LANYARD_PROCESS_H

#include "buf.h"
#include "loop.h"

#include <sys/types.h>

/* A command that runs beside the loop, without a shell: its standard input is empty, its standard error
 * ours, its standard output read whole into a buffer that is wiped. No other file descriptor of ours
 * is open in it. */

enum process_failure {
  PROCESS_ENDED,
  PROCESS_TIMEOUT,
  PROCESS_TOO_LARGE,
  PROCESS_ERROR, /* reading from it failed, or memory ran out */
};

/* The caller owns the struct, which begins as PROCESS_NONE, and ends it with process_stop, at any time. */
#define PROCESS_NONE ((struct process){.fd = -1})

struct process {
  struct loop_op op;
  pid_t pid; /* 0: there is none, or it has been waited for */
  int fd;    /* the reading end of its output; -1: at its end */
  struct event *readable;
  struct event *ticking; /* looks whether it has ended */
  struct event *deadline;
  size_t max_size;

  /* The outcome, once the operation has ended. */
  enum process_failure failure;
  int status; /* as waitpid gives it */
  struct buf output;
};

/* Starts the command `words` (NULL behind the last; the first is looked for in PATH). It is killed when
 * it has not ended after `timeout` seconds, or prints more than `max_size` bytes. 0, or an errno: then
 * nothing was started. */
int process_start(struct loop *loop, struct process *process, char *const words[], double timeout,
                  size_t max_size);

/* Kills what still runs, waits for it, frees and wipes. */
void process_stop(struct process *process);

#endif
