-- Rules of one's own: a Lua file that is asked before each change and during each audit.
--
--   local rules = require("lanyard.rules").new { path = "rules.lua" }
--   local ok, err = rules:permit(region, { on = "grant", repository = repository, after = TEXT })
--
-- The file is the one given, else that of $LANYARD_RULES, else ./.lanyard/rules.lua where there is one. It
-- runs in a sandbox, with the words of prelude.lua. It is read when it is first needed. No change
-- is made while a file that was named or found cannot be used.

local assets = require "lanyard.assets"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local facts = require "lanyard.rules.facts"
local sandbox = require "lanyard.sandbox"
local system = require "lanyard.system"

local M = {}

M.HERE = "./.lanyard/rules.lua"

local Rules = {}
Rules.__index = Rules

-- The most bytes of a rules file.
local MOST = 1 << 20

-- The path of the rules file, whether somebody named it: one that nobody did need not be there.
local function path_of(path)
  local named = os.getenv "LANYARD_RULES"
  path = path or named ~= "" and named or nil
  return path or M.HERE, path ~= nil
end

-- new { path, tell, check_mute } --> rules
-- path: a file instead of the usual ones; tell(text): hears what rules warn of; check_mute(mute) --> true | nil,
-- message: checks each mute when the file is loaded, because only an audit knows which findings exist.
function M.new(options)
  return setmetatable({
    path = options.path, tell = options.tell or function() end, check_mute = options.check_mute, told = {}, facts = {},
  }, Rules)
end

local function invalid(path, err)
  return errors.new {
    code = "InvalidRules",
    message = ("the rules cannot be used: %s"):format(escape.printable(err.message)),
    tip = ("mend %s: no command goes on without its rules"):format(path),
  }
end

-- Gives each part of the file its place, where it has none; checks what the prelude cannot know.
local function check(contents, path, check_mute)
  for _, list in pairs(contents) do
    for _, item in ipairs(list) do
      item.place = item.place ~= "" and item.place or path
    end
  end
  for _, mute in ipairs(check_mute and contents.mutes or {}) do
    local ok, message = check_mute(mute)
    if not ok then
      return nil, errors.new { code = "InvalidFile", message = message }
    end
  end
  return true
end

-- Reads the file, once. true | nil, err
function Rules:load()
  if self.contents then
    return true
  end
  local path, is_named = path_of(self.path)
  local text, err = system.read_file(path, MOST)
  if not text and err.code == "NotFound" and not is_named then
    self.contents = { rules = {}, mutes = {}, examples = {} }
    return true
  end
  local box = nil
  if text then
    box, err = sandbox.open(text, path, { prelude = assets.read "lanyard/rules/prelude.lua" })
  end
  local contents = nil
  if box then
    contents, err = box:call "contents"
  end
  if not contents then
    return nil, invalid(path, err)
  end
  local ok
  ok, err = check(contents, path, self.check_mute)
  if not ok then
    return nil, invalid(path, err)
  end
  self.file, self.box, self.contents = path, box, contents
  return true
end

-- Whether there is a rule for which concerned(rule) is true.
function Rules:any(concerned)
  for _, rule in ipairs(self.contents.rules) do
    if concerned(rule) then
      return true
    end
  end
  return false
end

-- Whether a rule is asked about changes of this kind.
function Rules:concerns(on)
  return self:any(function(rule) return rule.on[on] end)
end

-- ask(change [, concerned]) --> list of { rule, kind = "deny" | "warn" | "finding" | "allow", text, severity, why,
-- fix, failed }
-- change: as rules see it. concerned(rule): whether a rule is asked; those whose `on` has the change's unless
-- given. A rule that fails denies.
function Rules:ask(change, concerned)
  local given = {}
  concerned = concerned or function(rule) return rule.on[change.on] end
  for index, rule in ipairs(self.contents.rules) do
    if concerned(rule) then
      local answers, err = self.box:call("ask", index, change)
      if not answers then
        local unknown = change.unknown and ("; unknown: " .. change.unknown) or ""
        answers = { { kind = "deny", failed = true, text = "the rule failed: " .. err.message .. unknown } }
      end
      for _, answer in ipairs(answers) do
        answer.rule = rule
        given[#given + 1] = answer
      end
    end
  end
  return given
end

local function subject(change)
  local names = {}
  if change.service then
    names[1] = "service '" .. change.service.name .. "'"
  end
  if change.repository then
    names[#names + 1] = "repository '" .. change.repository .. "'"
  end
  return #names > 0 and " on " .. table.concat(names, ", ") or ""
end

-- An answer as a line: which rule of which file says what of which change.
local function describe(answer, verb, change)
  return escape.printable(("%s: rule \"%s\" %s %s%s: %s"):format(answer.rule.place, answer.rule.name, verb, change.on,
    subject(change), answer.text))
end

-- Tells what a rule warns of once, however often the same change is looked at.
function Rules:warn(answer, position, change)
  local key = table.concat({ answer.rule.place, answer.rule.name, change.on, subject(change), position }, "\n")
  if not self.told[key] then
    self.told[key] = true
    self.tell(describe(answer, "warns of", change))
  end
end

-- The facts of an account and Region, kept for as long as its region.
function Rules:facts_of(region)
  self.facts[region] = self.facts[region] or facts.new(region)
  return self.facts[region]
end

-- permit(region, change) --> true | nil, err with the code RefusedByRule or InvalidRules
-- change: { on, service, repository (of lanyard.access), before, after (texts), grant, deployment, dry_run }
function Rules:permit(region, change)
  local ok, err = self:load()
  if not ok then
    return nil, err
  elseif not self:concerns(change.on) then
    return true
  end
  local seen = self:facts_of(region):of(change)
  for position, answer in ipairs(self:ask(seen)) do
    if answer.kind == "deny" then
      return nil, errors.new { code = "RefusedByRule", message = describe(answer, "refuses", seen),
        tip = ("this change was not made; the rule is in %s"):format(self.file), rule = answer.rule.name }
    elseif answer.kind ~= "allow" then
      self:warn(answer, position, seen)
    end
  end
  return true
end

-- mutes() --> the mutes of the file, for lanyard.audit.mutes
function Rules:mutes()
  return self.contents.mutes
end

-- Reads what rules about such a change will be told, so that asking them takes no call.
-- true | nil, err with the code InvalidRules
function Rules:prepare(region, change)
  local ok, err = self:load()
  if not ok then
    return nil, err
  elseif self:concerns(change.on) then
    self:facts_of(region):of(change)
  end
  return true
end

return M
