/* Conditions and their values: a Condition element, or any text as a number, date or network. */

#include "policy/condition.h"
#include "policy/condition_value.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  if (!text)
    abort();
  memcpy(text, data, size);
  text[size] = '\0';
  long double number;
  condition_read_number(text, &number);
  condition_read_date(text, &number);
  condition_in_network("203.0.113.7", text);
  condition_in_network(text, "2001:db8::/32");

  const struct context_value values[] = {{text, size}, {"true", 4}, {"arn:aws:s3:::a", 14}};
  const struct context_entry entries[] = {
      {"a", 1, values, 1, false}, {"b", 1, values, 3, false}, {"c", 1, NULL, 0, size % 3 == 1}};
  const struct context context = {.entries = entries, .count = 3, .partial = size % 2 == 1};
  struct json_error error;
  struct json_doc *doc = json_parse(text, size, &error);
  if (doc && json_root(doc)->type == JSON_OBJECT) {
    bool sound = true;
    for (const struct json_value *test = json_root(doc)->first; test; test = test->next) {
      sound = sound && test->type == JSON_OBJECT;
      for (const struct json_value *key = sound ? test->first : NULL; key; key = key->next) {
        sound = sound && key->type != JSON_OBJECT;
        for (const struct json_value *item = key->first; item; item = item->next)
          sound = sound && item->type != JSON_OBJECT && item->type != JSON_ARRAY;
      }
    }
    bool failed = false;
    if (sound) {
      condition_holds(json_root(doc), &context, true, &failed);
      condition_holds(json_root(doc), NULL, false, &failed);
    }
    if (failed)
      abort();
  }
  json_free(doc);
  free(text);
  return 0;
}
