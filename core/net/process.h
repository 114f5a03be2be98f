#ifndef LANYARD_NET_PROCESS_H
#define LANYARD_NET_PROCESS_H

#include "base/buf.h"
#include "net/loop.h"

#include <sys/types.h>

/* A child process beside the event loop, without a shell. Its standard input is `input` or empty.
 * Its standard output is read into a buffer that is wiped. It inherits no other file descriptors.
 *
 * A streamed process delivers its output in pieces: its operation completes with each piece, and
 * process_resume continues. It leads a process group of its own, so that it and its children
 * receive a terminal's Ctrl-C from process_signal. */

enum process_failure {
  PROCESS_ENDED,
  PROCESS_TIMEOUT,
  PROCESS_TOO_LARGE,
  PROCESS_ERROR, /* reading failed, or there is not enough memory */
  PROCESS_LOST,  /* a streamed process has exited; the status is lost, as SIGCHLD is ignored */
};

/* The caller owns the struct. It begins as PROCESS_NONE, and process_stop ends it, at any time. */
#define PROCESS_NONE ((struct process){.fd = -1, .errors_fd = -1})

struct process {
  struct loop_op op;
  pid_t pid;     /* 0: not started, or already waited for */
  int fd;        /* the reading end of its output; -1: at its end */
  int errors_fd; /* the file with its standard error; -1: none */
  struct event *readable;
  struct event *ticking; /* polls for the exit */
  struct event *deadline;
  size_t max_size;
  bool streamed;

  /* The outcome, after the operation has completed. */
  enum process_failure failure;
  int status; /* as returned by waitpid */
  struct buf output;
};

/* The destination of standard error. */
enum process_errors {
  PROCESS_ERRORS_OURS, /* that of this process */
  PROCESS_ERRORS_JOIN, /* the standard output of the command */
  PROCESS_ERRORS_KEEP, /* an unnamed file, for process_read_errors */
};

struct process_options {
  char *const *words; /* ends with NULL; the first is searched for in PATH */
  double timeout;     /* seconds until the process is killed */
  size_t max_size;    /* bytes of output until the process is killed, unless it is streamed */
  bool streamed;
  enum process_errors errors;
  const char *input;
  size_t input_length;
};

/* process_start returns 0, or an errno if the process was not started. */
int process_start(struct loop *loop, struct process *process,
                  const struct process_options *options);

/* process_has_piece reports whether the operation completed with a piece of output, not with the
 * exit. The caller takes the piece and empties the buffer. */
bool process_has_piece(const struct process *process);

/* process_read_errors appends the last 64 KiB of standard error. */
void process_read_errors(const struct process *process, struct buf *into);

/* process_resume continues after a piece of output. */
void process_resume(struct process *process);

/* process_signal sends a signal to the process group of a streamed process. */
void process_signal(struct process *process, int number);

/* process_stop kills the process if it runs, waits for it, and wipes and frees its buffers. */
void process_stop(struct process *process);

#endif
