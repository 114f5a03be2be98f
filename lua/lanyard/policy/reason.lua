--- Questions about every possible request: any principal, action, resource, and any value of any condition key.
---
---     local found, undecided, reason = reason.new_access(before, after, { kind = "resource" })
---     local equal, witness, why = reason.equal_access(a, b)
---
--- core/README.md describes the method.

local core = require "lanyard.policy.reason.core"
local lazy = require "lanyard.lazy"

local ecr_actions = lazy "lanyard.policy.ecr_actions"
local simplify = lazy "lanyard.policy.simplify"

local M = {}

--- Why a question is not asked: the budget of all questions about a document is spent.
M.TOO_MANY = "the policy has too many statements for a question about each caller"

--- Options of the questions about every possible request.
---@class policy.ReasonOptions
---@field kind? "resource"|"identity"        "resource" by default; an identity policy names no principal
---@field accounts? table<string, string|false>  accounts and their organizations; false: it belongs to none
---@field always? string[]                   condition keys that every request has
---@field limit? integer                     how much work is done; 200,000 per millisecond, about

--- A request that a policy allows.
---@class policy.Request
---@field principal string  an ARN, an account, a service or "*"
---@field action string  "ecr:BatchGetImage"
---@field issuer? string    the user that federated the principal, where the answer depends on it
---@field resource? string  nil if the policies name no resource
---@field context table<string, string|string[]>  condition keys and their values

--- A request that answers a question, and why.
---@class policy.Witness
---@field request policy.Request  that is allowed
---@field statement integer  the statement of the new document that allows the request
---@field because string     why the new document allows the request
---@field before string      why the old document does not
---@field certain boolean    false: AWS may or may not allow the request
---@field which? "a"|"b"     equal_access: the document that allows the request

local KNOWN = { kind = true, accounts = true, always = true, limit = true, forms = true }
local KINDS = { resource = true, identity = true }

-- The actions of ECR whose requests always name a repository, made when they are needed. Without names,
-- DescribeRepositories is about all.
local bound

local function bound_actions()
  if bound then
    return bound
  end
  local others = { GetAuthorizationToken = true, DescribeRepositories = true }
  for _, name in ipairs(ecr_actions.REGISTRY) do
    others[name] = true
  end
  bound = {}
  for _, name in ipairs(ecr_actions.ALL) do
    bound[#bound + 1] = not others[name] and "ecr:" .. name or nil
  end
  return bound
end

-- Returns the options as the core takes them.
local function core_options(options)
  options = options or {}
  for name in pairs(options) do
    if not KNOWN[name] then
      error(("unknown option '%s'"):format(tostring(name)), 3)
    end
  end
  if options.kind and not KINDS[options.kind] then
    error(("kind: 'resource' or 'identity' expected, got '%s'"):format(tostring(options.kind)), 3)
  end
  local accounts, organizations = {}, {}
  for account, organization in pairs(options.accounts or {}) do
    accounts[#accounts + 1], organizations[#accounts + 1] = account, organization or ""
  end
  return {
    identity = options.kind == "identity", accounts = accounts, organizations = organizations,
    always = options.always, limit = options.limit, forms = options.forms,
    bound = options.kind == "identity" and bound_actions() or nil,
  }
end

--- Returns options for questions about parts of a document. If the document mentions a value without the form that AWS
--- documents, such as the VPC `prod`, such keys have any values, also where a question leaves out the part with it.
---@param doc policy.Document  the whole
---@param options? policy.ReasonOptions
---@return policy.ReasonOptions
function M.of_parts(doc, options)
  local copy = {}
  for name, value in pairs(options or {}) do
    copy[name] = value
  end
  copy.forms = core.forms(doc, copy.kind == "identity")
  return copy
end

--- Finds a request that a document allows and an earlier one does not.
---@param before policy.Document
---@param after policy.Document
---@param options? policy.ReasonOptions
---@return policy.Witness? witness  nil: there is no such request
---@return "undecided"? undecided
---@return string? reason           why such a request cannot be excluded
function M.new_access(before, after, options)
  local witness, undecided, reason = core.new_access(before, after, core_options(options))
  return witness and M.simplified(witness, before, after, options), undecided, reason
end

--- Like new_access, but faster: the request is not made easier to read.
---@param before policy.Document
---@param after policy.Document
---@param options? policy.ReasonOptions
---@return policy.Witness?, "undecided"?, string?
function M.find(before, after, options)
  local witness, undecided, reason = core.new_access(before, after, core_options(options))
  return witness, undecided, reason
end

-- What a question takes beside its search, for the characters of both documents. Statements have about 120 characters;
-- the reading of thousands of them is quadratic in the number of keys.
local function steps_of(characters)
  local statements = characters / 120
  return 12000 + 10 * characters + statements * statements / 3
end

--- Like find, in a budget of several questions. Asks nothing if it is spent.
---@param budget policy.Budget
---@param before policy.Document
---@param after policy.Document
---@param options? policy.ReasonOptions
---@return policy.Witness?, "undecided"?, string?
function M.find_within(budget, before, after, options)
  if budget:is_spent() then
    return nil, "undecided", M.TOO_MANY
  end
  local witness, undecided, reason, steps = core.new_access(before, after, core_options(options))
  budget:spend(steps + steps_of(#tostring(before) + #tostring(after)))
  return witness, undecided, reason
end

--- Returns a witness whose request is easier to read.
---@param witness policy.Witness
---@param before policy.Document
---@param after policy.Document
---@param options? policy.ReasonOptions
---@return policy.Witness
function M.simplified(witness, before, after, options)
  if witness.certain then
    witness.request = simplify(witness.request, before, after, options or {})
  end
  return witness
end

--- Reports whether two documents allow the same requests.
---@param a policy.Document
---@param b policy.Document
---@param options? policy.ReasonOptions
---@return boolean? equal  nil: it is undecided
---@return policy.Witness|"undecided"|nil witness  a request that only one of them allows
---@return string? reason
function M.equal_access(a, b, options)
  options = core_options(options)
  local unknown
  for _, pair in ipairs { { a, b, "b" }, { b, a, "a" } } do
    local witness, undecided, reason = core.new_access(pair[1], pair[2], options)
    if witness then
      witness.which = pair[3]
      return false, witness
    end
    unknown = unknown or undecided and reason
  end
  if unknown then
    return nil, "undecided", unknown
  end
  return true
end

return M
