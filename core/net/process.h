#ifndef LANYARD_NET_PROCESS_H
#define LANYARD_NET_PROCESS_H

#include "base/buf.h"
#include "net/loop.h"

#include <sys/types.h>

/* A command that runs beside the loop, without a shell: its standard input is empty, its standard error
 * ours, its standard output read whole into a buffer that is wiped. No other file descriptor of ours
 * is open in it.
 *
 * A streamed command gives its output piece by piece: its operation ends with each, and goes on with
 * process_resume. It is the first of a process group of its own, so that a terminal's Ctrl-C reaches it by
 * way of us, and with all that it started. */

enum process_failure {
  PROCESS_ENDED,
  PROCESS_TIMEOUT,
  PROCESS_TOO_LARGE,
  PROCESS_ERROR, /* reading from it failed, or memory ran out */
  PROCESS_LOST, /* a streamed command has ended, nobody knows how: SIGCHLD is ignored in this process */
};

/* The caller owns the struct, which begins as PROCESS_NONE, and ends it with process_stop, at any time. */
#define PROCESS_NONE ((struct process){.fd = -1, .errors_fd = -1})

struct process {
  struct loop_op op;
  pid_t pid;     /* 0: there is none, or it has been waited for */
  int fd;        /* the reading end of its output; -1: at its end */
  int errors_fd; /* the file of its standard error; -1: there is none */
  struct event *readable;
  struct event *ticking; /* looks whether it has ended */
  struct event *deadline;
  size_t max_size;
  bool streamed;

  /* The outcome, once the operation has ended. */
  enum process_failure failure;
  int status; /* as waitpid gives it */
  struct buf output;
};

/* Where its standard error goes. */
enum process_errors {
  PROCESS_ERRORS_OURS, /* where ours goes */
  PROCESS_ERRORS_JOIN, /* where its standard output goes */
  PROCESS_ERRORS_KEEP, /* into a file without a name, which process_read_errors reads */
};

struct process_options {
  char *const *words; /* NULL behind the last; the first is looked for in PATH */
  double timeout;     /* seconds, after which it is killed */
  size_t max_size;    /* bytes; what prints more is killed, unless it is streamed */
  bool streamed;
  enum process_errors errors;
  const char *input;
  size_t input_length;
};

/* 0, or an errno: then nothing was started. */
int process_start(struct loop *loop, struct process *process,
                  const struct process_options *options);

/* Whether it gave a piece of its output, which the caller takes and empties; it has not ended then. */
bool process_has_piece(const struct process *process);

/* Adds to the buffer what is kept of its standard error: no more than the last 64 KiB. */
void process_read_errors(const struct process *process, struct buf *into);

/* Goes on behind a piece. */
void process_resume(struct process *process);

/* Sends a signal to a streamed command and to what it started. */
void process_signal(struct process *process, int number);

/* Kills what still runs, waits for it, frees and wipes. */
void process_stop(struct process *process);

#endif
