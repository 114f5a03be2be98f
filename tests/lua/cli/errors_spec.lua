-- The catalogue of errors and the sources name the same codes.

local catalogue = require "lanyard.cli.errors"
local exit = require "lanyard.cli.exit"
local errors = require "lanyard.errors"
local helper = require "helper"

local function sources(folders, pattern)
  return helper.run({ "sh", "-c", ("find %s -name '%s' -not -path '*/emulator/*' -not -path '*/examples/*' -not -path '*/cli/errors/*' | xargs cat")
    :format(folders, pattern) }).out
end

-- Comments have examples of errors that AWS answers.
local LUA, C = sources("lua scripts", "*.lua"):gsub("\n *%-%-[^\n]*", ""), sources("core", "*.c")

-- What raises an error with a code: patterns of Lua, and of C.
local LUA_PATTERNS = {
  'code = "(%u%l%w*)"', ':usage%([^\n]*, "(%u%w+)"%)', 'problem%("(%u%w+)"', 'with_code%([^\n]*, "(%u%w+)"%)', '%[(%u%w+)%]"',
  'failed%("(%u%w+)"', 'invalid%("(%u%w+)"', 'failure%(step, "(%u%w+)"',
}
local C_PATTERNS = { 'push_error%(%s*L, "(%u%w+)"', 'push_json_error%(L, "(%u%w+)"', '{"(%u%w+)", %a+}', 'code = "(%u%w+)"',
  '[?:] "(%u%w+)"' }

-- Words in the sources that look like codes, but are not.
local OTHERS = { StringEquals = true, StringLike = true, Allow = true, Deny = true, Content = true }

local function codes_in(text, patterns)
  local found = {}
  for _, pattern in ipairs(patterns) do
    for code in text:gmatch(pattern) do found[code] = true end
  end
  return found
end

-- An error of the meaning of an AWS error has AWS's code: RepositoryNotFoundException.
describe("the catalogue of errors", function()
  it("has each code that the sources give to an error", function()
    local missing = {}
    for code in pairs(codes_in(LUA, LUA_PATTERNS)) do
      if not (catalogue.get(code) or code:find "Exception$" or OTHERS[code]) then missing[#missing + 1] = code end
    end
    for code in C:gmatch 'push_error%(%s*L, "(%u%w+)"' do
      if not catalogue.get(code) then missing[#missing + 1] = code end
    end
    table.sort(missing)
    assert.equal("", table.concat(missing, " "))
  end)

  it("has no code that nothing raises", function()
    local idle = {}
    local emulator = helper.run({ "sh", "-c", "cat lua/lanyard/emulator/*.lua" }).out
    local in_lua, in_c = codes_in(LUA, LUA_PATTERNS), codes_in(C, C_PATTERNS)
    for _, record in ipairs(catalogue.all()) do
      local literal = ('"%s"'):format(record.code)
      if not (in_lua[record.code] or in_c[record.code] or LUA:find(literal, 1, true)
        or emulator:find(literal, 1, true)) then idle[#idle + 1] = record.code end
    end
    assert.equal("", table.concat(idle, " "))
  end)

  it("is used by every exit with a message", function()
    local bare = helper.run({ "sh", "-c", [[grep -rnE 'leave\([^)]*(STATUS|exit)\.(failed|usage|refused),' lua scripts --include=*.lua --exclude-dir=examples \
      | grep -vE 'with_code|:[0-9]+: *--' || true]] }).out
    assert.equal("", bare)
  end)

  it("has sentences, and names only commands and options that exist", function()
    for _, record in ipairs(catalogue.all()) do
      for _, text in ipairs { record.cause, record.remedy } do
        assert.match("^[%u`%.%d].*%.$", text, record.code)
        for command in text:gmatch "`lanyard (%l+)" do
          assert.is_true(command == "help" or command == "scripts" or helper.exists("scripts/" .. command .. ".lua"),
            record.code .. ": " .. command)
        end
      end
      assert.is_true(({ [1] = true, [2] = true, [4] = true, [130] = true })[record.status])
    end
  end)
end)

describe("an error with a code", function()
  it("is described with it at the end of its first line, before the advice", function()
    local err = errors.new { code = "NoMatch", message = "no 100% match", tip = "try again" }
    assert.equal("no 100% match [NoMatch]\n  try again", exit.describe(err))
    assert.equal(1, exit.status_of(err))
  end)

  it("has it in the line of each problem", function()
    local err = errors.new { code = "InvalidFile", message = "a\nb", problems = { "a", "b" } }
    assert.equal("a [InvalidFile]\nb [InvalidFile]", exit.describe(err))
  end)

  it("of AWS has it where AWS's answer has it, and only there", function()
    local err = errors.new { code = "ValidationException", message = "no", service = "ecr", operation = "X", status = 400 }
    assert.equal("ecr:X: ValidationException: no", exit.describe(err))
    err = errors.new { code = "NoMatch", message = "no", service = "ecr", operation = "X" }
    assert.match("^ecr:X: no %[NoMatch%]", exit.describe(err))
  end)

  it("ends the command with the status of its record", function()
    for code, status in pairs { NoRegion = 2, InvalidRules = 2, RefusedByRule = 4, UntrustedRules = 4, ChangedSince = 1 } do
      assert.equal(status, exit.status_of(errors.new { code = code, message = "x" }))
    end
    assert.equal(1, exit.status_of(errors.new { code = "SomethingOfAWS", message = "x" }))
    assert.equal(1, exit.status_of "x")
  end)
end)
