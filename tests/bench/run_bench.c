/* Measures a command as a whole process over many runs: run_bench TIMES COMMAND [ARGUMENT ...]
 * Prints "WALL_MEDIAN WALL_LEAST CPU_MEDIAN PEAK_MEDIAN": milliseconds, and MiB of resident memory.
 * Discards the command's output. Exits with 1 when the command fails. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1000 };

static double milliseconds(struct timeval time) {
  return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static int compare(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, compare);
  return values[count / 2];
}

static void become(char **command) {
  int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, 1);
  execvp(command[0], command);
  perror(command[0]);
  _exit(127);
}

int main(int argc, char **argv) {
  static double wall[MOST], cpu[MOST], peak[MOST];
  int times = argc > 2 ? atoi(argv[1]) : 0;
  if (times < 1 || times > MOST)
    return 2;
  for (int i = 0; i < times; i++) {
    struct timespec start, end;
    struct rusage usage;
    int status;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t child = vfork();
    if (child == 0)
      become(argv + 2);
    if (child < 0 || wait4(child, &status, 0, &usage) < 0 || status != 0)
      return 1;
    clock_gettime(CLOCK_MONOTONIC, &end);
    wall[i] =
        (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
    cpu[i] = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
    peak[i] = (double)usage.ru_maxrss / 1024;
  }
  double middle = median(wall, times);
  printf("%.2f %.2f %.2f %.2f\n", middle, wall[0], median(cpu, times), median(peak, times));
  return 0;
}
