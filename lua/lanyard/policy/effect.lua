--- What a change of a policy gives and takes, over every possible request.
---
---     local change = effect.of(before, after)
---     print(effect.texts(change))    --> pull to arn:aws:iam::111122223333:role/ci    nothing

local budgets = require "lanyard.policy.budget"
local classes = require "lanyard.policy.classes"
local core = require "lanyard.policy.core"
local coverage = require "lanyard.policy.coverage"
local ecr_actions = require "lanyard.policy.ecr_actions"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local questions = require "lanyard.policy.questions"
local reachable = require "lanyard.policy.reachable"
local reason = require "lanyard.policy.reason"
local statements = require "lanyard.policy.statements"
local witness = require "lanyard.policy.witness"

local M = {}

---@class policy.Gain
---@field class policy.ReachedClass
---@field actions string[]  the actions of ECR that the class gains; empty if they are others
---@field partly boolean    both documents allow the class such a request: it gains some others, for example later ones
---@field kept string[]     classes within this one that have the actions in both documents; "in some cases" follows the
---                         ones that gain in other cases

---@class policy.Side
---@field witness? policy.Witness  a request that only this side allows
---@field undecided? string        why it is unknown whether there is one
---@field gains policy.Gain[]      who gains what; empty for identity policies

---@class policy.Effect
---@field gives policy.Side  what only the new document allows
---@field takes policy.Side  what only the old document allows

-- With more classes than this, the actions of each are not determined: each needs up to a question per action of ECR.
local MOST = 8

-- The questions about who gains what take about this many steps, which is half a second. After that, the actions of a
-- class are unknown, and its text is "access".
local MOST_STEPS = 100000000

local PULL = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" }

-- Returns a document with more Denies, of which `literal` says whether texts that look like policy variables are plain
-- text | nil if its Version has no variables
local function with_denies(original, denies, literal)
  local doc, text = original:copy(), json.encode { Version = "2012-10-17", Statement = json.array(denies) }
  if literal ~= nil and literal == statements.has_variables(doc) then
    if not literal then
      return nil
    end
    text = text:gsub("%${", "${$}{") -- a literal $ and a brace
  end
  doc:append(assert(core.parse(text)))
  return doc
end

-- Reports whether `to` allows a request that `from` does not, with statements of Denies added to `to`; true if that is
-- unknown.
local function gains(from, to, denies, budget, literal)
  local after = with_denies(to, denies, literal)
  if not after then
    return true
  end
  local found, undecided = reason.find_within(budget, from, after)
  return found ~= nil or undecided ~= nil
end

-- Returns the Denies of everyone outside a class | nil if no statements name them
local function others_of(class, alone)
  return alone and {} or classes.outside(class)
end

-- Reports whether a class is within another one by its kind and name. Whether an account belongs to an organization is
-- unknown.
local function is_within(inner, class)
  if class.kind == "everyone" then
    return inner.kind ~= "everyone"
  elseif class.kind == "account" then
    return (inner.kind == "principal" or inner.kind == "pattern") and coverage.account(inner.id) == class.id
  elseif class.kind == "organization" then
    return inner.kind == "organization-path" and inner.id:sub(1, #class.id + 1) == class.id .. "/"
  end
  return class.kind == "any-service" and inner.kind == "service"
end

local function deny_others(actions)
  return #actions > 0 and { { Effect = "Deny", Principal = "*", NotAction = json.array(actions) } } or {}
end

-- Reports whether a class gains one of the actions; true if that is unknown.
local function gains_any(from, to, class, actions, budget)
  local denies = classes.outside(class)
  return not denies or gains(from, to, table.move(deny_others(actions), 1, 1, #denies + 1, denies), budget,
    classes.literal(class))
end

-- Reports whether a document allows a class one of the actions; every action, if the list is empty.
local function allows(doc, class, actions, budget)
  local denies = classes.outside(class)
  if not denies then
    return false
  end
  table.move(deny_others(actions), 1, 1, #denies + 1, denies)
  local only = with_denies(doc, denies, classes.literal(class))
  return only ~= nil and reason.find_within(budget, core.new(), only) ~= nil
end

-- Returns who of a class is allowed the actions by `from`, too: whether it is the class itself, and the classes within
-- it.
local function kept(from, to, class, actions, budget)
  local except = {}
  for _, inner in ipairs(reachable(with_denies(from, deny_others(actions)), { brief = true, budget = budget })) do
    if inner.kind == class.kind and inner.id == class.id then
      return true, {}
    elseif is_within(inner, class) then
      except[#except + 1] = gains_any(from, to, inner, actions, budget) and inner.text .. " in some cases" or inner.text
    end
  end
  return class.kind == "principal" and allows(from, class, actions, budget), except
end

-- Returns the actions of ECR that a class gains; none if the budget does not suffice.
local function actions_of(from, to, class, alone, budget)
  local others = others_of(class, alone)
  if not others then
    return {}
  end
  local function gains_with(element, actions)
    local denies = table.move(others, 1, #others, 2, {
      { Effect = "Deny", Principal = "*", [element] = json.array(actions) },
    })
    return gains(from, to, denies, budget)
  end
  local gained = {}
  local function try(name)
    if gains_with("NotAction", { name }) then
      gained[#gained + 1] = name
    end
  end
  for _, name in ipairs(PULL) do
    try(name)
  end
  if gains_with("Action", PULL) then
    for _, name in ipairs(ecr_actions.ALL) do
      local action = "ecr:" .. name
      if action ~= PULL[1] and action ~= PULL[2] then
        try(action)
      end
    end
  end
  return budget:is_spent() and {} or gained
end

--- Returns what a document allows and another does not.
---@param from policy.Document
---@param to policy.Document
---@param options? policy.ReasonOptions
---@return policy.Side
function M.gained(from, to, options)
  local found, undecided, why = questions.new_access(from, to, options)
  local one = {
    witness = found, gains = json.array {},
    undecided = undecided and why or found and not found.certain and found.because or nil,
  }
  if found and not (options and options.kind == "identity") then
    local reached, budget = reachable(to, { before = from }), budgets.new(MOST_STEPS)
    for i, class in ipairs(reached) do
      local actions = #reached <= MOST and actions_of(from, to, class, #reached == 1, budget) or {}
      local partly, except = false, {}
      if #reached <= MOST then
        partly, except = kept(from, to, class, actions, budget)
      end
      one.gains[i] = { class = class, actions = actions, partly = partly, kept = json.array(except) }
    end
  end
  return one
end

--- Compares two documents by what they allow.
---@param before policy.Document
---@param after policy.Document
---@param options? policy.ReasonOptions
---@return policy.Effect
function M.of(before, after, options)
  return { gives = M.gained(before, after, options), takes = M.gained(after, before, options) }
end

--- Reports whether the documents allow the same requests.
---@param change policy.Effect
---@return boolean? same  nil if it is undecided
function M.same(change)
  if change.gives.witness or change.takes.witness then
    return false
  elseif change.gives.undecided or change.takes.undecided then
    return nil
  end
  return true
end

-- Returns actions as text: "pull", "every action of ECR", or the first ones.
local function actions_text(actions)
  if #actions == 0 then
    return "access"
  elseif #actions == #ecr_actions.ALL then
    return "every action of ECR"
  elseif actions[1] == PULL[1] and actions[2] == PULL[2] then
    actions = { "pull", table.unpack(actions, 3) }
  end
  local names = table.concat(actions, ", ", 1, math.min(#actions, 3))
  return #actions > 3 and ("%s and %d more"):format(names, #actions - 3) or names
end

-- Returns the classes that are excepted as text.
local function except_text(except)
  local names = table.concat(except, ", ", 1, math.min(#except, 3))
  return #except == 0 and "" or " except " .. (#except > 3 and ("%s and %d more"):format(names, #except - 3) or names)
end

-- Returns a gain as text. A class that keeps the access is an exception of what a change takes. A class that had it
-- before is included in what a change gives, so that the text does not hide it.
local function gain_text(gain, preposition, partly)
  local except = {}
  for i, inner in ipairs(gain.class.except) do
    except[i] = inner.text
  end
  for _, inner in ipairs(preposition == "from" and gain.kept or {}) do
    except[#except + 1] = not lists.contains(except, inner) and inner or nil
  end
  return ("%s %s %s%s%s"):format(actions_text(gain.actions), preposition, gain.class.text, except_text(except),
    gain.partly and partly or "")
end

-- Returns who gains what as text; `preposition` is "to" or "from", `partly` follows a gain in part.
local function text(one, preposition, partly)
  local prefix = one.undecided and "cannot be excluded: " or ""
  local parts = {}
  for i, gain in ipairs(one.gains) do
    parts[i] = gain_text(gain, preposition, partly)
  end
  if #parts > 0 then
    return prefix .. table.concat(parts, "; ")
  elseif one.witness then
    return prefix .. witness.text(one.witness.request)
  end
  return one.undecided and prefix .. one.undecided or "nothing"
end

--- Returns two texts: what the change gives, and what it takes.
---@param change policy.Effect
---@return string gives  "pull to arn:aws:iam::111122223333:role/ci", or "nothing"
---@return string takes
function M.texts(change)
  return text(change.gives, "to", " in more cases"), text(change.takes, "from", " in some cases")
end

return M
