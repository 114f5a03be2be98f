#ifndef LANYARD_BASE_PLATFORM_H
#define LANYARD_BASE_PLATFORM_H

/* What differs between operating systems. Each function uses the call of this system if it has one, and else an
 * alternative of POSIX. `make CFLAGS=-DLANYARD_PORTABLE` builds the alternatives on Linux, too, to test them. */

#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#if defined(__linux__) && !defined(LANYARD_PORTABLE)
#define PLATFORM_LINUX 1
#endif

#ifdef __APPLE__
/* explicit_bzero clears memory, also if nothing reads it afterwards. */
static inline void explicit_bzero(void *bytes, size_t length) {
  memset_s(bytes, length, 0, length);
}

/* memrchr returns the last `c` in the bytes, or NULL. */
static inline void *memrchr(const void *bytes, int c, size_t length) {
  for (const unsigned char *at = (const unsigned char *)bytes + length; at != bytes;)
    if (*--at == (unsigned char)c)
      return (void *)at;
  return NULL;
}
#endif

/* platform_pipe makes a pipe whose ends no child inherits, and which do not block if `nonblocking`. Returns 0, or -1
 * with errno. */
int platform_pipe(int ends[2], bool nonblocking);

/* platform_socket is socket() for a socket that no child inherits. */
int platform_socket(int family, int type, int protocol);

/* platform_nameless_file returns an empty file that has no name and that no child inherits, open for reading and
 * writing, or -1 with errno. */
int platform_nameless_file(void);

/* platform_try_watch reports what the system says to waiting for a descriptor: 0 or an errno, EPERM for a file, which
 * is always ready. */
int platform_try_watch(int fd);

/* platform_open_marker opens a descriptor that is only counted, or returns -1 with errno. */
int platform_open_marker(void);

/* platform_close_from makes a child close all descriptors from `first` on. Returns 0 or an errno. */
int platform_close_from(posix_spawn_file_actions_t *files, int first);

/* platform_pages returns memory that is never returned to the system, or NULL. Its pages are there at once where that
 * is possible: fetching each at its first use takes longer. `size` is a multiple of the size of a page. */
void *platform_pages(size_t size);

/* platform_random fills at most 256 bytes with random ones. Returns false with errno if it fails. */
bool platform_random(void *bytes, size_t length);

/* platform_utc_offset returns by how many seconds the local time is ahead of UTC at a time in seconds since 1970: a
 * whole number of minutes, by the zone of TZ or of the system. 0 if the time cannot be converted. */
int platform_utc_offset(int64_t at);

/* platform_program writes the path of this program, as the system knows it, without a final zero byte. Returns its
 * length, or 0 if it is not known or too long. */
size_t platform_program(char *path, size_t size);

/* platform_protect_memory keeps other processes of the user from reading this process's memory, and the system from
 * writing it to a core file, as far as the system can. */
void platform_protect_memory(void);

/* platform_sync_filesystem flushes all files of the file system of a descriptor to the disk. Returns 0, or -1 with
 * errno. */
int platform_sync_filesystem(int fd);

/* platform_keep_memory makes malloc keep memory that was freed, up to 8 MiB, for the next blocks of up to 1 MiB. The
 * system takes as long to provide memory again as a small request over HTTP takes in all. */
void platform_keep_memory(void);

/* platform_acked returns how many bytes the peer of a TCP connection has acknowledged; 0: not known. It sets `all` to
 * whether these are all bytes that were sent. */
uint64_t platform_acked(int fd, bool *all);

#endif
