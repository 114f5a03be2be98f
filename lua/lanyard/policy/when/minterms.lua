--- Minimal sums of products of a function of few Boolean variables, by the method of Quine and McCluskey.
---
--- An assignment is an integer whose bit i - 1 is the value of variable i. A product is { mask, bits }: the variables
--- in `mask` have the values in `bits`.

local M = {}

--- The maximum number of variables.
M.MOST = 9

local function key_of(mask, bits)
  return mask << 16 | bits
end

-- Returns the products that are not part of another one. `level` is a set of products, by key.
local function primes_of(count, level)
  local primes = {}
  while next(level) do
    local larger, joined = {}, {}
    for key in pairs(level) do
      local mask, bits = key >> 16, key & 0xFFFF
      for i = 0, count - 1 do
        local bit = 1 << i
        local partner = key_of(mask, bits ~ bit)
        if mask & bit ~= 0 and level[partner] then
          larger[key_of(mask & ~bit, bits & ~bit)] = true
          joined[key] = true
        end
      end
    end
    for key in pairs(level) do
      if not joined[key] then
        primes[#primes + 1] = { mask = key >> 16, bits = key & 0xFFFF }
      end
    end
    level = larger
  end
  return primes
end

local function literals_in(mask)
  local count = 0
  while mask ~= 0 do
    mask, count = mask & (mask - 1), count + 1
  end
  return count
end

local function covers(prime, assignment)
  return assignment & prime.mask == prime.bits
end

-- Returns the primes that cover more of `open` than others; of equal ones the shortest, then the first.
local function best_prime(primes, open)
  local best, most = nil, 0
  for _, prime in ipairs(primes) do
    local count = 0
    for assignment in pairs(open) do
      count = count + (covers(prime, assignment) and 1 or 0)
    end
    if count > most or count == most and count > 0 and literals_in(prime.mask) < literals_in(best.mask) then
      best, most = prime, count
    end
  end
  return best
end

-- Chooses primes that cover all assignments: the ones that alone cover an assignment first.
local function choose(primes, wanted)
  local open, chosen = {}, {}
  for _, assignment in ipairs(wanted) do
    open[assignment] = true
  end
  local function take(prime)
    chosen[#chosen + 1] = prime
    for assignment in pairs(open) do
      open[assignment] = not covers(prime, assignment) or nil
    end
  end
  for _, assignment in ipairs(wanted) do
    local only, several
    for _, prime in ipairs(open[assignment] and primes or {}) do
      if covers(prime, assignment) then
        several, only = only ~= nil or several, prime
      end
    end
    if only and not several then
      take(only)
    end
  end
  while next(open) do
    take(best_prime(primes, open))
  end
  return chosen
end

--- Returns a short list of products whose disjunction has the value of a function, and is free for assignments that
--- cannot occur.
---@param count integer  the number of variables, at most MOST
---@param value fun(assignment: integer): boolean?  nil if the assignment cannot occur
---@return { mask: integer, bits: integer }[]
function M.minimize(count, value)
  local level, wanted, whole = {}, {}, (1 << count) - 1
  for assignment = 0, whole do
    local one = value(assignment)
    if one ~= false then
      level[key_of(whole, assignment)] = true
    end
    if one then
      wanted[#wanted + 1] = assignment
    end
  end
  local primes = primes_of(count, level)
  table.sort(primes, function(a, b)
    local x, y = literals_in(a.mask), literals_in(b.mask)
    if x ~= y then
      return x < y
    end
    return key_of(a.mask, a.bits) < key_of(b.mask, b.bits)
  end)
  return choose(primes, wanted)
end

return M
