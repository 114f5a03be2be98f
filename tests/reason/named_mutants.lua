-- Mutants of core/reason that break one idea of the method each. The tests have to notice every one of them.

local M = {}

local GENERIC = [[
/* Takes a text that matches the inner pattern for all of them. */
static bool generic_subsumes(const char *outer, size_t outer_length, const char *inner, size_t inner_length,
                             bool fold) {
  static const struct match_wildcards stars = {'*', '?'};
  char instance[1024];
  size_t length = 0;
  for (size_t i = 0; i < inner_length && length < sizeof instance; i++)
    instance[length++] = inner[i] == '*' || inner[i] == '?' ? 'q' : inner[i];
  return match_pattern(outer, outer_length, instance, length, stars, fold);
}
]]

-- Each: the idea, the file, and texts of the file with what replaces them.
local LIST = {
  { "no candidate is the empty text", "values.c", { { '  points_add(query, points, "", 0);\n', "" } } },
  { "the search for texts does not consider the empty one", "words.c", {
    { "  consider(search, count, (struct chain_state){.utf8 = UTF8_COMPLETE});\n",
      "  search->chain.count = 0;\n  consider(search, count, (struct chain_state){.utf8 = UTF8_COMPLETE});\n"
        .. "  if (search->list->count > 0) search->list->count = 0;\n" },
  } },
  { "no key has two values", "values.c", { { "if (domain->present && domain->many && needs_sets", "if (false && needs_sets" } } },
  { "no key is absent", "values.c", { { "  if (domain->absent)\n    query_offer(query, number, &(struct query_value){0});\n", "" } } },
  { "aws:PrincipalArn is not tied to the caller", "callers.c", { { 'key_is(dimension, "aws:PrincipalArn") || ', "" } } },
  { "aws:PrincipalArn does not follow from the caller", "callers.c", {
    { '  add_key(offered, "aws:PrincipalArn", parts->name.data, parts->name.length);\n', "" },
  } },
  { "equal unknown operators are not one Boolean", "box.c", {
    { "    if (bytes_equal(boxes->tests[next - 1].canonical,", "    if (test->dimension != BOX_OPEN && bytes_equal(boxes->tests[next - 1].canonical," },
  } },
  { "equal exceptions of principals are not one Boolean", "box.c", {
    { "    if (bytes_equal(boxes->tests[next - 1].canonical,",
      "    if (!(test->kind == TEST_PRINCIPAL && test->statement->not_principal) && bytes_equal(boxes->tests[next - 1].canonical," },
  } },
  { "a pattern includes another one if a generic text of it matches", "implied.c", {
    { "/* --- Elements ---", GENERIC .. "/* --- Elements ---" },
    { "         match_subsumes(outer->string,", "         generic_subsumes(outer->string," },
    { "  return match_subsumes(outer.text,", "  return generic_subsumes(outer.text," },
    { "    return match_subsumes(a,", "    return generic_subsumes(a," },
  } },
  { "a generic value of each dimension is enough", "query.c", {
    { "bool query_perfect(const struct query *query, size_t number) {\n",
      "bool query_perfect(const struct query *query, size_t number) {\n  if (query->dimensions[number].candidates.count > 0)\n    return true;\n" },
  } },
  { "an organization's paths do not follow from its id", "organizations.c", {
    { "    if (proposal->has[k])\n      entries", "    if (proposal->has[k] && !(k == PATHS && proposal->has[ID]))\n      entries" },
  } },
  { "a Deny of the old policy gives no access when it goes", "access.c", { { " || ask_denied(access, allow, reading, denies)", "" } } },
  { "the new policy's Denies do not matter", "access.c", {
    { "size_t denies = add_boxes(access->avoided, impossible, &access->new, true);", "size_t denies = impossible;" },
  } },
  { "a session is not a session of a role with a path", "caller_entries.c", {
    { "static void add_sessions(struct atom *atom, const struct caller *named) {\n  for (size_t i = 0; i < 2; i++) {",
      "static void add_sessions(struct atom *atom, const struct caller *named) {\n  for (size_t i = 0; i < 1; i++) {" },
  } },
}

-- Replaces a text that occurs exactly once.
local function replace(text, old, new, where)
  local first, last = text:find(old, 1, true)
  assert(first, ("%s no longer contains the text of a named mutant: %s"):format(where, old))
  assert(not text:find(old, last + 1, true), ("%s contains the text of a named mutant twice: %s"):format(where, old))
  return text:sub(1, first - 1) .. new .. text:sub(last + 1)
end

--- Returns the mutants as changes.of does. It fails if the source no longer contains a text that is replaced.
---@param read fun(path: string): string
function M.list(read)
  local list = {}
  for _, entry in ipairs(LIST) do
    local path = "core/reason/" .. entry[2]
    local text = read(path)
    for _, edit in ipairs(entry[3]) do text = replace(text, edit[1], edit[2], path) end
    list[#list + 1] = { path = path, line = 0, code = "", name = entry[1], text = text }
  end
  return list
end

return M
