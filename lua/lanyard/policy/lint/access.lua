--- Checks whom a statement allows: everyone, other accounts, and services for anyone.
---
--- A condition counts by whom it excludes (lanyard.policy.audience). The Denies of the document count, too.

local audience = require "lanyard.policy.audience"
local coverage = require "lanyard.policy.coverage"
local define = require("lanyard.policy.lint.catalogue").define
local ecr_actions = require "lanyard.policy.ecr_actions"
local lists = require "lanyard.lists"
local services = require "lanyard.policy.lint.services"

local PUBLIC = define {
  id = "public", severity = "critical", summary = "everyone is allowed",
  help = "Everyone in the world, with and without an AWS account, has the access. A condition that everybody "
    .. "satisfies, such as aws:SecureTransport, keeps nobody out.",
}
local PUBLIC_CONDITIONAL = define {
  id = "public-conditional", severity = "medium", summary = "everyone is allowed under a condition",
  help = "Everyone for whom the condition holds has the access. The severity is high if the condition keeps almost "
    .. "nobody out, or if the access can change the repository.",
}
local ALLOW_NOT_PRINCIPAL = define {
  id = "allow-not-principal", severity = "critical", summary = "everyone is allowed except the named principals",
  help = "Allow with NotPrincipal allows everyone in the world except the named principals.",
}
local OTHER_ACCOUNT = define {
  id = "other-account", severity = "medium", summary = "a principal of another account is allowed",
  help = "Principals of another account have the access if their account allows it, too. The severity is high if they "
    .. "can push images, delete them, or change the policy or the settings of the repository.",
}
local SOURCE_ARN = define {
  id = "source-arn", severity = "medium", summary = "a service is allowed on behalf of any account",
  help = "Without a condition on the source, a service acts on behalf of every customer (the confused deputy problem). "
    .. "The severity is high if it can change the repository.",
}

local M = {}

local NAME_THEM = "name the principals that need access"

-- A longer document is more than AWS accepts, and its Denies are not considered.
local LONGEST = 32768

-- At most this many classes are named in a message.
local MOST_NAMED = 5

-- Returns whom the statement allows, with the Denies of its document or without.
local function audience_of(scope, without_denies, action)
  local options = { account = scope.account, now = scope.now, action = action }
  if without_denies or #scope.denies == 0 or scope.doc:size() > LONGEST then
    return audience.of(scope.statement, options)
  end
  options.statement, options.budget = scope.statement.index, scope.budget:part(scope.allows)
  return audience.of(scope.doc, options)
end

-- ---------------------------------------------------------------------------------------------
-- Changes

-- Reports whether a Deny of the document covers an action.
local function has_deny(scope, action)
  for _, deny in ipairs(scope.denies) do
    if coverage.actions(deny, { action }) ~= "none" then
      return true
    end
  end
  return false
end

-- Reports whether the statement allows a class an action.
local function is_allowed(scope, class, action)
  if coverage.actions(scope.statement, { action }) ~= "all" then
    return false
  elseif not has_deny(scope, action) then
    return true
  end
  for _, one in ipairs(audience_of(scope, false, action)) do
    if one.kind == class.kind and one.id == class.id then
      return true
    end
  end
  return false
end

-- Returns the changes of a repository that the statement allows a class, as text: "push images and delete images".
local function changes_of(scope, class)
  local texts = {}
  for _, group in ipairs(scope.kind.ecr and ecr_actions.CHANGES or {}) do
    for _, name in ipairs(group.actions) do
      if is_allowed(scope, class, "ecr:" .. name) then
        texts[#texts + 1] = group.further
        break
      end
    end
  end
  return lists.sentence(texts)
end

-- Adds a finding about a class. It is high at least if the class can change the repository.
local function add(scope, check, node, message, fix, class)
  local changes = changes_of(scope, class)
  scope.add(check, node, changes and ("%s, and can %s"):format(message, changes) or message, fix,
    changes and "high" or nil)
end

-- ---------------------------------------------------------------------------------------------
-- Everyone

local function is_public(class)
  return class.kind == "everyone" or class.kind == "any-organization" or class.kind == "organization"
end

-- Returns what restricts a statement, as text.
local function cause_of(scope, found)
  local keys = table.concat(scope.statement.condition_keys, ", ")
  local condition = keys ~= "" and "the condition on " .. keys or nil
  if #scope.denies > 0 and audience_of(scope, true).text ~= found.text then
    return condition and condition .. " and the Denies" or "the Denies"
  end
  return condition
end

-- Returns the classes as the subject of a sentence, with its verb.
local function subject_of(classes)
  local texts = {}
  for i, class in ipairs(classes) do
    local text = (class.kind == "organization" and "every account of " or "") .. class.text:gsub(" %(another .*%)$", "")
    texts[#texts + 1] = i <= MOST_NAMED and text .. (#class.except > 0 and "," or "") or nil
  end
  if #classes > MOST_NAMED then
    texts[#texts + 1] = ("%d more"):format(#classes - MOST_NAMED)
  end
  return table.concat(texts, "; ") .. (#classes == 1 and " is" or " are")
end

local function keeps(cause, whom)
  return cause and (": %s %s %s out"):format(cause, cause:find "Denies$" and "keep" or "keeps", whom) or ""
end

-- Reports everyone at a node.
local function add_public(scope, node, found, classes)
  local cause, widest = cause_of(scope, found), classes[1]
  if audience.is_unrestricted(widest) then
    local who = #widest.except > 0 and subject_of { widest } or "everyone in the world is"
    local whom = #widest.except > 0 and "nobody else" or "nobody"
    scope.add(PUBLIC, node, ("%s allowed%s"):format(who, keeps(cause, whom)), NAME_THEM)
  elseif widest.public then
    scope.add(PUBLIC_CONDITIONAL, node, ("%s allowed%s"):format(subject_of(classes), keeps(cause, "almost nobody")),
      NAME_THEM, "high")
  else
    add(scope, PUBLIC_CONDITIONAL, node, ("%s allowed%s"):format(subject_of(classes), keeps(cause, "everyone else")),
      NAME_THEM, widest)
  end
end

-- Reports the classes of Allow with NotPrincipal. An empty audience is that of a statement that AWS rejects.
local function add_all_but(scope, classes)
  local restricted = classes[1] and not audience.is_unrestricted(classes[1])
  scope.add(ALLOW_NOT_PRINCIPAL, scope.has.NotPrincipal.key, restricted
    and "Allow with NotPrincipal allows everyone else for whom the condition holds"
    or "Allow with NotPrincipal allows everyone else in the world", NAME_THEM, restricted and "high" or nil)
end

-- ---------------------------------------------------------------------------------------------
-- Accounts and services

-- What an account owns, by the type of its policy.
local OWNED = { registry = "registry", trust = "role" }

-- Returns the account of a source that is another one than the owner's.
local function other_source(class, account)
  for _, source in ipairs(class.source.relation == "other" and class.source.accounts or {}) do
    if source ~= account then
      return source
    end
  end
  return nil
end

local function check_service(scope, node, class)
  local name = class.id or "any AWS service"
  if class.source.relation == "none" then
    if scope.kind.ecr then
      add(scope, SOURCE_ARN, node, ("%s is allowed on behalf of any account"):format(name),
        "add a condition on aws:SourceArn or aws:SourceAccount", class)
    end
  elseif scope.account and other_source(class, scope.account) then
    add(scope, OTHER_ACCOUNT, node, ("%s is allowed on behalf of account %s, another account than the %s's (%s)")
      :format(name, other_source(class, scope.account), OWNED[scope.kind.name] or "repository", scope.account),
      "verify that this access is intended", class)
  end
end

-- Roles in the accounts of an AWS service are not foreign, and a provider of identities has no access by itself.
local function is_foreign(scope, class)
  return scope.account and class.relation == "other" and class.account
    and not (class.kind == "principal" and services.role(class.id, "service_owned"))
    and (class.type ~= "provider" or scope.kind.name == "trust")
end

local function check_account(scope, entry, class)
  if is_foreign(scope, class) then
    local owned = OWNED[scope.kind.name] or "repository"
    local message = "'%s' belongs to another account than the %s (%s)"
    if entry.value == "*" then
      message = class.kind == "account" and "account %s is allowed, another account than the %s's (%s)"
        or "'%s' is allowed, which belongs to another account than the %s (%s)"
    end
    add(scope, OTHER_ACCOUNT, entry.node, message:format(entry.value ~= "*" and entry.value or class.id, owned,
      scope.account), "verify that this access is intended", class)
  end
end

-- ---------------------------------------------------------------------------------------------
-- Statements

local function account_of(value)
  return #value == 12 and not value:find "%D" and value or value:match "^arn:[^:]*:iam::(%d+):root$"
end

-- Returns the principals of the text by their values and accounts, the first of each.
local function index_of(list)
  local index = {}
  for _, entry in ipairs(list) do
    local value = entry.node.value
    index[value] = index[value] or entry
    local account = account_of(value)
    if account then
      index[account] = index[account] or entry
    elseif value == "*" and (entry.type == "*" or entry.type == "AWS") then
      index.everyone = index.everyone or entry
    end
  end
  return index
end

-- Returns the principal of the text to which a class belongs.
local function entry_of(scope, list, index, class)
  if scope.has.NotPrincipal then
    return { node = scope.has.NotPrincipal.key, value = "*" }
  end
  local entry = class.id and index[class.id] or class.account and index[class.account] or index.everyone or list[1]
  return entry and { node = entry.node, value = entry.node.value, reported = entry.reported }
end

--- Checks whom a statement allows.
---@param scope policy.lint.Scope
---@param list { type: string, node: table, reported?: boolean }[]  the principals of the text. reported: a finding says
---                                                   why the principal is not one that can use the access
function M.check(scope, list)
  if scope.effect ~= "Allow" or not (scope.kind.ecr or scope.kind.name == "trust") then
    return
  end
  local found, index = audience_of(scope, true), index_of(list)
  if #found > 0 and #scope.denies > 0 then
    found = audience_of(scope)
  end
  local public, everyone = {}, nil
  for _, class in ipairs(found) do
    local entry = entry_of(scope, list, index, class)
    if is_public(class) then
      public[#public + 1], everyone = class, entry
    elseif entry and not entry.reported then
      if class.kind == "service" then
        check_service(scope, entry.node, class)
      else
        check_account(scope, entry, class)
      end
    end
  end
  if scope.has.NotPrincipal then
    add_all_but(scope, public)
  elseif everyone then
    add_public(scope, everyone.node, found, public)
  end
end

return M
