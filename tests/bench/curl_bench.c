/* The floor of calls: the same POST many times by libcurl's multi interface alone, without signatures, JSON or Lua.
 *   curl_bench URL COUNT IN_FLIGHT [CA.pem]
 * Prints the microseconds of processor time of each request. */

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_IN_FLIGHT = 256 };

static const char body[] = "{\"repositoryName\":\"team/web\",\"registryId\":\"111122223333\"}";

static size_t discard(char *data, size_t size, size_t count, void *context) {
  (void)data, (void)context;
  return size * count;
}

static CURL *request(const char *url, struct curl_slist *headers, const char *authority) {
  CURL *easy = curl_easy_init();
  if (!easy)
    exit(EXIT_FAILURE);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
  curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
  if (authority)
    curl_easy_setopt(easy, CURLOPT_CAINFO, authority);
  return easy;
}

/* Takes the requests that ended, and repeats as many as `left` allows. Returns how many ended. */
static long repeat(CURLM *multi, long *left) {
  CURLMsg *message;
  int queued;
  long ended = 0;
  while ((message = curl_multi_info_read(multi, &queued))) {
    CURL *easy = message->easy_handle;
    if (message->data.result != CURLE_OK) {
      fprintf(stderr, "curl_bench: %s\n", curl_easy_strerror(message->data.result));
      exit(EXIT_FAILURE);
    }
    curl_multi_remove_handle(multi, easy);
    ended++;
    if (*left > 0) {
      curl_multi_add_handle(multi, easy);
      --*left;
    } else {
      curl_easy_cleanup(easy);
    }
  }
  return ended;
}

int main(int argc, char **argv) {
  long count = argc > 3 ? atol(argv[2]) : 0, in_flight = argc > 3 ? atol(argv[3]) : 0;
  if (count < 1 || in_flight < 1 || in_flight > MAX_IN_FLIGHT) {
    fputs("usage: curl_bench URL COUNT IN_FLIGHT [CA.pem]\n", stderr);
    return 2;
  }
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/x-amz-json-1.1");
  headers = curl_slist_append(
      headers, "X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.GetRepositoryPolicy");
  CURLM *multi = curl_multi_init();
  long left = count;
  for (long i = 0; i < in_flight && left > 0; i++, left--)
    curl_multi_add_handle(multi, request(argv[1], headers, argc > 4 ? argv[4] : NULL));

  clock_t start = clock();
  int running;
  for (long ended = 0; ended < count;) {
    curl_multi_perform(multi, &running);
    long last = repeat(multi, &left);
    ended += last;
    if (!last)
      curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  printf("%.3f\n", (double)(clock() - start) / CLOCKS_PER_SEC * 1e6 / (double)count);
  curl_multi_cleanup(multi);
  curl_slist_free_all(headers);
  return EXIT_SUCCESS;
}
