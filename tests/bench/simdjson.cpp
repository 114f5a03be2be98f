// The floor of parsing: simdjson reads JSON texts, without positions and spelling.
//   simdjson FILE...        prints MB/s of processor time for each file, the best of several turns

#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

static double now() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    simdjson::padded_string text = simdjson::padded_string::load(argv[i]);
    simdjson::dom::parser parser;
    double best = 0;
    for (int turn = 0; turn < 3; turn++) {
      std::size_t runs = 0, batch = 200000 / text.size() + 1;
      double start = now(), taken;
      do {
        for (std::size_t run = 0; run < batch; run++)
          if (parser.parse(text).error())
            return EXIT_FAILURE;
        runs += batch;
        taken = now() - start;
      } while (taken < 0.03);
      best = std::max(best, static_cast<double>(runs * text.size()) / taken / 1e6);
    }
    std::printf("simdjson %f\n", best);
  }
}
