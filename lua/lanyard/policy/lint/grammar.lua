--- Checks the grammar of a policy: which elements exist, and the values they accept.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

local define = require("lanyard.policy.lint.catalogue").define
local lists = require "lanyard.lists"
local suggest = require "lanyard.text.suggest"
local suggestions = require "lanyard.policy.lint.suggestions"

local UNKNOWN_ELEMENT = define {
  id = "unknown-element", severity = "high", refused = true,
  summary = "an element unknown to IAM",
  help = "IAM rejects a policy with an element that its grammar does not have.",
}
local WRONG_TYPE = define {
  id = "wrong-type", severity = "high", refused = true,
  summary = "an element with a value of the wrong type",
  help = "IAM rejects a policy whose elements have values of other JSON types.",
}
local BOTH_ELEMENTS = define {
  id = "both-elements", severity = "high", refused = true,
  summary = "an element and its opposite, such as Action and NotAction",
  help = "IAM rejects a statement with an element and its opposite.",
}
local NO_STATEMENT = define {
  id = "no-statement", severity = "high", refused = true,
  summary = "a policy without statements",
  help = "AWS rejects a policy without statements.",
}
local NO_EFFECT = define {
  id = "no-effect", severity = "high", refused = true,
  summary = "a statement without Effect",
  help = "Every statement needs an Effect; IAM rejects the policy.",
}
local BAD_EFFECT = define {
  id = "bad-effect", severity = "high", refused = true,
  summary = "an Effect other than Allow or Deny",
  help = "Effect is Allow or Deny, in this case.",
}
local NO_ACTION = define {
  id = "no-action", severity = "high", refused = true,
  summary = "a statement without Action",
  help = "Every statement needs an Action or NotAction; IAM rejects the policy.",
}
local NO_PRINCIPAL = define {
  id = "no-principal", severity = "high", refused = true,
  summary = "a statement that applies to no principal",
  help = "A statement of a resource's policy names its principals. Without them it applies to nobody.",
}
local EMPTY_LIST = define {
  id = "empty-list", severity = "high", refused = true,
  summary = "an empty list",
  help = "An empty list matches nothing, or AWS rejects it.",
}
local NO_VERSION = define {
  id = "no-version", severity = "info", summary = "a policy without Version",
  help = "Without Version, policy variables are plain text.",
}
local BAD_VERSION = define {
  id = "bad-version", severity = "high", refused = true,
  summary = "a Version that does not exist",
  help = "The versions of the policy language are 2008-10-17 and 2012-10-17.",
}
local UNSUPPORTED_ELEMENT = define {
  id = "unsupported-element", severity = "high", summary = "an element that resource control policies do not support",
  help = "Only the policy RCPFullAWSAccess of AWS allows. All other resource control policies deny, and name actions.",
}
local BAD_SID = define {
  id = "bad-sid", severity = "low", summary = "a Sid with characters that some services reject",
  help = "Some services accept letters and digits only in a Sid.",
}
local REPEATED_SID = define {
  id = "repeated-sid", severity = "medium", summary = "a Sid used by two statements",
  help = "Identity and organization policies need unique Sids, and commands address statements by Sid.",
}

local M = {
  -- Conditions contain values and lists, too.
  WRONG_TYPE = WRONG_TYPE,
  EMPTY_LIST = EMPTY_LIST,
}

-- ---------------------------------------------------------------------------------------------
-- Elements. A kind returns whether a node fits it, and its name for messages.

local function text(node)
  return node.kind == "string", "a string"
end

local function list(node)
  return node.kind == "string" or node.kind == "array", "a string or a list of strings"
end

local function principal(node)
  return node.kind == "object" or node.kind == "string" and node.value == "*", 'an object, or "*"'
end

local function object(node)
  return node.kind == "object", "an object"
end

local function anything()
  return true
end

local DOCUMENT = { Version = text, Id = text, Statement = anything }
local STATEMENT = {
  Sid = text, Effect = text, Principal = principal, NotPrincipal = principal, Action = list,
  NotAction = list, Resource = list, NotResource = list, Condition = object,
}
local PRINCIPAL = { AWS = list, Service = list, Federated = list, CanonicalUser = list }
local EXCLUSIVE = {
  { "Principal", "NotPrincipal" }, { "Action", "NotAction" }, { "Resource", "NotResource" },
}
local VERSIONS = { ["2008-10-17"] = true, ["2012-10-17"] = true }

--- Returns the members of an object by name.
---@param node table  a node of doc:tree()
---@return table<string, table>
function M.members(node)
  local found = {}
  for _, child in ipairs(node) do
    if child.key then
      found[child.key.value] = child
    end
  end
  return found
end

-- A list must contain at least one string and nothing else.
local function check_list(child, add)
  if child.kind ~= "array" then
    return
  end
  if #child == 0 then
    add(EMPTY_LIST, child, ("%s is an empty list"):format(child.key.value), "add a value, or remove the statement")
  end
  for _, item in ipairs(child) do
    if item.kind ~= "string" then
      add(WRONG_TYPE, item, ("%s contains a value of type %s"):format(child.key.value, item.kind),
        "write every value as a string")
    end
  end
end

local function check_members(node, known, owner, add)
  for _, child in ipairs(node) do
    local name = child.key.value
    local kind = known[name]
    if not kind then
      local suggestion = suggestions.find(suggest, name, lists.sorted_names(known))
      add(UNKNOWN_ELEMENT, child.key, ("'%s' is not an element of %s"):format(name, owner),
        suggestion and ("write %s"):format(suggestion) or "remove it")
    else
      local fits, expected = kind(child)
      if not fits then
        add(WRONG_TYPE, child, ("%s must be %s"):format(name, expected), ("write %s as %s"):format(name, expected))
      elseif kind == list then
        check_list(child, add)
      end
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- The document

--- Checks the elements of the document, and returns the nodes of its statements in order.
---@param root table  doc:tree()
---@param kind policy.lint.Kind
---@param add policy.lint.Add
---@return table[] nodes
function M.check_document(root, kind, add)
  check_members(root, DOCUMENT, "a policy", add)
  local has = M.members(root)
  local version = has.Version
  if not version then
    add(NO_VERSION, root, "Version is missing, which means 2008-10-17",
      'add "Version": "2008-10-17", or "2012-10-17" to use policy variables')
  elseif version.kind == "string" and not VERSIONS[version.value] then
    add(BAD_VERSION, version, ("Version '%s' does not exist"):format(version.value),
      'write "2012-10-17" or "2008-10-17"')
  elseif kind.current and version.value ~= "2012-10-17" then
    add(BAD_VERSION, version, ("%s has the Version 2012-10-17"):format(kind.subject), 'write "2012-10-17"')
  end
  local nodes = has.Statement.kind == "array" and has.Statement or { has.Statement }
  if #nodes == 0 then
    add(NO_STATEMENT, has.Statement, "the policy has no statement",
      kind.name == "repository" and "add a statement, or delete the repository's policy" or "add a statement")
  end
  return nodes
end

-- ---------------------------------------------------------------------------------------------
-- A statement

local function check_effect(node, has, add)
  if not has.Effect then
    add(NO_EFFECT, node, "the statement has no Effect", 'add "Effect": "Allow" or "Effect": "Deny"')
  elseif has.Effect.kind == "string" and has.Effect.value ~= "Allow" and has.Effect.value ~= "Deny" then
    add(BAD_EFFECT, has.Effect, ("'%s' is not an Effect"):format(has.Effect.value),
      'write "Allow" or "Deny", which are case-sensitive')
  end
end

local function check_principal(node, has, kind, add)
  local element = has.Principal or has.NotPrincipal
  if not element then
    if not kind.principal then
      return
    end
    add(NO_PRINCIPAL, node, "the statement has no Principal, so it applies to nobody", "name the principals")
  elseif element.kind == "object" then
    check_members(element, PRINCIPAL, "a principal", add)
    if #element == 0 then
      add(NO_PRINCIPAL, element, "the Principal is empty, so the statement applies to nobody", "name the principals")
    end
  end
end

-- https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
local function check_rcp(has, add)
  if has.Effect and has.Effect.value == "Allow" then
    add(UNSUPPORTED_ELEMENT, has.Effect, "a resource control policy cannot allow", 'write "Deny"')
  end
  if has.NotAction then
    add(UNSUPPORTED_ELEMENT, has.NotAction.key, "a resource control policy does not support NotAction", "write Action")
  end
end

--- Checks the elements of a statement.
---@param node table  the statement's node
---@param kind policy.lint.Kind
---@param add policy.lint.Add
function M.check_statement(node, kind, add)
  check_members(node, STATEMENT, "a statement", add)
  local has = M.members(node)
  for _, pair in ipairs(EXCLUSIVE) do
    if has[pair[1]] and has[pair[2]] then
      add(BOTH_ELEMENTS, has[pair[2]].key, ("the statement has both %s and %s"):format(pair[1], pair[2]),
        "keep one of the two")
    end
  end
  check_effect(node, has, add)
  if kind.name == "rcp" then
    check_rcp(has, add)
  end
  check_principal(node, has, kind, add)
  if not has.Action and not has.NotAction then
    add(NO_ACTION, node, "the statement has no Action", "name the actions")
  end
end

local function check_sid_characters(node, sid, kind, add)
  if sid == "" then
    add(BAD_SID, node, "the Sid is empty", "write a name, or remove the element")
  elseif kind.alphanumeric and sid:find "%W" then
    add(BAD_SID, node, ("%s has Sids of letters and digits only"):format(kind.subject), "use letters and digits",
      "high")
  elseif not sid:find "^[%w _-]+$" then
    add(BAD_SID, node, "the Sid has characters that some services reject",
      "use letters, digits, spaces, hyphens and underscores")
  end
end

--- Checks the Sid of a statement. Identity and organization policies accept letters and digits, and Sids that are
--- unique; the examples in ECR's documentation also use spaces, hyphens and underscores.
---@param node table                   the statement's node
---@param statement table              the statement, from doc:statements()
---@param used table<string, integer>  the Sids of the statements before, with their indexes; extended by this one
---@param kind policy.lint.Kind
---@param add policy.lint.Add
function M.check_sid(node, statement, used, kind, add)
  local sid = statement.sid
  if sid then
    check_sid_characters(M.members(node).Sid, sid, kind, add)
  end
  if sid and used[sid] then
    add(REPEATED_SID, M.members(node).Sid, ("statement %d has the same Sid '%s'"):format(used[sid], sid),
      "give each statement its own Sid", kind.alphanumeric and "high" or nil)
  elseif sid then
    used[sid] = statement.index
  end
end

return M
