-- Everything that a person reads is plain technical English: comments, messages, help, test titles, READMEs. This spec
-- fails on words and phrases of a private dialect, and on terms that have another name here.

-- Lua patterns, matched in lower case, with what to write instead.
local FORBIDDEN = {
  ["%f[%a]told%f[%A]"] = "reported, printed, given", ["%f[%a]tells?%f[%A]"] = "report, print, say",
  ["%f[%a]mend%f[%A]"] = "fix", ["%f[%a]mend[sei][dn]?g?%f[%A]"] = "fix",
  ["%f[%a]is no %a+"] = "is not a", ["%f[%a]are no %a+"] = "are not", ["that is none"] = "an invalid, is not one",
  ["that are none"] = "invalid", ["all the same"] = "anyway", ["%f[%a]takes? a look"] = "reads, checks",
  ["%f[%a]looks? at%f[%A]"] = "reads, checks", ["%f[%a]looked at%f[%A]"] = "read, checked",
  ["%f[%a]those that%f[%A]"] = "the X that", ["%f[%a]those of%f[%A]"] = "the X of", ["%f[%a]goes on%f[%A]"] = "continues",
  ["%f[%a]stands%f[%A]"] = "is", ["%f[%a]a hand%f[%A]"] = "manual", ["%f[%a]rivals?%f[%A]"] = "another writer",
  ["one's own"] = "your own, of users", ["%f[%a]whoever%f[%A]"] = "a principal that", ["%f[%a]anew%f[%A]"] = "again",
  ["%f[%a]shall%f[%A]"] = "must, will", ["for good%f[%A]"] = "permanently", ["%f[%a]wholly%f[%A]"] = "completely",
  ["who may pull"] = "principals that can pull", ["who can pull from what"] = "who can pull from each repository",
  ["%f[%a]was there%f[%A]"] = "existed", ["%f[%a]be there%f[%A]"] = "exist", ["%f[%a]is there[.,;:)]"] = "exists",
  ["not there%f[%A]"] = "does not exist, missing", ["%f[%a]where none is%f[%A]"] = "without one",
  ["%f[%a]of them is none"] = "", ["%f[%a]a wish%f[%A]"] = "a desired grant", ["%f[%a]wishes%f[%A]"] = "desired grants",
}

-- Phrases in which a pattern above is right.
local ALLOWED = { "is no longer", "is no more than", "are no longer", "there is no ", "there are no ", "is no later", "is no such" }

local function lines_of(command)
  local pipe <close> = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  return lines
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

-- The position after a Lua string, comment or other token at `position`, and whether a person reads it.
local function lua_token(text, position)
  local long = text:match("^%-?%-?%[(=*)%[", position)
  local is_comment = text:find("^%-%-", position) ~= nil
  if long and (is_comment or text:find("^%[", position)) then
    local _, last = text:find("]" .. long .. "]", position, true)
    return (last or #text) + 1, true
  elseif is_comment then
    return (text:find("\n", position, true) or #text) + 1, true
  end
  local quote = text:match("^[\"']", position)
  if quote then
    local at = position + 1
    while at <= #text and text:sub(at, at) ~= quote do
      at = at + (text:sub(at, at) == "\\" and 2 or 1)
    end
    return at + 1, true
  end
  local _, last = text:find("^[^%-%[\"']+", position)
  return (last or position) + 1, false
end

local function c_token(text, position)
  if text:find("^/%*", position) then
    local _, last = text:find("*/", position + 2, true)
    return (last or #text) + 1, true
  elseif text:find('^"', position) then
    local at = position + 1
    while at <= #text and text:sub(at, at) ~= '"' do
      at = at + (text:sub(at, at) == "\\" and 2 or 1)
    end
    return at + 1, true
  elseif text:find("^'", position) then
    return (text:match("^'\\?.'()", position) or position + 1), false
  end
  local _, last = text:find("^[^/\"']+", position)
  return (last or position) + 1, false
end

-- What a person reads of a file, with everything else as blanks, so that line numbers stay.
local function prose_of(path)
  local text = read(path)
  local next_token = path:find "%.lua$" and lua_token or path:find "%.[ch]$" and c_token
  if not next_token then
    return text
  end
  local parts, position = {}, 1
  while position <= #text do
    local after, is_prose = next_token(text, position)
    local piece = text:sub(position, after - 1)
    parts[#parts + 1] = is_prose and piece or piece:gsub("[^\n]", " ")
    position = after
  end
  return table.concat(parts)
end

local function is_allowed(line, first)
  for _, phrase in ipairs(ALLOWED) do
    local start = 1
    while true do
      local from, to = line:find(phrase, start, true)
      if not from then
        break
      elseif from <= first and first <= to then
        return true
      end
      start = to + 1
    end
  end
  return false
end

-- The faults of a text: "path:line: 'phrase': write ..."
local function faults_of(path, prose)
  local faults, number = {}, 0
  for line in (prose .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    local lower = line:lower()
    for pattern, better in pairs(FORBIDDEN) do
      local first, last = lower:find(pattern)
      if first and not is_allowed(lower, first) then
        faults[#faults + 1] = ("%s:%d: '%s': write %s"):format(path, number, lower:sub(first, last), better)
      end
    end
  end
  return faults
end

describe("the language", function()
  -- Recordings and vectors are the words of others; this file lists the forbidden ones.
  local files = lines_of [[find README.md Makefile .ci core lua scripts tests .github -type f \( -name '*.lua' -o -name '*.c' -o -name '*.h' \
    -o -name '*.md' -o -name '*.txt' -o -name '*.sh' -o -name '*.py' -o -name '*.yml' -o -name '*.yaml' -o -name Makefile -o -path '.ci/*' \) \
    -not -path 'tests/compat/*' -not -path 'tests/vectors/*' -not -name 'language_spec.lua' 2>/dev/null | sort]]

  it("of comments, messages, help, test titles and READMEs is plain", function()
    local faults = {}
    for _, path in ipairs(files) do
      for _, fault in ipairs(faults_of(path, prose_of(path))) do faults[#faults + 1] = fault end
    end
    assert.equal("", table.concat(faults, "\n"))
  end)

  it("is checked in every kind of text", function()
    assert.is_true(#files > 400)
    for text, path in pairs {
      ["-- It is told.\n"] = "x.lua", ["print 'it is no name'\n"] = "x.lua", ["/* mends it */"] = "x.c", ["What it tells."] = "x.md",
    } do
      assert.equal(1, #faults_of(path, text), text)
    end
    assert.equal(0, #faults_of("x.md", "The role is no longer active; there is no policy."))
  end)
end)
