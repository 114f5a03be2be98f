-- For the specs of tests/torture, which repeat a test with many faults or inputs. `make test` runs a bounded number of
-- cases; `make torture` sets LANYARD_TORTURE=long and runs all of them.

local M = {}

M.long = os.getenv "LANYARD_TORTURE" == "long"

-- Returns one of two values, usually numbers of cases.
function M.choose(bounded, long)
  return M.long and long or bounded
end

-- Prints how many cases a part ran. tests/run.lua shows these lines.
function M.report(part, cases, remark)
  print(("# torture: %s: %d cases%s"):format(part, cases, remark and ", " .. remark or ""))
end

-- Returns a generator of random integers from 1 to a limit, the same in each run. LANYARD_SEED sets another seed.
function M.random()
  local state = math.tointeger(os.getenv "LANYARD_SEED" or "") or 1
  return function(limit)
    state = (state * 6364136223846793005 + 1442695040888963407) & math.maxinteger
    return (state >> 33) % limit + 1
  end
end

-- Returns `count` items of a list, in its order.
function M.sample(list, count, random)
  local left, chosen = {}, {}
  for i = 1, #list do
    left[i] = i
  end
  while #left > count do
    table.remove(left, random(#left))
  end
  for i, index in ipairs(left) do
    chosen[i] = list[index]
  end
  return chosen
end

return M
