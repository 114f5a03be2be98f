--- AWS resource policies: edited without loss, decided as IAM decides, compared over every possible request.
---
--- ```lua
--- local policy = require "lanyard.policy"
--- local doc = policy.new() -- or policy.parse(text)
--- local ci = "arn:aws:iam::111122223333:role/ci"
--- doc:allow { sid = "Pull", principal = ci, actions = policy.PULL_ACTIONS }
--- print((doc:can { principal = ci, action = "ecr:BatchGetImage" }))
--- --> allow
--- print(policy.public(doc)) -- nil: no request of the public is allowed
--- --> nil
--- doc:revoke { principal = ci }
--- print(doc:compact())
--- --> {"Version":"2008-10-17","Statement":[]}
--- ```
---
--- An edit keeps the bytes of everything that it does not change. `tostring(doc)` is the text.

local core = require "lanyard.policy.core"
local json = require "lanyard.json"
local lazy = require "lanyard.lazy"
local request_of = require "lanyard.policy.request"

local argument_errors = lazy "lanyard.policy.argument_errors"
local arguments = lazy "lanyard.policy.arguments"
local compare = lazy "lanyard.policy.compare"
local decide = lazy "lanyard.policy.decide"
local diff = lazy "lanyard.text.diff"
local when = lazy "lanyard.policy.when"

--- A policy. `tostring` returns its text.
---@class policy.Document
local Document = core.methods

--- A request to one policy.
---@class policy.Question
---@field principal string   an ARN, an account, a service ("lambda.amazonaws.com"), a unique id, or "*": anyone
---@field action string      "ecr:BatchGetImage"
---@field resource? string   an ARN
---@field context? table<string, string|string[]>  condition keys and their values
---@field partial? boolean  keys that are not in the context are unknown, not absent
---@field account? string   the account that owns the resource
---@field issuer? string    the IAM user that federated the principal, a federated user session

local M = {
  new = core.new,
  parse = core.parse,
  decide = decide,
  --- The maximum number of characters in a repository policy (ECR's API reference, SetRepositoryPolicy).
  ---@type integer
  LIMIT = core.LIMIT,
  --- The maximum number of bytes that are parsed as a policy.
  ---@type integer
  MOST_BYTES = core.MOST_BYTES,
  --- The actions of a pull, after authentication with the registry.
  ---@type string[]
  PULL_ACTIONS = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" },
}

-- A function in place of the lazy module: coroutine.wrap accepts nothing else.
rawset(M, "decide", function(options) return decide(options) end)

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

-- Returns its arguments.
local function same(...)
  return ...
end

-- ---------------------------------------------------------------------------------------------
-- Edits

--- A grant to one principal.
---@class policy.Grant
---@field sid? string        the Sid of a new statement
---@field principal string   an ARN, an account, a unique id or "*"; not a service: parse a policy that names it, and
---  merge that
---@field actions string[]   at least one
---@field condition? table<string, table<string, any>>  operators with their keys and values: { StringEquals = { ... } }

local add_statement = Document.allow
--- Adds a statement that allows actions. Nothing changes if they are already allowed, without a condition or by an
--- equivalent statement.
---
--- ```lua
--- local doc = policy.new()
--- print(doc:allow {
---   sid = "CI", principal = "111122223333", actions = { "ecr:PutImage" },
---   condition = { IpAddress = { ["aws:SourceIp"] = "192.0.2.0/24" } },
--- })
--- --> true	added statement 1	1
--- ```
---@param grant policy.Grant
---@return boolean changed
---@return string reason
---@return integer index  of the statement that allows the actions
function Document:allow(grant)
  if type(grant) == "table" and grant.condition ~= nil then
    grant = with(grant, { condition = argument_errors.call("allow", json.encode, grant.condition) })
  end
  return same(argument_errors.call("allow", add_statement, self, grant)) -- not a tail call: see argument_errors.call
end

--- What `set` changes: the element of one statement, or of the document.
---@class policy.Setting
---@field sid? string        the statements with this Sid
---@field index? integer     the statement at this position, from 1
---@field document? true     the document itself
---@field element string     "Effect", "Condition", "Version"; not "Statement"
---@field within? string[]   an existing member inside the element, such as { "DateLessThan", "aws:CurrentTime" } of a
---  Condition: only that member changes
---@field value? any         what JSON can express, with json.array {} for an empty list; nil removes the element

local set_element = Document.set
--- Sets or removes an element of a statement, or of the document. Raises an error unless one of `sid`, `index` and
--- `document` is given, and for a value that makes the policy invalid.
---
--- ```lua
--- local doc = policy.new()
--- doc:set { document = true, element = "Version", value = "2012-10-17" }
--- print(doc:set { sid = "Pull", element = "Effect", value = "Deny" })
--- --> false	no such statement
--- ```
---@param options policy.Setting
---@return boolean changed
---@return string? reason  why nothing changed
function Document:set(options)
  argument_errors.verify("set", argument_errors.table("options", options))
  local text = options.value ~= nil and argument_errors.call("set", json.encode, options.value)
  return same(argument_errors.call("set", set_element, self, with(options, { value = false, json = text })))
end

-- ---------------------------------------------------------------------------------------------
-- Questions

--- The statement that decides a request.
---@class policy.Deciding
---@field index integer  from 1
---@field sid? string  its Sid
---@field effect string  "Allow" or "Deny"

local ask = Document.can
-- Returns nothing for a decision that depends, and for a mistake.
local quick_decision = core.decision
local CAN_FIELDS = {
  principal = "string", action = "string", resource = "string", context = "table", partial = "boolean",
  account = "string", issuer = "string",
}

-- Decides a request. Returns what `can` does, but instead of the conditions of a decision that depends the request.
local function decided(name, doc, options)
  argument_errors.verify(name, argument_errors.document("doc", doc), 1)
  arguments.request(name, options, CAN_FIELDS, { "principal", "action" }, 1)
  if request_of.needs_no_permission(options) then
    return "allow", nil, request_of.NO_PERMISSION
  end
  local owner = request_of.resource_account(options.account, options.resource)
  local possible, contradiction = request_of.possible(options, owner)
  if not possible then
    error("such a request cannot exist: " .. contradiction, 3)
  end
  local request = request_of.request(options, owner)
  local decision, statement, reason = ask(doc, request)
  return decision, statement, reason, decision == "depends" and request or nil
end

--- Decides a request by this document alone. If the principal belongs to another account than the resource, that
--- account must allow the request, too. A condition key that is not in the context is absent from the request, or with
--- `partial` unknown. Without a context only the keys that follow from principal and resource are known. A decision
--- that depends on unknown keys is "depends". A context that contradicts the principal or the resource is an error: see
--- `policy.possible`. sts:GetCallerIdentity is allowed to everyone who signs the request. Raises an error for a request
--- that cannot exist, and for an unknown field.
---
--- ```lua
--- local doc = policy.new()
--- doc:allow {
---   principal = "*", actions = { "ecr:BatchGetImage" },
---   condition = { StringEquals = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5" } },
--- }
--- local decision, _, _, when = doc:can {
---   principal = "arn:aws:iam::111122223333:role/ci",
---   action = "ecr:BatchGetImage", partial = true,
--- }
--- print(decision, when.text)
--- --> depends	aws:PrincipalOrgID = "o-a1b2c3d4e5"
--- ```
---@param options policy.Question
---@return "allow"|"deny"|"implicit-deny"|"depends" decision
---@return policy.Deciding? statement  the statement that decides; nil for "implicit-deny"
---@return string reason
---@return policy.When? when  for "depends": when the decision is allow
function Document:can(options)
  local decision, statement, reason = quick_decision(self, options)
  if decision then
    return decision, statement, reason
  end
  local request
  decision, statement, reason, request = decided("can", self, options)
  if request then
    return decision, statement, reason, when.document(self, request)
  end
  return decision, statement, reason
end

--- Decides a request as `can` does, but does not find out when a decision that depends is allow, which takes long where
--- many conditions decide.
---@param options policy.Question
---@return "allow"|"deny"|"implicit-deny"|"depends" decision
---@return policy.Deciding? statement
---@return string reason
function Document:decision(options)
  local decision, statement, reason = quick_decision(self, options)
  if not decision then
    decision, statement, reason = decided("decision", self, options)
  end
  return decision, statement, reason
end

--- A request that may or may not be able to exist.
---@class policy.PossibleRequest
---@field principal string    see policy.Question
---@field action? string  "ecr:BatchGetImage"
---@field resource? string    an ARN
---@field account? string     the account that owns the resource
---@field issuer? string      the IAM user that federated the principal
---@field context? table<string, string|string[]>  condition keys and their values
---@field partial? boolean    the context lacks keys
---@field complete? boolean   a key that the context lacks is absent from the request

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
---
--- ```lua
--- local role = "arn:aws:iam::111122223333:role/ci"
--- local context = { ["aws:username"] = "kim" }
--- print(policy.possible { principal = role, context = context })
--- --> false	aws:username: expected no value for a role, found 'kim'
--- ```
---@param request policy.PossibleRequest
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
---@return integer
function Document:compact_size()
  argument_errors.verify("compact_size", argument_errors.document("doc", self))
  return utf8.len(self:compact())
end

--- Returns the differences in meaning. Statements are paired by meaning and Sid, then by Sid, by meaning, and by
--- principals.
---
--- ```lua
--- local old, new = policy.new(), policy.new()
--- local account = "111122223333"
--- old:allow { sid = "a", principal = account, actions = { "ecr:PutImage" } }
--- new:allow { sid = "a", principal = account, actions = { "ecr:ListImages" } }
--- local change = old:compare(new)[1]
--- print(change.kind, change.label, change.elements[1].element,
---   change.elements[1].added[1])
--- --> changed	a	Action	ecr:ListImages
--- ```
---@param other policy.Document
---@return policy.Change[]
function Document:compare(other)
  argument_errors.verify("compare", argument_errors.document("doc", self) or argument_errors.document("other", other))
  return compare(self, other)
end

--- Returns the differences of the pretty-printed documents as a unified diff, or "".
---@param other policy.Document
---@param options? { from?: string, to?: string }  the names in the header
---@return string
function Document:diff(other, options)
  argument_errors.verify("diff", argument_errors.document("doc", self) or argument_errors.document("other", other)
    or options ~= nil and argument_errors.table("options", options) or nil)
  return diff.unified(self:format() .. "\n", other:format() .. "\n", options)
end

--- Returns the findings of the linter, in the order of the text. `lanyard help lint` lists the checks.
---
--- ```lua
--- local doc = assert(policy.parse [[{ "Statement": {
---   "Effect": "Allow", "Principal": "*", "Action": "ecr:PutImage" } }]])
--- for _, finding in ipairs(doc:lint()) do
---   print(finding.line, finding.severity, finding.id)
--- end
--- --> 1	info	no-version
--- --> 2	critical	public
--- ```
---@param options? policy.LintOptions
---@return policy.lint.Finding[]
function Document:lint(options)
  argument_errors.verify("lint", argument_errors.document("doc", self)
    or options ~= nil and argument_errors.table("options", options) or nil)
  local lint = require "lanyard.policy.lint" -- large, and rarely used
  argument_errors.verify("lint", options and argument_errors.choice("options.type", options.type, lint.TYPES))
  return lint.check(self, options)
end

-- ---------------------------------------------------------------------------------------------
-- Questions about every possible request. The modules are required when they are used. A mistake in an argument raises
-- an error. No question is answered "no" about a document that AWS refuses to store: see lanyard.policy.questions.

--- Finds a request that a document allows and an earlier one does not, over every possible request.
---
--- ```lua
--- local before, after = policy.new(), policy.new()
--- after:allow { principal = "*", actions = { "ecr:BatchGetImage" } }
--- local witness, undecided = policy.new_access(before, after)
--- print(undecided, witness.request.action, witness.because)
--- --> nil	ecr:BatchGetImage	statement 1 allows it to anyone
--- print(policy.new_access(after, before)) -- nil: there is no such request
--- --> nil
--- ```
---@param before policy.Document
---@param after policy.Document
---@param options? policy.ReasonOptions
---@return policy.Witness? witness  nil: there is no such request
---@return "undecided"? undecided
---@return string? reason           why such a request cannot be excluded
function M.new_access(before, after, options)
  return require("lanyard.policy.questions").new_access(before, after, options)
end

--- Reports whether two documents allow the same requests, over every possible request.
---@param a policy.Document
---@param b policy.Document
---@param options? policy.ReasonOptions
---@return boolean? equal  nil: it is undecided
---@return policy.Witness|"undecided"|nil witness  a request that only one of them allows
---@return string? reason  why it is undecided
function M.equal_access(a, b, options)
  return require("lanyard.policy.questions").equal_access(a, b, options)
end

--- What `grants` asks about. A list that is nil does not restrict the requests.
---@class policy.Asked
---@field actions? string[]     with wildcards: "ecr:Put*"
---@field resources? string[]   ARNs with wildcards
---@field principals? string[]  accounts, services, or ARNs with wildcards

--- Finds a request with one of the actions, on one of the resources, by one of the principals, that a document allows.
---
--- ```lua
--- local doc = policy.new()
--- doc:allow { principal = "444455556666",
---   actions = { "ecr:BatchGetImage", "ecr:PutImage" } }
--- local witness = policy.grants(doc, { actions = { "ecr:Put*" } })
--- print(witness.request.action)
--- --> ecr:PutImage
--- ```
---@param doc policy.Document
---@param asked policy.Asked
---@param options? policy.ReasonOptions
---@return policy.Witness? witness  nil: there is no such request
---@return "undecided"? undecided
---@return string? reason           why such a request cannot be excluded
function M.grants(doc, asked, options)
  return require("lanyard.policy.questions").grants(doc, asked, options)
end

--- Finds a request that a document allows from outside a set of accounts and organizations.
---@param doc policy.Document
---@param inside { accounts?: string[], organizations?: string[] }  ids: "111122223333", "o-a1b2c3d4e5"
---@param options? policy.ReasonOptions
---@return policy.Witness? witness  nil: there is no such request
---@return "undecided"? undecided
---@return string? reason           why such a request cannot be excluded
function M.outside(doc, inside, options)
  return require("lanyard.policy.questions").outside(doc, inside, options)
end

--- Finds a request of the public that a document allows: by anyone, without a condition on who or where they are. An
--- identity policy is never public, so its kind is an error.
---@param doc policy.Document
---@param options? policy.ReasonOptions
---@return policy.Witness? witness  nil: there is no such request
---@return "undecided"? undecided
---@return string? reason           why such a request cannot be excluded
function M.public(doc, options)
  return require("lanyard.policy.questions").public(doc, options)
end

--- What `reachable` considers.
---@class policy.ReachableOptions
---@field action? string    only callers who can be allowed this action
---@field accounts? table<string, string|false>  accounts and their organizations; false: it belongs to none
---@field always? string[]  condition keys that every request has
---@field before? policy.Document  only callers that gain something over this document
---@field brief? boolean    do not look for example requests
---@field limit? integer    how much work one question may take; about 200,000 in a millisecond

--- Returns the classes of callers that a document can ever allow something: the smallest set of them.
---
--- ```lua
--- local doc = policy.new()
--- local ci = "arn:aws:iam::444455556666:role/ci"
--- for _, name in ipairs { "444455556666", ci } do
---   doc:allow { principal = name, actions = policy.PULL_ACTIONS }
--- end
--- for _, class in ipairs(assert(policy.reachable(doc))) do
---   print(class.text)
--- end
--- --> account 444455556666
--- ```
---@param doc policy.Document
---@param options? policy.ReachableOptions
---@return policy.ReachedClass[]? classes
---@return lanyard.Error? err  code "RefusedPolicy" for a document that AWS refuses
function M.reachable(doc, options)
  return require("lanyard.policy.questions").reachable(doc, options)
end

--- Returns a document without redundant parts that allows the same requests, and what was removed.
---
--- ```lua
--- local doc = assert(policy.parse [[{ "Statement": [
---   { "Sid": "All", "Effect": "Allow",
---     "Principal": { "AWS": "111122223333" }, "Action": "ecr:*" },
---   { "Sid": "Put", "Effect": "Allow",
---     "Principal": { "AWS": "111122223333" }, "Action": "ecr:PutImage" } ] }]])
--- local smaller, removed = policy.minimize(doc)
--- print(#smaller:statements(), removed[1].statement)
--- --> 1	Put
--- ```
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

--- Merges documents: the bytes of the first, and the statements and members that only the others have. Conflicts are
--- Sids and members with different meanings in both, and "Version" if a statement would change its meaning under the
--- first document's Version (policy variables are plain text before 2012-10-17).
---@param a policy.Document
---@param b policy.Document
---@param ... policy.Document  more documents, merged in order
---@return policy.Document? merged
---@return lanyard.Error? err  code "Conflict", with `conflicts`, a list of Sids and names of members, and `document`,
---  the position of the document among the arguments; or "InvalidPolicy" for a result that is too long
function M.merge(a, b, ...)
  argument_errors.verify("merge", argument_errors.document("a", a) or argument_errors.document("b", b))
  local others = { b, ... }
  for i = 2, #others do
    argument_errors.verify("merge", argument_errors.document("document " .. i + 1, others[i]))
  end
  return require("lanyard.policy.merge")(a, others)
end

return M
