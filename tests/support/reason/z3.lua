-- Asks z3 whether a document allows more than another: an encoding of a fragment of IAM policies in SMT-LIB that shares
-- nothing with this project's code.
--
-- The fragment: callers are an anonymous one, and users, sessions that a user federated, and roles of partition aws; actions; resources of six parts;
-- free string, number, Boolean and address keys with operators without set operators. Strings are not
-- restricted to some alphabet: with re.range z3 matches no character past ASCII.

local M = {}

local function quote(text)
  return '"' .. text:gsub('"', '""') .. '"'
end

local function list_of(value)
  return type(value) == "table" and value or { value }
end

local function join(operator, terms, empty)
  if #terms < 2 then
    return terms[1] or empty
  end
  return ("(%s %s)"):format(operator, table.concat(terms, " "))
end

-- Returns the regular expression of a glob.
local function glob(pattern)
  local parts, literal = {}, ""
  local function flush()
    if literal ~= "" then parts[#parts + 1] = ("(str.to_re %s)"):format(quote(literal)) end
    literal = ""
  end
  for c in pattern:gmatch "." do
    if c == "*" or c == "?" then
      flush()
      parts[#parts + 1] = c == "*" and "re.all" or "re.allchar"
    else
      literal = literal .. c
    end
  end
  flush()
  return join("re.++", parts, '(str.to_re "")')
end

-- Returns a term: whether a string matches a glob. z3 decides prefixes and suffixes much faster than expressions.
local function like(term, pattern)
  local stars, ones = select(2, pattern:gsub("%*", "")), select(2, pattern:gsub("%?", ""))
  if pattern == "*" then
    return "true"
  elseif stars + ones == 0 then
    return ("(= %s %s)"):format(term, quote(pattern))
  elseif stars == 1 and ones == 0 and pattern:find "%*$" then
    return ("(str.prefixof %s %s)"):format(quote(pattern:sub(1, -2)), term)
  elseif stars == 1 and ones == 0 and pattern:find "^%*" then
    return ("(str.suffixof %s %s)"):format(quote(pattern:sub(2)), term)
  elseif stars == 0 and ones == 1 and pattern:find "%?$" then
    return ("(and (= (str.len %s) %d) (str.prefixof %s %s))"):format(term, #pattern, quote(pattern:sub(1, -2)), term)
  end
  return ("(str.in_re %s %s)"):format(term, glob(pattern))
end

local function any_of(values, encode)
  local terms = {}
  for i, value in ipairs(list_of(values)) do terms[i] = encode(value) end
  return join("or", terms, "false")
end

-- ---------------------------------------------------------------------------------------------
-- Elements

-- A caller is of an account (a number) and a kind, and has a name. A federated user's session has an issuer, too: the name
-- of a user, whose ARN as a principal covers the session.

-- Returns the term for aws:PrincipalArn.
local function caller(arn)
  local account, kind, name = arn:match "^arn:aws:iam::([^:]*):(%a+)/(.*)$"
  if not account then -- "*a": an end of the name
    return like("who", arn)
  end
  local terms = { kind == "user" and "is_user" or "(not is_user)", "(not is_federated)", like("who", name) }
  if account ~= "*" then terms[#terms + 1] = ("(= of %d)"):format(math.tointeger(account)) end
  return join("and", terms)
end

-- Returns the term for the ARN of a principal.
local function named(arn)
  local account, name = arn:match "^arn:aws:iam::(%d+):user/(.*)$"
  local issued = account and ("(and is_federated (= of %d) (= issuer %s))"):format(math.tointeger(account), quote(name))
  return issued and join("or", { caller(arn), issued }) or caller(arn)
end

local function principal(value)
  if value == "*" then
    return "true"
  end
  return any_of(value.AWS, function(one)
    if one == "*" then
      return "true"
    end
    local matches = one:find "^%d+$" and ("(= of %d)"):format(math.tointeger(one)) or named(one)
    return ("(and (not anonymous) %s)"):format(matches)
  end)
end

local function action(pattern)
  if pattern == "*" then
    return "true"
  end
  local prefix, name = pattern:lower():match "^(.-):(.*)$"
  return join("and", { like("prefix", prefix), like("action", name) })
end

local PARTS = { "partition", "service", "region", "account" }

local function resource(pattern)
  if pattern == "*" then
    return "true"
  end
  local parts = { pattern:match "^arn:([^:]*):([^:]*):([^:]*):([^:]*):(.*)$" }
  local terms = {}
  for i, name in ipairs(PARTS) do
    terms[i] = like(name, parts[i])
  end
  terms[#terms + 1] = like("name", parts[5])
  return join("and", terms)
end

-- ---------------------------------------------------------------------------------------------
-- Conditions

local function address_bits(text)
  local bits = 0
  for byte in text:gmatch "%d+" do bits = bits << 8 | tonumber(byte) end
  return ("#x%08x"):format(bits)
end

-- The groups of an IPv6 address as hexadecimal digits.
local function long_bits(text)
  local function groups(part)
    local digits = {}
    for group in part:gmatch "%x+" do digits[#digits + 1] = ("%04x"):format(tonumber(group, 16)) end
    return digits
  end
  local head, tail = text:match "^(.*)::(.*)$"
  local first, last = groups(head or text), groups(tail or "")
  return "#x" .. table.concat(first) .. ("0000"):rep(8 - #first - #last) .. table.concat(last)
end

local function in_network(network)
  local host, prefix = network:match "^([^/]*)/?(%d*)$"
  local is_long = host:find ":" ~= nil
  local size = is_long and 128 or 32
  local bits = tonumber(prefix) or size
  local family = is_long and "long" or "(not long)"
  if bits == 0 then
    return family
  end
  local variable, value = is_long and "address6" or "address4", is_long and long_bits(host) or address_bits(host)
  local extract = ("((_ extract %d %d) %%s)"):format(size - 1, size - bits)
  return ("(and %s (= %s %s))"):format(family, extract:format(variable), extract:format(value))
end

local function number(text)
  return text:sub(1, 1) == "-" and ("(- %s)"):format(text:sub(2)) or text
end

local ORDER = {
  Equals = "=", NotEquals = "=", LessThan = "<", LessThanEquals = "<=", GreaterThan = ">", GreaterThanEquals = ">=",
}

-- Returns the term for one operand.
local function holds(operator, key, operand)
  if key.variable == "who" then
    return caller(operand)
  elseif operator:find "^String.*Like" then
    return like(key.variable, operand)
  elseif operator:find "^String" then
    return ("(= %s %s)"):format(key.variable, quote(operand))
  elseif operator:find "^Numeric" then
    return ("(%s %s %s)"):format(ORDER[operator:match "^Numeric(.*)$"], key.variable, number(operand))
  elseif operator:find "IpAddress" then
    return in_network(operand)
  end
  return operand == "true" and key.variable or ("(not %s)"):format(key.variable)
end

local KEYS = {
  ["aws:PrincipalArn"] = { variable = "who", present = "(not anonymous)" },
  ["aws:PrincipalTag/t"] = { variable = "tag", present = "has_tag" },
  ["aws:RequestTag/u"] = { variable = "other", present = "has_other" },
  ["aws:MultiFactorAuthAge"] = { variable = "number", present = "has_number" },
  ["aws:MultiFactorAuthPresent"] = { variable = "flag", present = "has_flag" },
  ["aws:SourceIp"] = { present = "has_address" },
}

-- The keys svc:b1, svc:b2, ... are free Booleans.
local function key_of(name)
  local digits = name:match "^svc:b(%d+)$"
  return KEYS[name] or { variable = "b" .. digits, present = "has_b" .. digits }
end

local function test(operator, name, operands)
  local key = key_of(name)
  if operator == "Null" then
    return any_of(operands, function(operand)
      return operand == "true" and ("(not %s)"):format(key.present) or key.present
    end)
  end
  local base = operator:gsub("IfExists$", "")
  local negated = base:find "Not" ~= nil
  local matches = any_of(operands, function(operand) return holds(base, key, operand) end)
  local fits = negated and ("(not %s)"):format(matches) or matches
  if negated or base ~= operator then
    return ("(or (not %s) %s)"):format(key.present, fits)
  end
  return ("(and %s %s)"):format(key.present, fits)
end

local function statement(one)
  local terms = {}
  if one.Principal then terms[#terms + 1] = principal(one.Principal) end
  if one.Action then terms[#terms + 1] = any_of(one.Action, action) end
  if one.NotAction then terms[#terms + 1] = ("(not %s)"):format(any_of(one.NotAction, action)) end
  if one.Resource then terms[#terms + 1] = any_of(one.Resource, resource) end
  if one.NotResource then terms[#terms + 1] = ("(not %s)"):format(any_of(one.NotResource, resource)) end
  for operator, keys in pairs(one.Condition or {}) do
    for key, operands in pairs(keys) do terms[#terms + 1] = test(operator, key, operands) end
  end
  return join("and", terms, "true")
end

-- The requests that a document allows.
local function allowed(doc)
  local allow, deny = {}, {}
  for _, one in ipairs(doc.Statement) do
    local list = one.Effect == "Allow" and allow or deny
    list[#list + 1] = statement(one)
  end
  return ("(and %s (not %s))"):format(join("or", allow, "false"), join("or", deny, "false"))
end

-- ---------------------------------------------------------------------------------------------

local PREAMBLE = table.concat({
  "(set-option :timeout 3000)",
  "(declare-const anonymous Bool)", "(declare-const is_user Bool)", "(declare-const of Int)", "(declare-const who String)",
  "(declare-const is_federated Bool)", "(declare-const issuer String)",
  "(declare-const prefix String)", "(declare-const action String)",
  "(declare-const partition String)", "(declare-const service String)", "(declare-const region String)",
  "(declare-const account String)", "(declare-const name String)",
  "(declare-const has_tag Bool)", "(declare-const tag String)", "(declare-const has_other Bool)", "(declare-const other String)",
  "(declare-const has_number Bool)", "(declare-const number Real)", "(declare-const has_flag Bool)", "(declare-const flag Bool)",
  "(declare-const has_address Bool)", "(declare-const long Bool)", "(declare-const address4 (_ BitVec 32))",
  "(declare-const address6 (_ BitVec 128))",
  '(assert (not (= who "")))', '(assert (not (= prefix "")))', '(assert (not (= action "")))', '(assert (not (= name "")))',
  "(assert (not (and anonymous (or has_tag has_number has_flag))))", "(assert (=> has_number (and has_flag flag)))",
  '(assert (not (= issuer "")))', "(assert (=> is_federated (and (not anonymous) (>= (str.len who) 2) (<= (str.len who) 32))))",
  "(assert (=> is_federated (not (or has_number has_flag))))", "",
}, "\n")

--- Returns the question whether `after` allows a request that `before` does not, in SMT-LIB.
function M.question(before, after)
  local assertions = ("(assert %s)\n(assert (not %s))\n(check-sat)\n"):format(allowed(after), allowed(before))
  local declared, declarations = {}, {}
  for digits in assertions:gmatch "b(%d+)%f[^%d]" do
    if not declared[digits] then
      declared[digits] = true
      declarations[#declarations + 1] = ("(declare-const b%s Bool)\n(declare-const has_b%s Bool)\n"):format(digits, digits)
    end
  end
  return PREAMBLE .. table.concat(declarations) .. assertions
end

--- Whether z3 is installed.
function M.is_installed()
  return os.execute "command -v z3 >/dev/null" == true
end

--- Asks z3, which stops after 3 seconds. Returns "sat", "unsat" or "unknown".
function M.ask(before, after)
  local path = os.tmpname()
  do
    local file <close> = assert(io.open(path, "w"))
    file:write(M.question(before, after))
  end
  local pipe <close> = assert(io.popen("z3 -smt2 " .. path .. " 2>&1"))
  local answer = pipe:read "a"
  os.remove(path)
  return (answer:match "^%a+" or answer), answer
end

return M
