/* The floor of a command: a program that does nothing, linked with the libraries of the other benchmarks. */

int main(void) {
  return 0;
}
