-- AWS's protocol test cases, all of them but those named here. The vectors are not a part of the project: what the cases
-- show is tested in the specs beside this one.

local vectors = require "protocol_vectors"

local PROTOCOLS = {
  { file = "json", module = "json", inputs = 54, outputs = 58 },
  { file = "json_1_0", module = "json", inputs = 21, outputs = 32 },
  { file = "json_1_0-query-compatible", module = "json", inputs = 1, outputs = 2 },
  { file = "rest-json", module = "rest_json", inputs = 113, outputs = 91 },
}

-- By file: the cases that are not run, and why. At most five for each.
local EXCEPTIONS = {
}

for _, entry in ipairs(PROTOCOLS) do
  describe("the protocol test cases of " .. entry.file, function()
    local protocol = require("lanyard.protocol." .. entry.module)
    local exceptions, excepted = EXCEPTIONS[entry.file] or {}, 0
    for _, folder in ipairs { "input", "output" } do
      local suites, count = vectors.suites(folder, entry.file), 0
      for _, suite in ipairs(suites or {}) do
        for _, case in ipairs(suite.cases) do
          count = count + 1
          if exceptions[case.id] then
            excepted = excepted + 1
          else
            it(("%s %s"):format(folder, case.id), function()
              vectors["check_" .. folder](protocol, suite, case)
            end)
          end
        end
      end
      it("are all read: " .. folder, function()
        if not suites then return pending "the vectors are missing" end
        assert.equal(entry[folder .. "s"], count)
        assert.is_true(excepted <= 5, "too many exceptions")
      end)
    end
  end)
end
