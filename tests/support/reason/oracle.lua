-- Decides by enumeration whether a document allows a request that another one does not. It uses doc:can and nothing of
-- the engine.
--
-- A statement applies to a request if each of its elements and each test of its Condition holds (IAM's definition). So
-- each element is tested alone, by doc:can on a document with only that element, with each value of the dimensions that
-- it depends on: `1` it holds, `0` it does not, `2` IAM leaves it open. Values with equal answers to all elements of both
-- documents are interchangeable, and one of them is combined with the values of the other dimensions. An element with a
-- policy variable joins dimensions: it is tested with each combination of their values.
--
-- Requests for which the answer depends on an open element are possible differences, not certain ones. Equal open
-- elements have equal outcomes.

local core = require "lanyard.policy.core"
local reader = require "reason.elements"

-- The decision of the document itself. policy.lua, loaded later, replaces the method.
assert(not package.loaded["lanyard.policy"], "load reason.oracle before lanyard.policy")
local can = core.methods.can

local M = { can = can }

---@class reason.Dimension
---@field name string
---@field values any[]
---@field set fun(request: table, value: any)  sets the value's part of a request
---@field flags? fun(value: any): integer  bits of M.FLAGS

--- What values say about a request: the caller has no account; it has one, or the request has a key that only such callers
--- have; it is a role's session, another kind of caller; a session, which has a time of issue; a federated user;
--- LOCAL: an account's user, role or root user; and about keys.
M.FLAGS = {}
for bit, name in ipairs { "OUTSIDER", "MEMBER", "ROLE", "OTHER", "SESSION", "FEDERATED", "NO_TOKEN", "MFA", "AGE", "NOT_TRUE", "WEB",
  "ADDRESS", "ENDPOINT", "VIA", "DIRECT", "LOCAL", "NO_AGE", "NOT_WEB" } do
  M.FLAGS[name] = 1 << (bit - 1)
end
local F = M.FLAGS
M.OUTSIDER, M.MEMBER = F.OUTSIDER, F.MEMBER

-- No request has all flags of one of these.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
local IMPOSSIBLE = {
  F.OUTSIDER | F.MEMBER, F.ROLE | F.OTHER, F.SESSION | F.NO_TOKEN, F.MFA | F.NO_TOKEN, F.MFA | F.FEDERATED, F.MFA | F.WEB,
  F.AGE | F.NOT_TRUE, F.ADDRESS | F.ENDPOINT, F.VIA | F.DIRECT,
  F.LOCAL | F.NO_AGE, F.WEB | F.NOT_WEB,
}
local known = {}
local function is_impossible(flags)
  if known[flags] == nil then
    known[flags] = false
    for _, mask in ipairs(IMPOSSIBLE) do known[flags] = known[flags] or flags & mask == mask end
  end
  return known[flags]
end

-- A document with only this element. A Deny is decided against a statement that allows everything.
local function document_of(element, version, identity)
  local member = element.member
  local others = {}
  if not member:find '^"N?o?t?Principal"' and not identity then others[#others + 1] = '"Principal":"*"' end
  if not member:find '^"N?o?t?Action"' then others[#others + 1] = '"Action":"*"' end
  local statement = ('{"Effect":"%s",%s,%s}'):format(element.effect, table.concat(others, ","), member):gsub(",,", ",")
  local all = element.effect == "Deny" and '{"Effect":"Allow","Principal":"*","Action":"*"},' or ""
  return assert(core.parse(('{"Version":"%s","Statement":[%s%s]}'):format(version, all, statement)))
end

local ANSWERS = {
  Allow = { allow = "1", depends = "2", ["implicit-deny"] = "0" },
  Deny = { deny = "1", depends = "2", allow = "0" },
}

-- ---------------------------------------------------------------------------------------------
-- Universes

local Universe = {}
Universe.__index = Universe

--- Returns a universe of requests. `dimension_of` returns the name of the dimension that sets a condition key.
---@param dimensions reason.Dimension[]
---@param dimension_of fun(key: string): string
---@param identity? boolean  for identity policies
function M.universe(dimensions, dimension_of, identity)
  local by_name = {}
  for _, dimension in ipairs(dimensions) do by_name[dimension.name] = dimension end
  return setmetatable({
    dimensions = dimensions, by_name = by_name, dimension_of = dimension_of, identity = identity, answers = {}, cached = 0,
    cached_positions = {}, requests = 0,
  }, Universe)
end

-- Another universe that shares nothing with this one would decide the same; a restricted one has fewer values.
local MOST_CACHED = 20000

function Universe:blank()
  return {
    principal = "arn:aws:iam::111122223333:role/x", action = "s:x", resource = "arn:aws:s3:::x", context = {},
    identity = self.identity or nil,
  }
end

-- Returns the combinations of values of some dimensions: a function that sets combination `i`, and their number.
function Universe:combinations(names)
  local count = 1
  for _, name in ipairs(names) do
    count = count * #self.by_name[name].values
  end
  return count, function(request, index)
    index = index - 1
    for _, name in ipairs(names) do
      local dimension = self.by_name[name]
      dimension.set(request, dimension.values[index % #dimension.values + 1])
      index = index // #dimension.values
    end
  end
end

-- Returns, for each combination of a group's values, the combination of those dimensions that an element depends on.
function Universe:positions(group, dimensions)
  local key = table.concat(group, " ") .. "/" .. table.concat(dimensions, " ")
  local positions = self.cached_positions[key]
  if positions then
    return positions
  end
  local scales, scale = {}, 1
  for _, name in ipairs(dimensions) do
    scales[name] = scale
    scale = scale * #self.by_name[name].values
  end
  positions = {}
  for index = 1, (self:combinations(group)) do
    local rest, position = index - 1, 1
    for _, name in ipairs(group) do
      local size = #self.by_name[name].values
      position = position + rest % size * (scales[name] or 0)
      rest = rest // size
    end
    positions[index] = position
  end
  self.cached_positions[key] = positions
  return positions
end

-- Returns a function from the number of a combination of a group's values to its flags.
function Universe:flags(group)
  if #group == 1 then
    local dimension = self.by_name[group[1]]
    return function(index) return dimension.flags and dimension.flags(dimension.values[index]) or 0 end
  end
  local parts = {}
  for i, name in ipairs(group) do
    parts[i] = { flags = self:flags { name }, positions = self:positions(group, { name }) }
  end
  return function(index)
    local flags = 0
    for _, part in ipairs(parts) do flags = flags | part.flags(part.positions[index]) end
    return flags
  end
end

-- Returns a text with the answer of an element for each combination of the values of its dimensions.
function Universe:answer(element, version)
  local has_variable = element.member:find("${", 1, true)
  local key = element.effect .. (has_variable and version or "") .. element.member
  local answer = self.answers[key]
  if answer then
    return answer
  end
  if self.cached > MOST_CACHED then
    self.answers, self.cached = {}, 0
  end
  local doc, answers, found = document_of(element, version, self.identity), ANSWERS[element.effect], {}
  local count, set = self:combinations(element.dimensions)
  local flags_of = self:flags(element.dimensions)
  for i = 1, count do
    local request = self:blank()
    set(request, i)
    found[i] = is_impossible(flags_of(i)) and "0" or answers[can(doc, request)]
    assert(found[i], "the evaluator contradicts itself")
  end
  self.requests = self.requests + count
  answer = table.concat(found)
  self.answers[key], self.cached = answer, self.cached + 1
  return answer
end

-- Joins dimensions that an element connects. Returns a list of lists of names.
local function join(dimensions, statements)
  local group = {}
  for _, dimension in ipairs(dimensions) do group[dimension.name] = { dimension.name } end
  for _, statement in ipairs(statements) do
    for _, element in ipairs(statement.elements) do
      local first = group[element.parts[1].dimensions[1]]
      for _, part in ipairs(element.parts) do
        for _, name in ipairs(part.dimensions) do
          local other = assert(group[name], name)
          if other ~= first then
            for _, member in ipairs(other) do
              first[#first + 1] = member
              group[member] = first
            end
          end
        end
      end
    end
  end
  local groups, seen = {}, {}
  for _, dimension in ipairs(dimensions) do
    local one = group[dimension.name]
    if not seen[one] then
      seen[one] = true
      groups[#groups + 1] = one
    end
  end
  return groups
end

-- ---------------------------------------------------------------------------------------------
-- Deciding

-- Returns the statements of both documents, with their elements and answers.
function Universe:statements(before, after)
  local statements = {}
  for side, doc in ipairs { before, after } do
    local version = doc.Version or "2008-10-17"
    for _, statement in ipairs(reader.list_of(doc.Statement)) do
      local parts_of = reader.of(statement, version, self.dimension_of)
      for _, element in ipairs(parts_of) do
        for _, part in ipairs(element.parts) do part.answer = self:answer(part, version) end
      end
      statements[#statements + 1] = { after = side == 2, allow = statement.Effect == "Allow", elements = parts_of }
    end
  end
  return statements
end

-- Returns the elements that depend on a group, with the bits of their statements, and their parts.
function Universe:relevant(group, statements)
  local in_group, elements, parts = {}, {}, {}
  for _, name in ipairs(group) do in_group[name] = true end
  for number, statement in ipairs(statements) do
    for _, element in ipairs(statement.elements) do
      if in_group[element.parts[1].dimensions[1]] then
        local one = { bit = 1 << (number - 1), negated = element.negated, first = #parts + 1 }
        for _, part in ipairs(element.parts) do
          parts[#parts + 1] = {
            answer = part.answer, atom = part.atom, positions = #group > 1 and self:positions(group, part.dimensions),
          }
        end
        one.last = #parts
        elements[#elements + 1] = one
      end
    end
  end
  return elements, parts
end

local NO, YES = ("01"):byte(1, 2)

-- Adds the answer of an element to a value, from the answers of its parts.
local function add_answer(value, element, parts, answers)
  local holds, atoms = false, {}
  for i = element.first, element.last do
    if answers[i] == YES then
      holds = true
    elseif answers[i] ~= NO then
      atoms[#atoms + 1] = parts[i].atom
    end
  end
  local is_open = not holds and #atoms > 0
  if is_open then
    value.open[#value.open + 1] = { bit = element.bit, atoms = atoms, negated = element.negated }
    value.sure = value.sure & ~element.bit
  elseif holds == (element.negated or false) then
    value.sure, value.maybe = value.sure & ~element.bit, value.maybe & ~element.bit
  end
end

-- Returns a function that reports whether the caller in a combination of a group's values exists beside the roles that the
-- documents name: the names of roles are unique in an account, so if a policy names role/ci, then a session of ci is not one of
-- role/team/ci. A unique id is a caller only if a document names it; else its ARN is.
function Universe:coexists(group, roles)
  local has_who = false
  for _, name in ipairs(group) do has_who = has_who or name == "who" end
  if not has_who then
    return function() return true end
  end
  local positions, callers = #group > 1 and self:positions(group, { "who" }), self.by_name.who.values
  local cache = {}
  return function(index)
    local position = positions and positions[index] or index
    if cache[position] == nil then
      local caller = callers[position]
      local session = caller.principal:find ":assumed%-role/" and caller.context["aws:PrincipalArn"]
      local named = session and roles[session:gsub("role/.*/", "role/")]
      cache[position] = (not named or named[session] or false) and (not caller.is_id or roles[caller.principal] ~= nil)
    end
    return cache[position]
  end
end

-- Returns the principals of statements: by ARN without the path of a role, or by other text, the set of texts.
local function named_roles(...)
  local roles = {}
  for _, doc in ipairs { ... } do
    for _, statement in ipairs(reader.list_of(doc.Statement)) do
      local element = statement.Principal or statement.NotPrincipal
      local entries, anyone = {}, false
      for kind, list in pairs(type(element) == "table" and element or {}) do
        for _, entry in ipairs(reader.list_of(list)) do
          entries[#entries + 1] = entry
          anyone = anyone or kind == "AWS" and entry == "*"
        end
      end
      for _, entry in ipairs(anyone and {} or entries) do
        local short = entry:gsub("role/.*/", "role/")
        roles[short] = roles[short] or {}
        roles[short][entry] = true
      end
    end
  end
  return roles
end

-- Returns the values of a group with different answers: { index, sure, maybe, open, flags }.
function Universe:representatives(group, statements, roles)
  local elements, parts = self:relevant(group, statements)
  local coexists = self:coexists(group, roles)
  local all = (1 << #statements) - 1
  local flags_of = self:flags(group)
  local count = self:combinations(group)
  local found, seen, answers = {}, {}, {}
  for index = 1, count do
    for i, part in ipairs(parts) do
      answers[i] = part.answer:byte(part.positions and part.positions[index] or index)
    end
    local flags = flags_of(index)
    answers[#parts + 1], answers[#parts + 2], answers[#parts + 3] = flags & 255, flags >> 8 & 255, flags >> 16
    local signature = string.char(table.unpack(answers, 1, #parts + 3))
    if not seen[signature] and not is_impossible(flags) and coexists(index) then
      seen[signature] = true
      local value = { index = index, sure = all, maybe = all, flags = flags, open = {} }
      for _, element in ipairs(elements) do add_answer(value, element, parts, answers) end
      found[#found + 1] = value
    end
  end
  return found
end

-- Searches the combinations for one that `accepts(sure, maybe)`. Combinations with equal masks are merged.
local function search(groups, all, accepts)
  local states = { { sure = all, maybe = all, flags = 0 } }
  for _, values in ipairs(groups) do
    local merged, seen = {}, {}
    for _, state in ipairs(states) do
      for _, value in ipairs(values) do
        local sure, maybe = state.sure & value.sure, state.maybe & value.maybe
        local flags = state.flags | value.flags
        local key = flags << 44 | sure << 22 | maybe
        if not seen[key] and not is_impossible(flags) then
          seen[key] = true
          merged[#merged + 1] = { sure = sure, maybe = maybe, flags = flags, from = state, value = value }
        end
      end
    end
    states = merged
  end
  for _, state in ipairs(states) do
    if accepts(state.sure, state.maybe) then
      return state
    end
  end
end

-- Returns copies of the values in which each open element of `outcome` holds or not.
local function resolve(groups, outcome)
  local resolved = {}
  for g, values in ipairs(groups) do
    local list = {}
    for i, value in ipairs(values) do
      local mask = value.maybe
      for _, open in ipairs(value.open) do
        local holds = false
        for _, atom in ipairs(open.atoms) do holds = holds or outcome[atom] end
        if holds == (open.negated or false) then mask = mask & ~open.bit end
      end
      list[i] = { index = value.index, sure = mask, maybe = mask, flags = value.flags }
    end
    resolved[g] = list
  end
  return resolved
end

local function open_atoms(groups)
  local atoms, seen = {}, {}
  for _, values in ipairs(groups) do
    for _, value in ipairs(values) do
      for _, open in ipairs(value.open) do
        for _, atom in ipairs(open.atoms) do
          if not seen[atom] then
            seen[atom] = true
            atoms[#atoms + 1] = atom
          end
        end
      end
    end
  end
  return atoms
end

function Universe:request(names, state)
  local request, indexes = self:blank(), {}
  for g = #names, 1, -1 do
    indexes[g], state = state.value.index, state.from
  end
  for g, group in ipairs(names) do
    local _, set = self:combinations(group)
    set(request, indexes[g])
  end
  return request
end

--- Decides whether `after` allows a request that `before` does not. Both are decoded documents.
---@return "certain"|"possible"|nil
---@return table? request  one that differs
function Universe:differs(before, after)
  local statements = self:statements(before, after)
  local masks = { [true] = { [true] = 0, [false] = 0 }, [false] = { [true] = 0, [false] = 0 } }
  for number, statement in ipairs(statements) do
    local mask = masks[statement.after]
    mask[statement.allow] = mask[statement.allow] | 1 << (number - 1)
  end
  local allow_after, deny_after = masks[true][true], masks[true][false]
  local allow_before, deny_before = masks[false][true], masks[false][false]
  local function accepts(sure, maybe)
    return sure & allow_after ~= 0 and maybe & deny_after == 0
      and (sure & deny_before ~= 0 or maybe & allow_before == 0)
  end
  local names, groups, roles = join(self.dimensions, statements), {}, named_roles(before, after)
  for g, group in ipairs(names) do
    groups[g] = self:representatives(group, statements, roles)
  end
  assert(#statements <= 22, "too many statements")
  local all = (1 << #statements) - 1
  local state = search(groups, all, accepts)
  if state then
    return "certain", self:request(names, state)
  end
  local atoms = open_atoms(groups)
  assert(#atoms <= 8, "too many open elements")
  for bits = 0, #atoms > 0 and (1 << #atoms) - 1 or -1 do
    local outcome = {}
    for i, atom in ipairs(atoms) do outcome[atom] = bits >> (i - 1) & 1 == 1 end
    state = search(resolve(groups, outcome), all, accepts)
    if state then
      return "possible", self:request(names, state)
    end
  end
end

--- Decides a request by the document itself.
---@param doc policy.Document
function Universe:can(doc, request)
  request.identity = self.identity or nil
  return (can(doc, request))
end

--- Calls a function for every request of the universe.
function Universe:each_request(call)
  local names = {}
  for i, dimension in ipairs(self.dimensions) do names[i] = dimension.name end
  local count, set = self:combinations(names)
  local flags_of = self:flags(names)
  for index = 1, count do
    if not is_impossible(flags_of(index)) then
      local request = self:blank()
      set(request, index)
      call(request)
    end
  end
end

--- Returns a random request of the universe.
function Universe:random_request(random)
  local request, flags = self:blank(), 0
  for _, dimension in ipairs(self.dimensions) do
    local value = dimension.values[random(#dimension.values)]
    dimension.set(request, value)
    flags = flags | (dimension.flags and dimension.flags(value) or 0)
  end
  return not is_impossible(flags) and request or self:random_request(random)
end

return M
