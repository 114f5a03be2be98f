/* Takes and sends bodies of any size on a free port of 127.0.0.1, as fast as it can, as S3 would:
 *   storage BYTES        a GET has a body of so many zero bytes
 * Prints its port. Exits at the end of its standard input. */

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM ((size_t)1024 * 1024)

static char buffer[ROOM];

static void send_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t put = write(fd, bytes, length);
    if (put <= 0)
      exit(0);
    bytes += put;
    length -= (size_t)put;
  }
}

/* Returns a header's number, or 0. */
static unsigned long long number_of(const char *head, const char *name) {
  const char *found = strcasestr(head, name);
  return found ? strtoull(found + strlen(name), NULL, 10) : 0;
}

static void take_body(int fd, size_t have, const char *head) {
  unsigned long long left = number_of(head, "\r\nContent-Length: ");
  if (strcasestr(head, "\r\nExpect: 100-continue") && have == 0)
    send_all(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
  left = left > have ? left - have : 0;
  while (left > 0) {
    ssize_t got = read(fd, buffer, left < ROOM ? (size_t)left : ROOM);
    if (got <= 0)
      exit(0);
    left -= (unsigned long long)got;
  }
  static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: \"e\"\r\n\r\n";
  send_all(fd, reply, sizeof reply - 1);
}

static void send_body(int fd, unsigned long long size) {
  char head[128];
  int length = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %llu\r\n\r\n", size);
  send_all(fd, head, (size_t)length);
  memset(buffer, 0, ROOM);
  for (unsigned long long left = size; left > 0;) {
    size_t part = left < ROOM ? (size_t)left : ROOM;
    send_all(fd, buffer, part);
    left -= part;
  }
}

static void serve(int fd, unsigned long long size) {
  static char head[65536];
  for (;;) {
    size_t have = 0;
    char *end;
    do {
      ssize_t got = read(fd, head + have, sizeof head - 1 - have);
      if (got <= 0)
        exit(0);
      have += (size_t)got;
      head[have] = '\0';
    } while (!(end = strstr(head, "\r\n\r\n")) && have < sizeof head - 1);
    if (!end)
      exit(1);
    if (head[0] == 'P')
      take_body(fd, have - (size_t)(end + 4 - head), head);
    else
      send_body(fd, size);
  }
}

int main(int count, char **arguments) {
  unsigned long long size = count > 1 ? strtoull(arguments[1], NULL, 10) : 0;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  signal(SIGCHLD, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 16) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &length) != 0)
    return 1;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  struct pollfd watched[] = {{.fd = 0, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
  while (poll(watched, 2, -1) > 0 && !watched[0].revents) {
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0 && fork() == 0) {
      close(listener);
      serve(fd, size);
    }
    close(fd);
  }
  return 0;
}
