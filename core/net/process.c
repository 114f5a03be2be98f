#include "net/process.h"

#include "base/platform.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* A command may exit while a child of its own keeps the output open, so that the end of the output
 * does not show the exit; and the loop must not take SIGCHLD from its host. So the exit is
 * polled. */
static const struct timeval TICK = {.tv_usec = 5000};

/* The number of bytes of a stream after which its reader gets a turn. */
static const size_t PIECE = (size_t)64 * 1024;

/* The number of bytes to read after the exit. A pipe holds less, so more bytes come from another
 * process. */
static const size_t LAST_PIECE = (size_t)1024 * 1024;

static void close_output(struct process *process) {
  if (process->readable)
    event_free(process->readable);
  process->readable = NULL;
  if (process->fd >= 0)
    close(process->fd);
  process->fd = -1;
}

/* Kills what still runs, and frees all but the outcome. */
static void release(struct process *process, enum process_failure failure) {
  close_output(process);
  if (process->pid > 0) {
    kill(process->streamed ? -process->pid : process->pid, SIGKILL);
    while (waitpid(process->pid, &process->status, 0) < 0 && errno == EINTR) {
    }
    process->pid = 0;
  }
  struct event **events[] = {&process->ticking, &process->deadline};
  for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
    if (*events[i])
      event_free(*events[i]);
    *events[i] = NULL;
  }
  process->failure = failure;
}

/* Completes the operation, unless a piece of output has completed it already: it then completes again
 * when the process is resumed. */
static void complete(struct process *process) {
  if (process->op.state == LOOP_STARTED)
    loop_complete(&process->op);
}

static void finish(struct process *process, enum process_failure failure) {
  release(process, failure);
  complete(process);
}

/* The kept part of standard error, in bytes. */
static const off_t LAST_ERRORS = (off_t)64 * 1024;

static bool is_full(const struct process *process) {
  return process->streamed && process->output.length >= (process->pid > 0 ? PIECE : LAST_PIECE);
}

/* Reads what is available. Returns false if that completes the operation. */
static bool drain(struct process *process) {
  while (process->fd >= 0 && !is_full(process)) {
    if (!buf_reserve(&process->output, 4096)) {
      finish(process, PROCESS_ERROR);
      return false;
    }
    struct buf *output = &process->output;
    ssize_t got =
        read(process->fd, output->data + output->length, output->capacity - output->length - 1);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0 && errno == EAGAIN)
      return true;
    if (got < 0) {
      finish(process, PROCESS_ERROR);
      return false;
    }
    if (got == 0)
      close_output(process);
    output->length += (size_t)got;
    output->data[output->length] = '\0';
    if (output->length > process->max_size && !process->streamed) {
      finish(process, PROCESS_TOO_LARGE);
      return false;
    }
  }
  return true;
}

/* Completes the operation of a stream that has output. */
static void deliver(struct process *process) {
  if (process->readable)
    event_del(process->readable);
  complete(process);
}

bool process_has_piece(const struct process *process) {
  return process->streamed && process->output.length > 0;
}

/* Checks whether the process has exited, without waiting. */
static void check_exit(struct process *process) {
  pid_t ended = waitpid(process->pid, &process->status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR))
    return;
  /* The program that embeds this code may ignore SIGCHLD. Output that was read to its end is valid
   * without a status. */
  bool lost = ended < 0;
  if (lost)
    process->status = 0;
  process->pid = 0;
  if (drain(process))
    finish(process, lost && process->streamed ? PROCESS_LOST : PROCESS_ENDED);
}

void process_resume(struct process *process) {
  loop_op_start(&process->op, process->op.loop);
  if (!process->ticking) /* it has exited, and its last output was taken */
    loop_complete(&process->op);
  else if (process->readable)
    event_add(process->readable, NULL);
}

void process_signal(struct process *process, int number) {
  if (process->streamed && process->pid > 0)
    kill(-process->pid, number);
}

static void on_readable(evutil_socket_t fd, short what, void *context) {
  (void)fd, (void)what;
  struct process *process = context;
  if (!drain(process))
    return;
  if (process_has_piece(process))
    deliver(process);
  if (process->fd < 0)
    check_exit(process);
}

static void on_tick(evutil_socket_t fd, short what, void *context) {
  (void)fd, (void)what;
  check_exit(context);
}

static void on_deadline(evutil_socket_t fd, short what, void *context) {
  (void)fd, (void)what;
  finish(context, PROCESS_TIMEOUT);
}

/* Returns an unnamed file with the text, positioned at its start, or -1. A pipe would have to be
 * filled while the command reads. */
static int file_of(const char *text, size_t length) {
  int fd = platform_nameless_file();
  if (fd < 0)
    return -1;
  for (size_t done = 0; done < length;) {
    ssize_t written = write(fd, text + done, length - done);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0) {
      close(fd);
      return -1;
    }
    done += (size_t)written;
  }
  lseek(fd, 0, SEEK_SET);
  return fd;
}

/* Sets up the child's file descriptors. Returns 0 or an errno. */
static int arrange_files(posix_spawn_file_actions_t *files, int output, int input, int errors) {
  int failed = 0;
  /* The pipe first: if our standard descriptors are closed, the pipe may be one of them. */
  if ((failed = posix_spawn_file_actions_adddup2(files, output, STDOUT_FILENO)) == 0)
    failed = input >= 0
                 ? posix_spawn_file_actions_adddup2(files, input, STDIN_FILENO)
                 : posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (!failed && errors >= 0)
    failed = posix_spawn_file_actions_adddup2(files, errors, STDERR_FILENO);
  if (!failed)
    failed = platform_close_from(files, STDERR_FILENO + 1);
  return failed;
}

/* Sets up the child's signals and process group. Returns 0 or an errno. */
static int arrange_signals(posix_spawnattr_t *attributes, bool own_group) {
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE); /* ignored in this process, but not in the child */
  int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (own_group)
    flags |= POSIX_SPAWN_SETPGROUP; /* the default is a group of its own */
  int failed = posix_spawnattr_setsigmask(attributes, &none);
  if (!failed)
    failed = posix_spawnattr_setsigdefault(attributes, &defaults);
  if (!failed)
    failed = posix_spawnattr_setflags(attributes, (short)flags);
  return failed;
}

/* Starts the child. Returns 0 or an errno. */
static int spawn(struct process *process, const struct process_options *options, int output,
                 int input) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  int errors = options->errors == PROCESS_ERRORS_JOIN ? STDOUT_FILENO : process->errors_fd;
  int failed = posix_spawn_file_actions_init(&files);
  if (failed)
    return failed;
  failed = posix_spawnattr_init(&attributes);
  if (failed) {
    posix_spawn_file_actions_destroy(&files);
    return failed;
  }
  if ((failed = arrange_files(&files, output, input, errors)) == 0 &&
      (failed = arrange_signals(&attributes, options->streamed)) == 0)
    failed = posix_spawnp(&process->pid, options->words[0], &files, &attributes, options->words,
                          environ);
  if (failed)
    process->pid = 0;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failed;
}

/* Opens the other files of the command, and starts it. Returns 0 or an errno. */
static int spawn_with_files(struct process *process, const struct process_options *options,
                            int output) {
  int input = -1;
  if (options->errors == PROCESS_ERRORS_KEEP && (process->errors_fd = file_of("", 0)) < 0)
    return errno;
  if (options->input && (input = file_of(options->input, options->input_length)) < 0)
    return errno;
  int failed = spawn(process, options, output, input);
  if (input >= 0)
    close(input);
  return failed;
}

int process_start(struct loop *loop, struct process *process,
                  const struct process_options *options) {
  int ends[2];
  if (platform_pipe(ends, false) != 0)
    return errno;
  process->fd = ends[0];
  process->max_size = options->max_size;
  process->streamed = options->streamed;
  process->output.secret = true;
  int failed = fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0
                   ? errno
                   : spawn_with_files(process, options, ends[1]);
  close(ends[1]);
  if (!failed) {
    struct event_base *base = loop_base(loop);
    double timeout = options->timeout;
    double limit = timeout > 0 && timeout < 1e6 ? timeout : 1e6; /* also for NaN */
    struct timeval after = {.tv_sec = (time_t)limit,
                            .tv_usec = (suseconds_t)((limit - (double)(time_t)limit) * 1e6)};
    process->readable = event_new(base, process->fd, EV_READ | EV_PERSIST, on_readable, process);
    process->ticking = event_new(base, -1, EV_PERSIST, on_tick, process);
    process->deadline = event_new(base, -1, 0, on_deadline, process);
    if (!process->readable || !process->ticking || !process->deadline ||
        event_add(process->readable, NULL) != 0 || event_add(process->ticking, &TICK) != 0 ||
        event_add(process->deadline, &after) != 0)
      failed = ENOMEM;
  }
  if (failed)
    process_stop(process);
  else
    loop_op_start(&process->op, loop);
  return failed;
}

void process_read_errors(const struct process *process, struct buf *into) {
  off_t size = process->errors_fd < 0 ? 0 : lseek(process->errors_fd, 0, SEEK_END);
  off_t at = size > LAST_ERRORS ? size - LAST_ERRORS : 0;
  while (at < size && buf_reserve(into, (size_t)(size - at))) {
    ssize_t got = pread(process->errors_fd, into->data + into->length, (size_t)(size - at), at);
    if (got <= 0)
      return;
    into->length += (size_t)got;
    into->data[into->length] = '\0';
    at += got;
  }
}

void process_stop(struct process *process) {
  release(process, process->failure);
  loop_op_end(&process->op);
  if (process->errors_fd >= 0)
    close(process->errors_fd);
  process->errors_fd = -1;
  buf_free(&process->output);
}
