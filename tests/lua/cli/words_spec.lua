local clock = require "lanyard.clock"
local command = require "lanyard.cli.command"
local declaration = require "lanyard.cli.declaration"
local result = require "lanyard.cli.result"
local system = require "lanyard.system"
local words_of = require "lanyard.cli.words"

-- Options and arguments of every form.
local OWN <const> = {
  summary = "Test.",
  arguments = {
    { "first", help = "A.", choices = { "red", "green" } }, { "two", help = "A.", args = 2, type = "integer" },
    { "maybe", help = "A.", args = "?" }, { "rest", help = "A.", args = "*", type = "days" },
  },
  options = {
    "aws", { "--flag", help = "A." }, { "--count", help = "A.", repeated = true },
    { "--list", help = "A.", type = "text", repeated = true }, { "--other-name", help = "A.", type = "text", target = "t" },
    { "--until", help = "A.", type = "expiry" }, { "--wait", help = "A.", type = "duration", default = "1m" },
    { "--output", help = "A.", choices = { "table", "json" } },
  },
}

-- Returns what argparse reads.
local function parsed_by_argparse(declared, words)
  local read = words_of.read
  function words_of.read() return nil end
  command.debug = false
  local _ <close> = setmetatable({}, { __close = function() words_of.read, command.debug = read, false end })
  local ok, options = pcall(function() return command.command(declared):parse(table.unpack(words)) end)
  return ok and options or tostring(options), command.debug
end

-- Words that mean something to a command, and others.
local function vocabulary(declared)
  local all = { "--", "-", "-x", "", "web", "red", "3", "10m", "never", "--debug", "--debug=1", "--nonsense", "--=" }
  for _, option in ipairs(words_of.options(declared)) do
    for _, suffix in ipairs { "", "", "=", "=3", "=json", "=10m", "=never" } do
      all[#all + 1] = option[1] .. suffix
    end
  end
  return all
end

-- The declarations of all scripts that read words.
local function all_declared()
  local all = { OWN }
  local pipe <close> = assert(io.popen "find scripts -name '*.lua'")
  for path in pipe:lines() do
    local declared = declaration.read(assert(system.read_file(path)), path)
    all[#all + 1] = declared and (declared.arguments or not declared.commands) and declared or nil
  end
  return all
end

describe("the words of a declared command", function()
  local time, choose = clock.time, result.choose

  setup(function()
    clock.time = function() return 1500000000 end
    result.choose = function(request) return request.output end
  end)

  teardown(function() clock.time, result.choose = time, choose end)

  it("are read as argparse reads them", function()
    local declared_commands, accepted = all_declared(), 0
    assert.is_true(#declared_commands > 40)
    for _, declared in ipairs(declared_commands) do
      local all = vocabulary(declared)
      for _ = 1, declared == OWN and 10000 or 100 do
        local words = {}
        for i = 1, math.random(0, 6) do
          words[i] = all[math.random(#all)]
        end
        local found, is_debug = words_of.read(declared, words)
        if found then
          accepted = accepted + 1
          local expected, debug = parsed_by_argparse(declared, words)
          assert.is_table(expected, expected)
          local line = declared.summary .. " " .. table.concat(words, " ")
          expected.has_rules = nil
          assert.same(expected, found, line)
          assert.equal(debug, is_debug or false, line)
        end
      end
    end
    assert.is_true(accepted > 300, accepted)
  end)
end)
