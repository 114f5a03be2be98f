-- Compares policy.new_access and policy.equal_access with the oracle on random pairs of a profile.

local json = require "lanyard.json"
local policy = require "lanyard.policy"
local witness = require "reason.witness"

local M = {}

--- Returns the document of a decoded one, which may have no statements.
function M.parse(doc)
  if #doc.Statement == 0 then
    doc = { Version = doc.Version, Statement = json.array {} }
  end
  return assert(policy.parse(json.encode(doc)))
end

--- Returns why an answer of new_access is wrong, or nil.
---@param expected "certain"|"possible"|nil  the answer of the oracle
---@param example? table                     its request
---@param profile { options: table, without_colons?: boolean }
---@param found? policy.Witness              what new_access returns, and the next two
function M.fault(expected, example, before, after, profile, found, undecided, reason)
  if undecided then
    return not profile.undecided and "undecided: " .. tostring(reason) or nil
  elseif not found and profile.one_matcher and expected == "possible" then
    return nil
  elseif not found then
    return expected and ("none, but there is %s new access: %s"):format(expected, json.encode(example))
  end
  local fault = witness.fault(before, after, found, profile.options)
  if fault then
    return "wrong witness: " .. fault
  elseif profile.sampled and expected ~= "certain" then
    return nil
  elseif profile.without_colons and not expected and not found.certain then
    return nil
  elseif not expected then
    return "the enumeration has no such request: " .. json.encode(found)
  elseif expected == "certain" and not found.certain then
    return ("uncertain, but %s is certain: %s"):format(json.encode(example), json.encode(found))
  elseif expected == "possible" and found.certain then
    return "certain, but the enumeration has uncertain ones only: " .. json.encode(found)
  end
end

--- Returns why the answer for a pair of decoded documents is wrong, or nil, and the oracle's answer.
---@param profile reason.Profile
function M.check(profile, before, after)
  local expected, example = profile.universe:differs(before, after)
  local first, second = M.parse(before), M.parse(after)
  return M.fault(expected, example, first, second, profile, policy.new_access(first, second, profile.options)), expected
end

-- Returns why equal_access is wrong.
local function check_equal(profile, before, after, forth, back)
  local first, second = M.parse(before), M.parse(after)
  local equal, found, reason = policy.equal_access(first, second, profile.options)
  if equal == nil then
    return not profile.undecided and "equal_access: undecided: " .. tostring(reason)
  elseif equal then
    local lenient = profile.one_matcher and forth ~= "certain" and back ~= "certain"
    return not lenient and (forth or back) and "equal_access: true, but they differ"
  end
  if not forth and not back and not profile.sampled and not (profile.without_colons and not found.certain) then
    return "equal_access: false, but they are equal: " .. json.encode(found)
  end
end

-- Removes statements and parts of a pair as long as it stays a fault.
local function shrink(profile, before, after, is_fault)
  local documents = require "reason.documents"
  local pair, changed = { before, after }, true
  while changed do
    changed = false
    for side = 1, 2 do
      for i = #pair[side].Statement, 1, -1 do
        local paths = { {} }
        for name in pairs(pair[side].Statement[i]) do
          if name == "Condition" or name == "Resource" or name == "NotResource" then paths[#paths + 1] = { name } end
        end
        for operator, keys in pairs(pair[side].Statement[i].Condition or {}) do
          for key in pairs(keys) do paths[#paths + 1] = { "Condition", operator, key } end
        end
        for _, path in ipairs(paths) do
          local try = documents.copy(pair)
          local at = try[side].Statement[i]
          for p = 1, #path - 1 do at = at[path[p]] end
          if #path == 0 then table.remove(try[side].Statement, i) else at[path[#path]] = nil end
          local keys = path[2] and try[side].Statement[i].Condition
          if keys and not next(keys[path[2]]) then keys[path[2]] = nil end
          if keys and not next(keys) then try[side].Statement[i].Condition = nil end
          if is_fault(profile, try[1], try[2]) then
            pair, changed = try, true
            break
          end
        end
        if changed then break end
      end
      if changed then break end
    end
  end
  return pair[1], pair[2]
end

local function add_fault(run, profile, before, after, fault, check)
  run.count = run.count + 1
  if run.first then
    run.faults[1] = fault
  elseif #run.faults < 20 then
    local first, second = shrink(profile, before, after, check)
    run.faults[#run.faults + 1] = ("%s\n  before %s\n  after  %s\n  (%s)"):format(check(profile, first, second) or fault,
      json.encode(first), json.encode(second), profile.name)
  end
end

--- Compares pairs, for some seconds or a number of pairs, or until the `first` fault, which is not reduced.
--- Returns { pairs, faults = list of texts, count = of faults }.
---@param profile reason.Profile
---@param limits { seconds?: number, pairs?: integer, first?: boolean }
function M.run(profile, documents, random, limits)
  local generator = documents.generator(profile, random)
  local run = { pairs = 0, faults = {}, count = 0, undecided = 0, certain = 0, possible = 0, none = 0, first = limits.first }
  local start, seconds, most = os.clock(), limits.seconds or math.huge, limits.pairs or math.huge
  while run.pairs < most and os.clock() - start < seconds and not (run.first and run.count > 0) do
    local before, after = generator:pair()
    local fault, forth = M.check(profile, before, after)
    run[forth or "none"] = run[forth or "none"] + 1
    if fault then
      add_fault(run, profile, before, after, fault, M.check)
    else
      local reverse, back = M.check(profile, after, before)
      if reverse then
        add_fault(run, profile, after, before, reverse, M.check)
      else
        local unequal = check_equal(profile, before, after, forth, back)
        if unequal then
          add_fault(run, profile, before, after, unequal, function(one, a, b)
            return check_equal(one, a, b, (one.universe:differs(a, b)), (one.universe:differs(b, a)))
          end)
        end
      end
    end
    run.pairs = run.pairs + 1
    M.check_self(profile, generator, before, run)
  end
  return run
end

--- A document never differs from itself, nor from a rewritten one.
function M.check_self(profile, generator, doc, run)
  for _, other in ipairs { doc, generator:rewritten(doc) } do
    local first, second = M.parse(doc), M.parse(other)
    local equal, found, reason = policy.equal_access(first, second, profile.options)
    if equal == nil and profile.undecided and other ~= doc then
      run.undecided = run.undecided + 1
    elseif equal ~= true then
      run.count = run.count + 1
      run.faults[#run.faults + 1] = ("equal documents, but equal_access: %s %s\n  first  %s\n  second %s\n  (%s)"):format(equal,
        reason or json.encode(found), json.encode(doc), json.encode(other), profile.name)
    end
  end
end

return M
