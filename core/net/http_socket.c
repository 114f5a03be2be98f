#include "net/http_socket.h"

#include "base/descriptors.h"
#include "base/platform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* An end of a connection, as libcurl reports it. */
struct end {
  char address[INET6_ADDRSTRLEN];
  long port; /* 0: not known yet */
};

struct entry {
  struct entry *next;
  curl_socket_t fd;
  struct end own, peer;
  bool has_replied;
  uint64_t acked; /* bytes that the peer had acknowledged after all were sent; 0: not known */
};

struct http_sockets {
  struct entry *first;
};

struct http_sockets *http_sockets_new(void) {
  return calloc(1, sizeof(struct http_sockets));
}

void http_sockets_free(struct http_sockets *sockets) {
  while (sockets && sockets->first) {
    struct entry *entry = sockets->first;
    sockets->first = entry->next;
    free(entry);
  }
  free(sockets);
}

curl_socket_t http_sockets_open(struct http_sockets *sockets, const struct curl_sockaddr *address) {
  struct entry *entry = calloc(1, sizeof *entry);
  if (!entry) {
    errno = ENOMEM;
    return CURL_SOCKET_BAD;
  }
  entry->fd = platform_socket(address->family, address->socktype, address->protocol);
  int failed = entry->fd < 0 ? errno : descriptors_probe(1);
  if (failed) {
    if (entry->fd >= 0)
      close(entry->fd);
    free(entry);
    errno = failed;
    return CURL_SOCKET_BAD;
  }
  entry->next = sockets->first;
  sockets->first = entry;
  return entry->fd;
}

int http_sockets_close(void *context, curl_socket_t fd) {
  struct http_sockets *sockets = context;
  struct entry **link = &sockets->first;
  while (*link && (*link)->fd != fd)
    link = &(*link)->next;
  struct entry *entry = *link;
  if (entry) {
    *link = entry->next;
    free(entry);
  }
  return close(fd);
}

typedef int read_end(int fd, struct sockaddr *address, socklen_t *length);

static void set_end(struct end *end, curl_socket_t fd, read_end *read) {
  struct sockaddr_storage storage;
  socklen_t length = sizeof storage;
  if (read(fd, (struct sockaddr *)&storage, &length) != 0)
    return;
  const struct sockaddr_in *v4 = (const void *)&storage;
  const struct sockaddr_in6 *v6 = (const void *)&storage;
  bool is_v6 = storage.ss_family == AF_INET6;
  const void *address = is_v6 ? (const void *)&v6->sin6_addr : (const void *)&v4->sin_addr;
  if (inet_ntop(storage.ss_family, address, end->address, sizeof end->address))
    end->port = ntohs(is_v6 ? v6->sin6_port : v4->sin_port);
}

static bool is_end(const struct end *end, const char *address, long port) {
  return end->port == port && strcmp(end->address, address) == 0;
}

curl_socket_t http_sockets_find(struct http_sockets *sockets, CURL *easy) {
  char *own = NULL, *peer = NULL;
  long own_port = 0, peer_port = 0;
  curl_easy_getinfo(easy, CURLINFO_LOCAL_IP, &own);
  curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &own_port);
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &peer);
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &peer_port);
  if (!own || !peer || own_port <= 0)
    return CURL_SOCKET_BAD;
  for (struct entry *entry = sockets->first; entry; entry = entry->next) {
    /* A socket has its addresses from the time on when it is connected. */
    if (entry->peer.port == 0) {
      set_end(&entry->own, entry->fd, getsockname);
      set_end(&entry->peer, entry->fd, getpeername);
    }
    if (is_end(&entry->own, own, own_port) && is_end(&entry->peer, peer, peer_port))
      return entry->fd;
  }
  return CURL_SOCKET_BAD;
}

static struct entry *entry_of(const struct http_sockets *sockets, curl_socket_t fd) {
  struct entry *entry = sockets->first;
  while (entry && entry->fd != fd)
    entry = entry->next;
  return entry;
}

void http_sockets_note_reply(struct http_sockets *sockets, curl_socket_t fd, uint64_t acked) {
  struct entry *entry = entry_of(sockets, fd);
  if (!entry)
    return;
  entry->has_replied = true;
  entry->acked = acked;
}

bool http_sockets_has_replied(const struct http_sockets *sockets, curl_socket_t fd) {
  const struct entry *entry = entry_of(sockets, fd);
  return entry && entry->has_replied;
}

uint64_t http_sockets_acked(const struct http_sockets *sockets, curl_socket_t fd) {
  const struct entry *entry = entry_of(sockets, fd);
  bool all;
  return entry && entry->acked > 0 ? entry->acked : http_socket_acked(fd, &all);
}

bool http_socket_is_silent(curl_socket_t fd) {
  char byte;
  return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

uint64_t http_socket_acked(curl_socket_t fd, bool *all) {
  return platform_acked(fd, all);
}
