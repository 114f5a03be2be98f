/* Runs a command repeatedly as a new process: run_bench TIMES COMMAND [ARGUMENT ...]
 * Prints "WALL_MEDIAN WALL_MIN CPU_MEDIAN PEAK_MEDIAN": milliseconds, and MiB of resident memory.
 * Discards the output of the command. Exits with 1 if the command fails. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_TIMES = 1000 };

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

static void execute(char **command) {
  int null = open("/dev/null", O_WRONLY);
  dup2(null, 1);
  execvp(command[0], command);
  perror(command[0]);
  _exit(127);
}

int main(int argc, char **argv) {
  static double wall[MAX_TIMES], cpu[MAX_TIMES], peak[MAX_TIMES];
  int times = argc > 2 ? atoi(argv[1]) : 0;
  if (times < 1 || times > MAX_TIMES)
    return 2;
  for (int i = 0; i < times; i++) {
    struct timespec start, end;
    struct rusage usage;
    int status;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t child = vfork();
    if (child == 0)
      execute(argv + 2);
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
