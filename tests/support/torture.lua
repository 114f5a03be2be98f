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

return M
