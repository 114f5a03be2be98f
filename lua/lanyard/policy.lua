--- AWS resource policies: edited without loss, decided as IAM decides.
---
---     local doc, err = policy.parse(text)    -- or policy.new(), an empty document
---     local changed, reason, index = doc:allow { sid = "Pull", principal = arn, actions = policy.PULL_ACTIONS }
---     local changed, statements = doc:revoke { principal = arn }    -- or { match = function }
---     local changed, reason = doc:set { sid = "Pull", element = "Effect", value = "Deny" }
---     doc:remove { sid = "Pull" }   doc:fold { sid =, match = }   doc:sort()   doc:append(other, index)
---     local decision, statement, reason = doc:can { principal = arn, action = "ecr:BatchGetImage" }
---     local decision, statement, reason, details = policy.decide { resource_policy = doc, scps = { { text } }, ... }
---     local possible, reason = policy.possible { principal = arn, context = { ["aws:username"] = "kim" } }
---     doc:statements()  doc:statement(index)  doc:equivalent(other)  doc:compare(other)  doc:diff(other)  doc:lint()
---     doc:format()  doc:compact()  doc:copy()  doc:empty()  doc:size()  doc:compact_size()  tostring(doc)
---
--- An edit keeps the bytes of everything that it does not change.

local arguments = require "lanyard.policy.arguments"
local compare = require "lanyard.policy.compare"
local core = require "lanyard.policy.core"
local decide = require "lanyard.policy.decide"
local diff = require "lanyard.text.diff"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local request_of = require "lanyard.policy.request"
local when = require "lanyard.policy.when"
local statements = require "lanyard.policy.statements"

---@class policy.Document

--- A request to one policy.
---@class policy.Question
---@field principal string
---@field action string
---@field resource? string
---@field context? table<string, string|string[]>
---@field partial? boolean  keys that are not in the context are unknown, not absent
---@field account? string   the account that owns the resource
---@field issuer? string    the IAM user that federated the principal, a federated user session

--- A request with all policies that apply to it. Each policy is a text, a document, or { policy =, name = } with a name
--- for reasons. A layer that is nil does not
--- exist; an empty layer allows nothing.
---@class policy.DecideOptions
---@field principal string
---@field action string
---@field resource? string
---@field resource_account? string   the account in the resource's ARN by default, else that of the principal
---@field context? table<string, string|string[]>
---@field partial? boolean           keys that are not in the context are unknown, not absent
---@field issuer? string               the IAM user that federated the principal, a federated user session
---@field resource_policy? string|policy.Document|(string|policy.Document)[]  a list: repository and registry policy
---@field identity_policies? (string|policy.Document)[]
---@field boundaries? (string|policy.Document)[]
---@field session_policies? (string|policy.Document)[]
---@field scps? (string|policy.Document)[][]  the levels of the organization, from the root
---@field rcps? (string|policy.Document)[][]
---@field vpc_endpoint_policies? (string|policy.Document)[]  of the VPC endpoint that the request uses

local M = {
  --- Creates an empty document.
  ---@type fun(): policy.Document
  new = core.new,
  --- Parses a text. The error has line, column and what was expected.
  ---@type fun(text: string): policy.Document?, lanyard.Error?
  parse = core.parse,
  --- Decides a request by all policies that apply to it. Returns the decision ("allow", "deny", "implicit-deny" or
  --- "depends"), the deciding statement with its `document`, a reason, and details: the `layer` that decides
  --- ("identity-policy"), and for "depends" `when` the answer is allow (policy.When). Returns nil and an error for a
  --- text that is not a policy.
  ---@type fun(options: policy.DecideOptions): string?, table?, string?, table?
  decide = decide,
  --- The maximum number of characters in a repository policy (ECR, SetRepositoryPolicy).
  LIMIT = core.LIMIT,
  --- The maximum number of bytes that are parsed as a policy.
  MOST_BYTES = core.MOST_BYTES,
  --- The actions of a pull, after authentication with the registry.
  PULL_ACTIONS = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" },
}

-- Returns a copy of a table with other fields; false removes a field.
local function with(fields, changes)
  local copy = {}
  for name, value in pairs(fields) do
    copy[name] = value
  end
  for name, value in pairs(changes) do
    copy[name] = value or nil
  end
  return copy
end

-- ---------------------------------------------------------------------------------------------
-- Edits

local add_statement = core.methods.allow
--- Adds a statement that allows actions. Nothing changes if they are already allowed, without a condition or by an
--- equivalent statement.
---@param doc policy.Document
---@param grant { sid?: string, principal: string, actions: string[], condition?: table<string, table> }
---@return boolean changed
---@return string reason
---@return integer index  of the statement that allows the actions
function core.methods.allow(doc, grant)
  if type(grant) == "table" and grant.condition ~= nil then
    grant = with(grant, { condition = arguments.call("allow", json.encode, grant.condition) })
  end
  local changed, reason, index = arguments.call("allow", add_statement, doc, grant)
  return changed, reason, index
end

local set_element = core.methods.set
--- Sets an element of a statement, or of the document (Version, Id). The value is anything that JSON can express, with
--- json.array {} for an empty list; nil removes the element. `within` names an existing member inside the element, such
--- as { "DateLessThan", "aws:CurrentTime" } of a Condition: then only that member changes.
---@param doc policy.Document
---@param options { sid?: string, index?: integer, document?: true, element: string, within?: string[], value?: any }
---@return boolean changed
---@return string? reason  why nothing changed
function core.methods.set(doc, options)
  arguments.verify("set", arguments.table("options", options))
  local text = options.value ~= nil and arguments.call("set", json.encode, options.value)
  local changed, reason = arguments.call("set", set_element, doc, with(options, { value = false, json = text }))
  return changed, reason
end

-- ---------------------------------------------------------------------------------------------
-- Questions

local ask = core.methods.can
local CAN_FIELDS = {
  principal = "string", action = "string", resource = "string", context = "table", partial = "boolean",
  account = "string", issuer = "string",
}

-- Returns an addition to the reason of an Allow: the account of a foreign principal must allow the request, too.
local function other_account_note(doc, options, request)
  local owner = request_of.resource_account(options.account, options.resource)
  local account = owner and request_of.caller(options.principal).account
  if account and account ~= owner and not doc:weigh(request).allow.account then
    return ("; account %s must allow it too"):format(account)
  end
  return ""
end

-- Decides a request. Returns what `can` does, but instead of the conditions of a decision that depends the request.
local function decided(name, doc, options)
  arguments.verify(name, arguments.document("doc", doc), 1)
  arguments.request(name, options, CAN_FIELDS, { "principal", "action" }, 1)
  if request_of.needs_no_permission(options) then
    return "allow", nil, request_of.NO_PERMISSION
  elseif options.context == nil and options.account == nil and options.partial == nil and options.issuer == nil then
    -- Most decisions do not depend on a condition, so the keys that follow from the request are not needed.
    local decision, statement, reason = ask(doc, options)
    if decision ~= "depends" then
      return decision, statement, decision == "allow" and reason .. other_account_note(doc, options, options) or reason
    end
  end
  local owner = request_of.resource_account(options.account, options.resource)
  local possible, contradiction = request_of.possible(options, owner)
  if not possible then
    error("such a request cannot exist: " .. contradiction, 3)
  end
  local request = request_of.request(options, owner)
  local decision, statement, reason = ask(doc, request)
  if decision == "depends" then
    return decision, statement, reason, request
  end
  return decision, statement, decision == "allow" and reason .. other_account_note(doc, options, request) or reason
end

--- Decides a request by this document alone. If the principal belongs to another account than the resource, that
--- account must allow the request, too. A condition key that is not in the context is absent from the request, or with
--- `partial` unknown. Without a context only the keys that follow from principal and resource are known. A decision
--- that depends on unknown keys is "depends". A context that contradicts the principal or the resource is an error: see
--- `policy.possible`. sts:GetCallerIdentity is allowed to everyone who signs the request.
---@param doc policy.Document
---@param options policy.Question
---@return "allow"|"deny"|"implicit-deny"|"depends" decision
---@return { index: integer, sid?: string, effect: string }? statement
---@return string reason
---@return policy.When? when  for "depends": when the decision is allow
function core.methods.can(doc, options)
  local decision, statement, reason, request = decided("can", doc, options)
  if request then
    return decision, statement, reason, when.document(doc, request)
  end
  return decision, statement, reason
end

--- Decides a request as `can` does, but does not find out when a decision that depends is allow, which takes long where
--- many conditions decide.
---@param doc policy.Document
---@param options policy.Question
---@return "allow"|"deny"|"implicit-deny"|"depends" decision
---@return { index: integer, sid?: string, effect: string }? statement
---@return string reason
function core.methods.decision(doc, options)
  local decision, statement, reason = decided("decision", doc, options)
  return decision, statement, reason
end

local POSSIBLE_FIELDS = {
  principal = "string", action = "string", resource = "string", context = true, account = "string", partial = true,
  complete = true, issuer = "string",
}

--- Reports whether a request can exist. The principal and the resource determine condition keys: a role has no
--- aws:username, and the account of its ARN in aws:PrincipalAccount. A key has one value unless AWS documents several;
--- aws:CurrentTime and aws:EpochTime are one time; the organization's paths begin with its id. A key with an empty list
--- is absent from the request, which some keys never are (aws:SecureTransport). A key that the context lacks can have
--- any value; with `complete` it is absent. The issuer of a federated user session is a user of its account.
--- core/policy/caller.h lists the keys, and AWS's reference for them.
---@param request { principal: string, action?: string, resource?: string, account?: string,
---  issuer?: string, context?: table<string, string|string[]>, partial?: boolean, complete?: boolean }
---@return boolean possible
---@return string? reason  names the key, what is expected and what the request has
function M.possible(request)
  arguments.request("possible", request, POSSIBLE_FIELDS, { "principal" })
  if request_of.caller(request.principal).kind == "other" then
    return false, ("principal: expected a user, role, session, federated user, account, service, identity provider, "
      .. "unique id or *, found '%s'"):format(request.principal)
  end
  local owner = request_of.resource_account(request.account, request.resource)
  return request_of.possible(request, owner, request.complete and not request.partial)
end

--- Returns the size without white space, in characters as ECR counts them. ECR counts the text that is sent, and
--- returns it laid out longer: a policy that was read can be larger than the limit and still be written.
---@param doc policy.Document
---@return integer
function core.methods.compact_size(doc)
  arguments.verify("compact_size", arguments.document("doc", doc))
  return utf8.len(doc:compact())
end

--- Returns the differences in meaning. See lanyard.policy.compare.
---@param doc policy.Document
---@param other policy.Document
---@return policy.Change[]
function core.methods.compare(doc, other)
  arguments.verify("compare", arguments.document("doc", doc) or arguments.document("other", other))
  return compare(doc, other)
end

--- Returns the differences of the pretty-printed documents as a unified diff, or "".
---@param doc policy.Document
---@param other policy.Document
---@param options? { from?: string, to?: string }  the names in the header
---@return string
function core.methods.diff(doc, other, options)
  arguments.verify("diff", arguments.document("doc", doc) or arguments.document("other", other)
    or options ~= nil and arguments.table("options", options) or nil)
  return diff.unified(doc:format() .. "\n", other:format() .. "\n", options)
end

--- Returns the findings of the linter. See lanyard.policy.lint.
---@param doc policy.Document
---@param options? { account?: string, stored?: boolean }
---@return policy.lint.Finding[]
function core.methods.lint(doc, options)
  arguments.verify("lint", arguments.document("doc", doc)
    or options ~= nil and arguments.table("options", options) or nil)
  local lint = require "lanyard.policy.lint" -- large, and rarely used
  arguments.verify("lint", options and arguments.choice("options.type", options.type, lint.TYPES))
  return lint.check(doc, options)
end

-- ---------------------------------------------------------------------------------------------
-- Questions about every possible request. The modules are required when they are used. A mistake in an argument raises
-- an error. No question is answered "no" about a document that AWS refuses to store: see lanyard.policy.questions.

--- Finds a request that a document allows and an earlier one does not. See lanyard.policy.reason.
---@param before policy.Document
---@param after policy.Document
---@param options? policy.ReasonOptions
---@return policy.Witness? witness  nil: there is no such request
---@return "undecided"? undecided
---@return string? reason           why such a request cannot be excluded
function M.new_access(before, after, options)
  return require("lanyard.policy.questions").new_access(before, after, options)
end

--- Reports whether two documents allow the same requests. See lanyard.policy.reason.
---@param a policy.Document
---@param b policy.Document
---@param options? policy.ReasonOptions
---@return boolean? equal  nil: it is undecided
---@return policy.Witness|"undecided"|nil witness  a request that only one of them allows
---@return string? reason
function M.equal_access(a, b, options)
  return require("lanyard.policy.questions").equal_access(a, b, options)
end

--- Finds a request with one of the actions, on one of the resources, by one of the principals, that a document allows.
--- See lanyard.policy.reference.
---@param doc policy.Document
---@param asked { actions?: string[], resources?: string[], principals?: string[] }
---@param options? policy.ReasonOptions
---@return policy.Witness?, "undecided"?, string?
function M.grants(doc, asked, options)
  return require("lanyard.policy.questions").grants(doc, asked, options)
end

--- Finds a request that a document allows from outside a set of accounts and organizations. See
--- lanyard.policy.reference.
---@param doc policy.Document
---@param inside { accounts?: string[], organizations?: string[] }
---@param options? policy.ReasonOptions
---@return policy.Witness?, "undecided"?, string?
function M.outside(doc, inside, options)
  return require("lanyard.policy.questions").outside(doc, inside, options)
end

--- Finds a request of the public that a document allows. See lanyard.policy.reference. An identity policy is never
--- public, so its kind is an error.
---@param doc policy.Document
---@param options? policy.ReasonOptions
---@return policy.Witness?, "undecided"?, string?
function M.public(doc, options)
  return require("lanyard.policy.questions").public(doc, options)
end

--- Returns the classes of callers that a document can ever allow. See lanyard.policy.reachable.
---@param doc policy.Document
---@param options? { action?: string, accounts?: table<string, string>, always?: string[], limit?: integer }
---@return policy.ReachedClass[]? classes
---@return lanyard.Error? err  code "RefusedPolicy" for a document that AWS refuses
function M.reachable(doc, options)
  return require("lanyard.policy.questions").reachable(doc, options)
end

--- Returns an equal document without redundant parts, and what was removed. See lanyard.policy.minimize.
---@param doc policy.Document
---@param options? policy.ReasonOptions
---@return policy.Document smaller
---@return policy.Removal[] removed
---@return string? undecided  why more may be redundant
function M.minimize(doc, options)
  return require("lanyard.policy.questions").minimize(doc, options)
end

-- ---------------------------------------------------------------------------------------------
-- Merging

local function conflict(conflicts, message)
  return nil, errors.new { code = "Conflict", message = message, conflicts = conflicts }
end

-- Adds the members that only the second document has to `merged`, except Version. Members with different values are
-- conflicts.
local function merge_members(merged, a, b, conflicts)
  local first, second = compare.members(a), compare.members(b)
  for _, member in ipairs(b:tree()) do
    local name = member.key.value
    if name == "Statement" or name == "Version" or first[name] == second[name] then
      goto continue
    elseif first[name] or member.kind ~= "string" then
      conflicts[#conflicts + 1] = name
    else
      merged:set { document = true, element = name, value = member.value }
    end
    ::continue::
  end
end

--- Merges two documents: the bytes of the first, and the statements and members that only the second has. Conflicts are
--- Sids and members with different meanings in both, and "Version" if a statement would change its meaning under the
--- first document's Version (policy variables are plain text before 2012-10-17).
---@param a policy.Document
---@param b policy.Document
---@return policy.Document? merged
---@return lanyard.Error? err  code "Conflict", with `conflicts`, a list of Sids and names
function M.merge(a, b)
  arguments.verify("merge", arguments.document("a", a) or arguments.document("b", b))
  local merged = a:copy()
  local meanings, sids, conflicts = {}, {}, {}
  for _, statement in ipairs(a:statements()) do
    meanings[a:meaning(statement.index)] = true
    sids[statement.sid or false] = true
  end
  local first, second = compare.members(a).Version, compare.members(b).Version
  for _, statement in ipairs(b:statements()) do
    local meaning = b:meaning(statement.index)
    if first ~= second and statements.has_variable(statement) then
      return conflict({ "Version" },
        ("statement %d of the second policy has a policy variable, and the Versions differ (%s, %s)")
          :format(statement.index, first, second))
    elseif not meanings[meaning] and statement.sid and sids[statement.sid] then
      conflicts[#conflicts + 1] = statement.sid
    elseif not meanings[meaning] then
      meanings[meaning], sids[statement.sid or false] = true, true
      merged:append(b, statement.index)
    end
  end
  merge_members(merged, a, b, conflicts)
  if #conflicts > 0 then
    return conflict(conflicts, ("the policies disagree about %s"):format(table.concat(conflicts, ", ")))
  end
  return merged
end

return M
