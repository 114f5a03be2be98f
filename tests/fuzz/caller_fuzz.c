/* Requests: the keys that follow from a principal and a resource never contradict them, and a value is
 * possible if and only if a fact allows it and it has the form that its key needs. */

#include "policy/caller.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PRINCIPAL, RESOURCE, OWNER, KEY, VALUE, LINES };

/* Cuts the text into NUL-terminated lines. Missing lines have `bytes` NULL. */
static void cut(char *text, size_t size, struct policy_string lines[LINES]) {
  for (size_t i = 0; i < LINES; i++) {
    lines[i] = (struct policy_string){0};
    if (!text)
      continue;
    char *newline = memchr(text, '\n', size);
    size_t length = newline ? (size_t)(newline - text) : size;
    lines[i] = (struct policy_string){text, length};
    text[length] = '\0';
    size -= newline ? length + 1 : length;
    text = newline ? newline + 1 : NULL;
  }
}

static bool possible(const struct caller_request *request, bool complete) {
  struct buf why = {0};
  bool answer = caller_possible(request, complete, &why);
  if (answer == (why.length > 0) || (why.data && memchr(why.data, '\n', why.length)))
    abort();
  buf_free(&why);
  return answer;
}

/* The owner can contradict the resource; nothing that is derived does. */
static void check_derived(struct caller_request request) {
  struct context nothing = {0};
  struct caller_derived derived;
  request.context = &nothing;
  bool before = possible(&request, false);
  caller_derive(&request, NULL, &derived);
  struct context context = {.entries = derived.entries, .count = derived.count};
  request.context = &context;
  if (possible(&request, false) != before)
    abort();
  possible(&request, true);
}

/* Reports whether a key may refuse a value for its form alone: an address, an ARN or an account. */
static bool needs_form(const struct policy_string *name) {
  const struct caller_key *key = caller_find_key(name->bytes, name->length);
  return key && (key->type == OPERAND_ADDRESS || strcmp(key->name, "aws:PrincipalArn") == 0 ||
                 strcmp(key->name, "aws:PrincipalAccount") == 0);
}

static void check_fact(struct caller_request request, const struct policy_string *key,
                       const struct policy_string *value) {
  struct caller caller = caller_read(request.principal.bytes, request.principal.length);
  struct caller_fact fact = caller_fact_of(&caller, &request, key->bytes, key->length);
  bool allowed = caller_fact_allows(&fact, value->bytes, value->length);
  caller_fact_free(&fact);
  request.context = NULL;
  bool owned = possible(&request, false);
  const struct context_value one = {value->bytes, value->length};
  const struct context_entry entry = {
      .key = key->bytes, .key_length = key->length, .values = &one, .count = 1};
  const struct context context = {.entries = &entry, .count = 1};
  request.context = &context;
  bool answer = possible(&request, false);
  bool expected = owned && allowed;
  if (answer != expected && (answer || !needs_form(key)))
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  if (!text)
    return 0;
  memcpy(text, data, size);
  text[size] = '\0';
  struct policy_string lines[LINES];
  cut(text, size, lines);
  struct caller_request request = {
      .principal = lines[PRINCIPAL], .resource = lines[RESOURCE], .owner = lines[OWNER]};
  check_derived(request);
  if (lines[VALUE].bytes)
    check_fact(request, &lines[KEY], &lines[VALUE]);
  free(text);
  return 0;
}
