-- Mutants that no test can notice, with the reason. An entry names the file, the line of code and the change as mutants.lua
-- prints them, and the reason.

local M = {}

local ZERO = "nothing uses the last element, and pool_new returns a pointer for 0 elements, too"
local POOL = "access.c reads the state of the pool itself, so that NONE of a search whose pool has ended is undecided"

local MORE = "more values than necessary are proposed, and the evaluator decides about each"

local LATER = "the search for texts finds the same callers, later"

local SINGLE = "the values of a single place add no patterns: time only"

local MALLOC = "malloc returns a pointer for 0 bytes, too (glibc), and nothing uses the last element"

local UPPER = "a text that begins with ARN is not an ARN either, and other patterns have it already"

local LIST = {
  { "alphabet.c", "for (size_t byte = 0x80; byte < 256; byte++)", "'<' becomes '<='", "byte 256 is byte 0 for role_of and no set has it" },
  { "cover.c", "uint64_t *sets = pool_new(pool, (count + 1) * search.words + 1, sizeof *sets);", "'+ 1' becomes '' 2", ZERO },
  { "access.c", "for (size_t i = 0; i < access->new.count; i++)", "'<' becomes '<='",
    "boxes_read makes room for one more box, which is zeroed and so not a Deny" },
  { "access.c", "access->denied = pool_new(pool, access->old.count + 1, sizeof *access->denied);", "'+ 1' becomes ''", ZERO },
  { "access.c", "pool_new(pool, access->atoms.tests * FORMS + 1, sizeof *access->atoms.items);", "'+ 1' becomes ''", ZERO },
  { "box.c", "struct strings strings = {pool_new(boxes->pool, list->count + 1, sizeof *strings.items), 0};", "'+ 1' becomes ''", ZERO },
  { "box.c", "struct strings strings = {pool_new(boxes->pool, count + 1, sizeof *strings.items), 0};", "'+ 1' becomes ''", ZERO },
  { "box.c", "*list = (struct box_list){pool_new(boxes->pool, policy_count(doc) + 1, sizeof *list->items), 0};", "'+ 1' becomes ''", ZERO },
  { "cover.c", "uint64_t *unions = pool_new(pool, (count + 2) * words + 1, sizeof *unions);", "'+ 1' becomes ''", ZERO },
  { "cover.c", "struct cover_dimension *copies = pool_new(pool, count + 1, sizeof *copies);", "'+ 1' becomes ''", ZERO },
  { "cover.c", "copies[d].items = pool_new(pool, dimensions[d].count + 1, sizeof *copies[d].items);", "'+ 1' becomes ''", ZERO },
  { "cover.c", "search.first = pool_new(pool, count + 1, sizeof *search.first);", "'+ 1' becomes ''", ZERO },
  { "cover.c", "search.decided = pool_new(pool, count + 1, sizeof *search.decided);", "'+ 1' becomes ''", ZERO },
  { "cover.c", "search.dead = pool_new(pool, candidates + 1, 1);", "'+ 1' becomes ''", ZERO },
  { "cover.c", "search.dead_list = pool_new(pool, candidates + 1, sizeof *search.dead_list);", "'+ 1' becomes ''", ZERO },
  { "query.c", "copy->entries = pool_new(pool, value->count + 1, sizeof *copy->entries);", "'+ 1' becomes ''", ZERO },
  { "query.c", "struct context_value *values = pool_new(pool, entry->count + 1, sizeof *values);", "'+ 1' becomes ''", ZERO },
  { "query.c", "query->roles = pool_new(query->pool, tests + 1, 1);", "'+ 1' becomes ''", ZERO },
  { "query.c", "query->masks = pool_new(query->pool, tests + 1, sizeof *query->masks);", "'+ 1' becomes ''", ZERO },
  { "query.c", "query->stamps = pool_new(query->pool, tests + 1, sizeof *query->stamps);", "'+ 1' becomes ''", ZERO },
  { "query.c", "query->settled = pool_new(query->pool, words + 1, sizeof *query->settled);", "'+ 1' becomes ''", ZERO },
  { "query.c", "dimension->inside = pool_new(query->pool, inside + avoided + 1, sizeof *dimension->inside);", "'+ 1' becomes ''", ZERO },
  { "search.c", "request->entries = pool_new(query->pool, entries + 1, sizeof *request->entries);", "'+ 1' becomes ''", ZERO },
  { "search.c", "pool_new(query->pool, attempt->active_count + 1, sizeof *dimensions);", "'+ 1' becomes ''", ZERO },
  { "search.c", "size_t *chosen = pool_new(query->pool, attempt->active_count + 1, sizeof *chosen);", "'+ 1' becomes ''", ZERO },
  { "search.c", "uint64_t *settled = pool_new(query->pool, words + 1, sizeof *settled);", "'+ 1' becomes ''", ZERO },
  { "search.c", "uint64_t *settled = pool_new(search->pool, words + 1, sizeof *settled);", "'+ 1' becomes ''", ZERO },
  { "sets.c", "sets->passes = pool_new(sets->query->pool, tests * sets->pool->count + 1, 1);", "'+ 1' becomes ''", ZERO },
  { "antichain.c", "if (count > 0)", "'>' becomes '>='", "memcpy of 0 bytes from an array that exists" },
  { "antichain.c", "while (larger < needed)", "'<' becomes '<='", "an array that is just large enough is doubled: memory only" },
  { "box.c", "return (*x > *y) - (*x < *y);", "'>' becomes '>='", "no two tests of a box are equal" },
  { "box.c", "return (*x > *y) - (*x < *y);", "'<' becomes '<='", "no two tests of a box are equal" },
  { "alphabet.c", "if (role_of((unsigned char)byte) == role)", "'if (' becomes 'if (!'", "a set and its complement split groups alike" },
  { "alphabet.c", "if (role_of((unsigned char)byte) == role)", "'==' becomes '!='", "a set and its complement split groups alike" },
  { "atom.c", "if (atom->sets_count > UINT16_MAX) {", "'>' becomes '>='", "no policy of 128 KB has 65,536 sets of bytes" },
  { "binding.c", "if (i < variables->count && caller.account.length > 0)", "'>' becomes '>='", "no owner has an empty account" },
  { "caller_names.c", 'if (i < dimension->inside_count && box_key_is(test, "aws:PrincipalArn"))', "'<' becomes '<='", MORE },
  { "caller_names.c", "if (text.failed || class->kind == CALLER_ROLE) {", "'||' becomes '&&'", MORE },
  { "caller_names.c", "!arn_parse(entry->string, entry->length, &arn) || arn.account.length != ACCOUNT_DIGITS ||", "'!' becomes ''", LATER },
  { "caller_names.c", "if (limit == LIMIT_NONE)", "'==' becomes '!='", MORE },
  { "caller_words.c", "propose(query, proposal, true, OTHER_ROLE);", "'true' becomes 'false'", "only services have unusual forms" },
  { "caller_words.c", "propose(query, proposal, true, NAMED_ROLE);", "'true' becomes 'false'", "only services have unusual forms" },
  { "callers.c", "if (entry->length < role->name.length ||", "'<' becomes '<='", "the ARN of a role is longer than its name" },
  { "points.c", "for (int digits = 1; digits <= 15; digits++) {", "'<=' becomes '<'", "the time is then written in seconds since 1970" },
  { "callers.c", "callers_bound: return false;", "'return false' becomes 'return true'", MORE },
  { "automaton.c", "if (places >= UINT32_MAX || sets > UINT16_MAX)", "'>' becomes '>='", "no policy of 128 KB has 65,535 sets of bytes" },
  { "action_index.c", "if (!index->sorted || !index->wild || !index->few)", "'!' becomes '' 2", "lists without an index are searched one by one" },
  { "action_index.c", "return begin != 0 ? begin : a->length > b->length;", "'>' becomes '>='", "equal texts may be in any order" },
  { "actions.c", "while (!test->actions && first < list->count &&", "'!' becomes ''",
    "the loop saves an atom where nothing is related; without it the atom is built, and has no patterns" },
  { "alphabet.c", "for (size_t i = 0; i < 256; i++) {", "'<' becomes '<='", "byte 256 is byte 0 again" },
  { "cover.c", "for (size_t w = 0; w < words; w++) {", "'<' becomes '<='",
    "the word after a row of find_single is 0 until the last row, whose next word is `several`, which is removed from `single`" },
  { "automaton.c", "automaton->places = malloc((places + 1) * sizeof *automaton->places);", "'+ 1' becomes ''", MALLOC },
  { "automaton.c", "automaton->sets = malloc((sets + 1) * sizeof *automaton->sets);", "'+ 1' becomes ''", MALLOC },
  { "automaton.c", "automaton->whole = malloc((sets + 1) * sizeof *automaton->whole);", "'+ 1' becomes ''", MALLOC },
  { "automaton.c", "automaton->negated = calloc(automaton->words + 1, sizeof *automaton->negated);", "'+ 1' becomes ''", MALLOC },
  { "words.c", "search.satisfied = malloc((automaton->words + 1) * sizeof *search.satisfied);", "'+ 1' becomes ''", MALLOC },
  { "words.c", "search.places = malloc(((size_t)automaton->count + 1) * sizeof *search.places);", "'+ 1' becomes ''", MALLOC },
  { "quotient.c", "for (size_t s = 0; s < size; s++)", "'<' becomes '<='", "the place after the last one has no end" },
  { "quotient.c", "bool ends_here = ends[e] || (e > s && is_any(pattern.bytes[e - 1]) && ends[e - 1]);", "'>' becomes '>='",
    "the empty value is found at the star before it, too" },
  { "shapes.c", "if (account)", "'if (' becomes 'if (!'", "both forms are added" },
  { "shapes.c", "for (size_t i = 0; i < 3; i++) {", "'<' becomes '<='", "the last form is added twice" },
  { "texts.c", 'atom_add_text(atom, "arn", 3, false);', "'false' becomes 'true'", UPPER },
  { "texts.c", 'atom_add_text(atom, "arn::", 5, false);', "'false' becomes 'true'", UPPER },
  { "texts.c", 'atom_add_text(atom, "arn:", 4, false);', "'false' becomes 'true'", UPPER },
  { "texts.c", "atom_add_text(atom, prefix, length, false);", "'false' becomes 'true'", UPPER },
  { "classes.c", "if (variables->count == 1 && classes->place_count == 1)", "'==' becomes '!='", SINGLE },
  { "classes.c", "if (variables->count == 1 && classes->place_count == 1)", "'==' becomes '!=' 2", SINGLE },
  { "search.c", "propose: break;", "'break' becomes ''", MORE },
  { "atom.c", "void *grown = larger < SIZE_MAX / size ? realloc(*elements, larger * size) : NULL;", "'<' becomes '<='",
    "memory ends before an array has that size" },
  { "box.c", "if (test->kind == TEST_ACTION)", "'==' becomes '!='", "lists without an index are searched one by one" },
  { "caller_names.c", 'if (box_key_is(query_test(query, number), "aws:userid") && limit == LIMIT_NAMES)', "'&&' becomes '||'", MORE },
  { "caller_entries.c", "atom_add_text(atom, named->name.text, named->name.length, false);", "'false' becomes 'true'", MORE },
  { "sets.c", "if (list.count > 1)", "'>' becomes '>='", "a list of one value is offered twice" },
  { "points.c", "if (seconds >= first && seconds <= last) {", "'&&' becomes '||'", "a date of a year without four digits cannot be read" },
  { "antichain.c", "if (needed <= *capacity)", "'<=' becomes '<'", "an array that is just large enough is doubled: memory only" },
  { "antichain.c", "size_t needed = chain->places_count + count + 1;", "'+ 1' becomes ''", MALLOC },
  { "binding.c", "for (size_t e = 0; test->kind == TEST_PRINCIPAL && e < test->statement->principals.count; e++) {", "'==' becomes '!='",
    "other tests of the statement add its accounts, too" },
  { "accounts.c", "for (end = i; end < length && is_digit(text[end]);)", "'<' becomes '<='", "the text ends with a byte that is not a digit" },
  { "accounts.c", "accounts->named = pool_new(boxes->pool, count + 1, sizeof *accounts->named);", "'+ 1' becomes ''", ZERO },
  { "accounts.c", "accounts->groups = pool_new(pool, accounts->count + 1, sizeof *accounts->groups);", "'+ 1' becomes ''", ZERO },
  { "points.c", "each_operand: continue;", "'continue' becomes ''", MORE },
  { "implied.c", "for (size_t i = 0; i < length; i++)", "'<' becomes '<='", "the next byte is a wildcard or the end, not a colon" },
  { "service_names.c", "if (!glob.failed && glob.data)", "'&&' becomes '||'", POOL },
  { "places.c", "atom_add_text(atom, bound->values[0].bytes, bound->values[0].length, false);", "'false' becomes 'true'",
    "an account has no letters" },
  { "class_texts.c", "for (size_t i = 0; i < glob.length; i++)", "'<' becomes '<='", "patterns that match everything divide nothing: time only" },
  { "classes.c", "for (size_t i = 0; i < text.length; i++)", "'<' becomes '<='", "a zero byte follows each pattern" },
  { "relations.c", "if (text.length > 0 && !text.failed)", "'&&' becomes '||'", POOL },
  { "sets.c", "if (!bytes_equal(text->bytes, text->length, one->bytes, one->length) && is_usable(sets, v))", "'&&' becomes '||'", MORE },
  { "search.c", "for (size_t paths = 0; paths < 2; paths++) {", "'<' becomes '<='", "2 is the same Boolean as 1" },
  { "accounts.c", "add_run: return false;", "'return false' becomes 'return true'", POOL },
  { "caller_classes.c", "caller_classes_read: return false;", "'return false' becomes 'return true'", POOL },
  { "query.c", "query_prepare: return false;", "'return false' becomes 'return true'", POOL },
  { "actions.c", "offer_pattern: continue;", "'continue' becomes ''", "a text that matches a pattern of a list matches the list: time only" },
  { "caller_names.c", "offered->named = true;", "'true' becomes 'false'", "no session is one of a role that policies name with other paths" },
  { "service_names.c", "if (name.data && !name.failed)", "'&&' becomes '||'",
    "a name is empty, which no caller has, or the state of the pool is that memory has failed" },
  { "values.c", 'return strcmp(test->condition.name, "Null") == 0 && test->condition.set == CONDITION_NO_SET;', "'==' becomes '!=' 2",
    "Null depends on the presence of a key only, with a set operator, too: time only" },
  { "organizations.c", "if (inner == 1) {", "'==' becomes '!='", "both forms are added" },
  { "organizations.c", "for (size_t inner = 0; inner < 2; inner++) {", "'<' becomes '<='", "a form is added twice" },
  { "relations.c", "if (test->kind != TEST_KEY || test->condition.type != OPERAND_STRING || test->has_variables ||", "'||' becomes '&&' 2",
    "that the ends are of the chain is said of more texts, and holds for each" },
  { "class_shapes.c", "for (size_t i = 0; i < query->boxes->test_count; i++) {", "'<' becomes '<='", "the list after the lists of all tests is 0" },
  { "service_names.c", "for (size_t set = 0; set < (size_t)1 << names.count; set++) {", "'<' becomes '<='", "the last set is the first one again" },
  { "class_shapes.c", "if (variables->lists[i] == 0 || other == test || other->has_variables ||", "'||' becomes '&&'", MORE },
  { "relations.c", "if (!chain || chain->count == 0 || (!first && !last))", "'||' becomes '&&' 2",
    "no key of a request is without values, and without ends the list stays as it is" },
  { "values.c", "if (texts_is(test) && !values_is_universal(test))", "'&&' becomes '||'", MORE },
  { "places.c", "if (shape_make_real(query, bytes, length, &real) && !real.failed)", "'&&' becomes '||'", MORE },
  { "search.c", "return search->pool->failed || search->pool->full ? SEARCH_UNDECIDED : SEARCH_NONE;", "'||' becomes '&&'", POOL },
}

local reasons = {}
for _, entry in ipairs(LIST) do
  reasons[table.concat({ entry[1], entry[2], entry[3] }, "\n")] = entry[4]
end

--- Returns the reason why no test can notice a mutant, or nil.
---@param mutant { path: string, code: string, name: string }
---@return string?
function M.reason(mutant)
  if mutant.code:find 'atom_add_text%(%w+, "[^%a\\"]+", %d, false%);$' and mutant.name == "'false' becomes 'true'" then
    return "the text has no letters, so their case does not matter"
  end
  return reasons[table.concat({ mutant.path:match "[^/]+$", mutant.code, mutant.name }, "\n")]
end

--- Returns the first entry that is not one of the mutants, as a text, or nil: its code has changed.
---@param mutants { path: string, code: string, name: string }[]
---@return string?
function M.outdated(mutants)
  local found = {}
  for _, mutant in ipairs(mutants) do
    found[table.concat({ mutant.path:match "[^/]+$", mutant.code, mutant.name }, "\n")] = true
  end
  for entry in pairs(reasons) do
    if not found[entry] then return entry end
  end
end

return M
