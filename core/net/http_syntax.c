#include "net/http_syntax.h"

#include <string.h>

static bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool http_is_token(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (!is_alphanumeric(text[i]) && (text[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", text[i])))
      return false;
  }
  return length > 0;
}

static bool is_control(char c) {
  return (unsigned char)c < 0x20 || c == 0x7f;
}

bool http_is_header_value(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (is_control(text[i]) && text[i] != '\t')
      return false;
  }
  return true;
}

bool http_is_url(const char *url) {
  for (; *url; url++) {
    if (is_control(*url) || *url == ' ')
      return false;
  }
  return true;
}
