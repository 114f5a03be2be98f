-- The grammar of policies: which elements there are, and what they hold.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

local lists = require "lanyard.lists"
local suggest = require "lanyard.text.suggest"

local M = {}

local function strings(node)
  return node.kind == "string" or node.kind == "array"
end

-- What each element may hold, and how to say so.
local function text(node)
  return node.kind == "string", "a string"
end

local function list(node)
  return strings(node), "a string or a list of strings"
end

local function named(node)
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
  Sid = text, Effect = text, Principal = named, NotPrincipal = named, Action = list,
  NotAction = list, Resource = list, NotResource = list, Condition = object,
}
local PRINCIPAL = { AWS = list, Service = list, Federated = list, CanonicalUser = list }
local EXCLUSIVE = {
  { "Principal", "NotPrincipal" }, { "Action", "NotAction" }, { "Resource", "NotResource" },
}
local VERSIONS = { ["2008-10-17"] = true, ["2012-10-17"] = true }

-- The members of an object by name.
function M.members(node)
  local found = {}
  for _, child in ipairs(node) do
    if child.key then
      found[child.key.value] = child
    end
  end
  return found
end

-- An element that is a list holds strings, and at least one.
local function check_list(child, add)
  if child.kind ~= "array" then
    return
  end
  if #child == 0 then
    add("empty-list", child, ("%s names nothing"):format(child.key.value),
      "fill the list, or remove the statement")
  end
  for _, item in ipairs(child) do
    if item.kind ~= "string" then
      add("wrong-type", item,
        ("%s holds a value of type %s among its strings"):format(child.key.value, item.kind),
        "write each as a string")
    end
  end
end

local function check_members(node, known, owner, add)
  for _, child in ipairs(node) do
    local name = child.key.value
    local check = known[name]
    if not check then
      local meant = suggest(name, lists.sorted_names(known))
      add("unknown-element", child.key, ("'%s' is no element of %s"):format(name, owner),
        meant and ("write %s"):format(meant) or "remove it")
    else
      local fits, expected = check(child)
      if not fits then
        add("wrong-type", child, ("%s must be %s"):format(name, expected),
          ("write %s as %s"):format(name, expected))
      elseif check == list then
        check_list(child, add)
      end
    end
  end
end

-- Checks the frame; returns the statements' nodes, in order.
function M.check_document(root, add)
  check_members(root, DOCUMENT, "a policy", add)
  local has = M.members(root)
  local version = has.Version
  if not version then
    add("no-version", root, "there is no Version, which means 2008-10-17",
      'add "Version": "2008-10-17", or "2012-10-17" where policy variables are used')
  elseif version.kind == "string" and not VERSIONS[version.value] then
    add("bad-version", version, ("there is no Version '%s'"):format(version.value),
      'write "2012-10-17" or "2008-10-17"')
  end
  local nodes = has.Statement.kind == "array" and has.Statement or { has.Statement }
  if #nodes == 0 then
    add("no-statement", has.Statement, "there is no statement, and ECR takes no empty policy",
      "add a statement, or delete the repository's policy")
  end
  return nodes
end

local function check_effect(node, has, add)
  if not has.Effect then
    add("no-effect", node, "there is no Effect", 'add "Effect": "Allow" or "Effect": "Deny"')
  elseif has.Effect.kind == "string" and has.Effect.value ~= "Allow" and has.Effect.value ~= "Deny" then
    add("bad-effect", has.Effect, ("there is no Effect '%s'"):format(has.Effect.value),
      'write "Allow" or "Deny"; case counts')
  end
end

local function check_principal(node, has, add)
  local principal = has.Principal or has.NotPrincipal
  if not principal then
    add("no-principal", node, "there is no Principal, so the statement is about nobody",
      "name the principals that it is about")
  elseif principal.kind == "object" then
    check_members(principal, PRINCIPAL, "a principal", add)
    if #principal == 0 then
      add("no-principal", principal, "the Principal names nobody",
        "name the principals that the statement is about")
    end
  end
end

function M.check_statement(node, add)
  check_members(node, STATEMENT, "a statement", add)
  local has = M.members(node)
  for _, pair in ipairs(EXCLUSIVE) do
    if has[pair[1]] and has[pair[2]] then
      add("both-elements", has[pair[2]].key, ("%s stands beside %s"):format(pair[2], pair[1]),
        "keep one of the two")
    end
  end
  check_effect(node, has, add)
  check_principal(node, has, add)
  if not has.Action and not has.NotAction then
    add("no-action", node, "there is no Action", "name the actions")
  end
end

-- Sids tell statements apart; `seen` has those of the statements before, by Sid. IAM's own policies
-- take letters and digits; ECR's documentation has spaces, hyphens and underscores too.
function M.check_sid(node, statement, seen, add)
  local sid = statement.sid
  if sid and not sid:find "^[%w _-]+$" then
    add("bad-sid", M.members(node).Sid, sid == "" and "the Sid is empty"
      or "the Sid has other characters than letters, digits, spaces, hyphens and underscores",
      "name the statement by those")
  end
  if sid and seen[sid] then
    add("repeated-sid", M.members(node).Sid,
      ("statement %d has the Sid '%s' already"):format(seen[sid], sid),
      "give each statement a Sid of its own")
  elseif sid then
    seen[sid] = statement.index
  end
end

return M
