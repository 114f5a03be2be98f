-- Small universes of requests: every value is a concrete text, enumerated, never a class of texts. A dimension is a list
-- of values. Each value of a dimension sets a part of the request.
--
-- Why these values are enough for the documents of `reason.documents`, per dimension:
--
-- * Texts (`M.words`). All patterns of a dimension are built from the letters `a` and `b` (and `A` or a literal `*`, where
--   the pool has one). A text over other bytes can be rewritten with `c` for each of them, and no pattern changes its
--   answer. So the alphabet is these letters and `c`. The pool contains with a pattern all its suffixes, so whether `xw`
--   matches a pattern of the pool follows from `x` and from which patterns of the pool `w` matches (that is the
--   derivative of the pattern by `x`: a union of suffixes). If no text of length n + 1 has a new answer to "which
--   patterns of the pool does it match?", then by induction no longer text has one. `M.words` enumerates the texts of
--   growing length until that holds, and keeps the two shortest texts for each answer.
-- * ARNs are combinations of parts; a pattern is tested part by part, and each part's list has all literals of the pool,
--   the empty text where it is possible, and one text that no literal matches.
-- * Callers: each kind, with each account of the pool and one fresh; names are all texts up to two letters, paths are none,
--   each literal and a fresh one; sessions with each possible aws:PrincipalArn.
-- * Numbers, dates, addresses: below, between and above all constants of the pool, and each constant.
-- * Sets of values: all subsets of texts, one per answer.
-- * Every key that can be absent is absent, too.

local M = {}

M.A, M.B, M.C = "111122223333", "444455556666", "777788889999"
M.ORGANIZATIONS = { "o-a1b2c3d4e5", "o-f6g7h8i9j0", "o-zzzzzzzzzz", "o-azzzzzzzzz" }

-- Returns all texts of exactly `length` letters.
local function texts(letters, length)
  local found = { "" }
  for _ = 1, length do
    local longer = {}
    for _, text in ipairs(found) do
      for _, letter in ipairs(letters) do
        longer[#longer + 1] = letter .. text
      end
    end
    found = longer
  end
  return found
end

-- Matches a text with a glob, by definition: an own matcher, without the code under test.
local function matches(pattern, text)
  if pattern == "" then
    return text == ""
  end
  local first, rest = pattern:sub(1, 1), pattern:sub(2)
  if first == "*" then
    return matches(rest, text) or text ~= "" and matches(pattern, text:sub(2))
  end
  return text ~= "" and (first == "?" or first == text:sub(1, 1)) and matches(rest, text:sub(2))
end
M.matches = matches

local function add_suffixes(closed, kind, pattern)
  for i = 1, #pattern + 1 do
    closed[kind .. pattern:sub(i)] = true
  end
end

-- Tests a text with a member of the pool: "l" .. glob, "e" .. literal, "i" .. literal in any letter case.
local function fits(member, text)
  local kind, pattern = member:sub(1, 1), member:sub(2)
  if kind == "e" then
    return pattern == text
  elseif kind == "i" then
    return pattern:lower() == text:lower()
  end
  return matches(pattern, text)
end

--- Returns texts over the letters for every possible answer of the pool, which has `like` (globs), `equal` and
--- `any_case` (literals). The second result is the length from which no new answer occurs.
---@param letters string[]
---@param pool { like?: string[], equal?: string[], any_case?: string[] }
---@param each? integer  how many texts of each answer to keep (default 2)
function M.words(letters, pool, each)
  local closed = {}
  for _, pattern in ipairs(pool.like or {}) do add_suffixes(closed, "l", pattern) end
  for _, pattern in ipairs(pool.equal or {}) do add_suffixes(closed, "e", pattern) end
  for _, pattern in ipairs(pool.any_case or {}) do add_suffixes(closed, "i", pattern) end
  local members = {}
  for member in pairs(closed) do members[#members + 1] = member end
  table.sort(members)
  local seen, kept, length = {}, {}, 0
  while true do
    local is_new = false
    for _, text in ipairs(texts(letters, length)) do
      local answer = {}
      for i, member in ipairs(members) do
        answer[i] = fits(member, text) and "1" or "0"
      end
      answer = table.concat(answer)
      is_new = is_new or not seen[answer]
      seen[answer] = (seen[answer] or 0) + 1
      if seen[answer] <= (each or 2) then
        kept[#kept + 1] = text
      end
    end
    if not is_new then
      return kept, length
    end
    length = length + 1
  end
end

-- ---------------------------------------------------------------------------------------------
-- Callers

-- The keys that follow from a caller.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
local function caller(principal, kind, keys)
  local context = { ["aws:PrincipalType"] = kind }
  for key, value in pairs(keys) do context[key] = value end
  return { principal = principal, context = context }
end

local function with_account(principal, kind, account, arn, userid, username)
  return caller(principal, kind, {
    ["aws:PrincipalAccount"] = account, ["aws:PrincipalArn"] = arn, ["aws:PrincipalIsAWSService"] = "false",
    ["aws:userid"] = userid, ["aws:username"] = username,
  })
end

local function add_root(list, account)
  local arn = ("arn:aws:iam::%s:root"):format(account)
  list[#list + 1] = with_account(arn, "Account", account, arn, account)
end

local function add_user(list, account, path, name)
  local arn = ("arn:aws:iam::%s:user/%s%s"):format(account, path, name)
  list[#list + 1] = with_account(arn, "User", account, arn, "AIDAEXAMPLEEXAMPLE999", name)
end

local function add_role(list, account, path, name, sessions)
  local arn = ("arn:aws:iam::%s:role/%s%s"):format(account, path, name)
  for _, session in ipairs(sessions) do
    local principal = ("arn:aws:sts::%s:assumed-role/%s/%s"):format(account, name, session)
    local userid = "AROAEXAMPLEEXAMPLE999:" .. session
    list[#list + 1] = with_account(principal, "AssumedRole", account, arn, userid)
    list[#list + 1] = with_account(arn, "AssumedRole", account, arn, userid) -- the role itself, as the principal
  end
end

-- A federated user, by each user that can have federated the session; false: the user is unknown.
local function add_federated(list, account, name, issuers)
  local arn = ("arn:aws:sts::%s:federated-user/%s"):format(account, name)
  for _, issuer in ipairs(issuers) do
    local one = with_account(arn, "FederatedUser", account, arn, account .. ":" .. name)
    one.issuer = issuer and ("arn:aws:iam::%s:user/%s"):format(account, issuer) or nil
    list[#list + 1] = one
  end
end

-- For services and identity providers AWS documents no value of these keys, so they may have any that no other principal
-- has.
local KINDS = { "Other", "Ab", "xUser", "AxUser" }
local USERIDS = { "x", "x:y", "x:a" }
local function add_undocumented(list, principal, keys, derived)
  for _, kind in ipairs(derived and KINDS or { KINDS[1] }) do
    for _, userid in ipairs(derived and USERIDS or { USERIDS[1] }) do
      local context = { ["aws:PrincipalType"] = kind, ["aws:userid"] = userid }
      for key, value in pairs(keys) do context[key] = value end
      list[#list + 1] = { principal = principal, context = context, outsider = true }
    end
  end
end

--- Adds a service, which has the names of a list, by default its own.
---@param list table[]
---@param name string
---@param derived? boolean
---@param names? string[]
function M.add_service(list, name, derived, names)
  add_undocumented(list, name, {
    ["aws:PrincipalIsAWSService"] = "true", ["aws:PrincipalServiceName"] = name,
    ["aws:PrincipalServiceNamesList"] = names or { name },
  }, derived)
end

--- Adds an identity provider.
function M.add_provider(list, name, derived)
  add_undocumented(list, name, {}, derived)
end

--- Adds the callers of unique ids, a role's and a user's, and of a canonical user id.
function M.add_ids(list, id, options)
  local first = #list + 1
  local canonical = id:find "123$" and ("0123456789abcdef"):rep(4) or ("9876543210fedcba"):rep(4)
  for _, account in ipairs(options.accounts) do
    list[#list + 1] = with_account(canonical, "Account", account, ("arn:aws:iam::%s:root"):format(account), account)
    for _, name in ipairs(options.names) do
      for _, path in ipairs(options.paths) do
        local arn = ("arn:aws:iam::%s:user/%s%s"):format(account, path, name)
        list[#list + 1] = with_account("AIDA" .. id, "User", account, arn, "AIDA" .. id, name)
        arn = ("arn:aws:iam::%s:role/%s%s"):format(account, path, name)
        for _, session in ipairs(options.sessions) do
          list[#list + 1] = with_account("AROA" .. id, "AssumedRole", account, arn, "AROA" .. id .. ":" .. session)
        end
      end
    end
  end
  for i = first, #list do list[i].is_id = true end
end

--- Returns callers of every kind. A caller without an account (`outsider`) has no tags and no organization.
--- `derived`: documents test the keys that follow from callers.
---@param options { accounts: string[], names: string[], paths: string[], sessions: string[], issuers?: (string|false)[],
---  identity?: boolean, derived?: boolean }
function M.callers(options)
  local list = {}
  for _, account in ipairs(options.accounts) do
    add_root(list, account)
    for _, name in ipairs(options.names) do
      for _, path in ipairs(options.paths) do
        add_user(list, account, path, name)
        add_role(list, account, path, name, options.sessions)
      end
      local issuers = options.issuers or options.identity and { "zz" } or { "zz", "a", "c/a" }
      if not options.identity then
        add_federated(list, account, name .. name, issuers)
      end
      add_federated(list, account, name, issuers)
    end
  end
  if not options.identity then
    local anonymous = caller("*", "Anonymous", { ["aws:PrincipalAccount"] = "anonymous", ["aws:userid"] = "anonymous" })
    anonymous.outsider = true
    list[#list + 1] = anonymous
    M.add_service(list, "ecs.amazonaws.com", options.derived)
    M.add_service(list, "sns.amazonaws.com", options.derived)
    M.add_service(list, "zzz.amazonaws.com", options.derived)
  end
  return list
end

--- Returns each caller with an account once for each organization, and once without one. `accounts` fixes the
--- organization of an account; false: it has none.
function M.with_organizations(callers, accounts)
  local list = {}
  for _, one in ipairs(callers) do
    local fixed = accounts and accounts[one.context["aws:PrincipalAccount"]]
    if not fixed then
      list[#list + 1] = one
    end
    local has_none = one.outsider or fixed == false
    for _, organization in ipairs(has_none and {} or fixed and { fixed } or M.ORGANIZATIONS) do
      local context = { ["aws:PrincipalOrgID"] = organization }
      for key, value in pairs(one.context) do context[key] = value end
      list[#list + 1] = { principal = one.principal, issuer = one.issuer, context = context }
    end
  end
  return list
end

-- ---------------------------------------------------------------------------------------------
-- Resources and keys

--- Returns the ARNs that combine the parts.
---@param parts { partitions: string[], services: string[], regions: string[], accounts: string[], names: string[] }
function M.arns(parts)
  local list = {}
  for _, partition in ipairs(parts.partitions) do
    for _, service in ipairs(parts.services) do
      for _, region in ipairs(parts.regions) do
        for _, account in ipairs(parts.accounts) do
          for _, name in ipairs(parts.names) do
            list[#list + 1] = ("arn:%s:%s:%s:%s:%s"):format(partition, service, region, account, name)
          end
        end
      end
    end
  end
  return list
end

--- Returns the subsets of a list.
function M.subsets(list)
  local found = {}
  for bits = 0, (1 << #list) - 1 do
    local set = {}
    for i, item in ipairs(list) do
      if bits >> (i - 1) & 1 == 1 then
        set[#set + 1] = item
      end
    end
    found[bits + 1] = set
  end
  return found
end

return M
