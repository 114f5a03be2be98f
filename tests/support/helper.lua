-- For all specs: temporary folders, the real binary, and an emulator to run it against. Every spec has its own folder
-- and port, so that specs can run in parallel.

local launch = require "launch"
local sanitizers = require "sanitizers"

local M = {}

M.build = os.getenv "LANYARD_BUILD" or "build"
M.vectors = os.getenv "LANYARD_VECTORS" or "../shared/vectors"
M.lanyard = M.build .. "/lanyard"
-- The binary of the first build, where this one is sanitized. It emulates AWS: a sanitized one would start in 150 ms and
-- reply in three times the time; its C code is the subject of lua/httpd_spec, lua/emulator and torture/emulator_spec,
-- which run it sanitized. It also runs the commands that `sanitizers` does not choose.
M.plain = os.getenv "LANYARD_PLAIN" or M.lanyard
M.emulating = M.plain
-- Stock Lua that can load the modules of the build: of a sanitized one, a command with several words.
M.lua = os.getenv "LANYARD_LUA" or "lua5.4"

M.ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
M.SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

local function quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

function M.read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

function M.write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

function M.exists(path)
  local file <close> = io.open(path, "rb")
  return file ~= nil
end

local is_sanitized

-- Whether the build has AddressSanitizer, which keeps freed memory for a while.
function M.is_sanitized()
  if is_sanitized == nil then
    local pipe <close> = assert(io.popen("nm -D --undefined-only " .. quote(M.build .. "/lanyard.so")))
    is_sanitized = pipe:read("a"):find "__asan_init" ~= nil
  end
  return is_sanitized
end

-- The cases of an inner loop for case i of the outer one: all of them. The commands of a sanitized build take three times
-- as long, and what differs between combinations is Lua, which the sanitizers do not see: there, one case runs for each
-- case of the outer loop, in turn.
function M.combined(i, cases)
  return M.is_sanitized() and { cases[(i - 1) % math.max(#cases, 1) + 1] } or cases
end

-- A new empty folder, in `parent` or in the folder of temporary files. Closing it removes it; tostring and `..` yield
-- its path.
function M.folder(parent)
  local path = launch.folder(parent and tostring(parent))
  return setmetatable({ path = path }, {
    __close = function() launch.remove(path) end,
    __tostring = function() return path end,
    __concat = function(a, b) return tostring(a) .. tostring(b) end,
  })
end

local function split(words)
  if type(words) == "table" then
    return words
  end
  local list = {}
  for word in words:gmatch "%S+" do
    list[#list + 1] = word
  end
  return list
end

-- Removes the codes of errors: specs compare what a line says. tests/cli/errors_spec.lua compares the codes.
local function without_codes(text)
  return (("\n" .. text):gsub("(\nlanyard: [^\n]*) %[%u%w+%]%f[\n\0]", "%1"):sub(2))
end

-- Replaces the binary in a word or a script by that of the first build.
local function with_plain(word)
  local path = M.lanyard:gsub("%p", "%%%0") .. "%f[%s'\"\0]"
  return M.plain == M.lanyard and word or (word:gsub(path, { [M.lanyard] = M.plain }))
end

-- Runs a program with an environment that has only PATH from the machine. It does not ask the machine whether it is
-- an EC2 instance.
-- words: a list, or a text split at spaces --> { status, out, err, coded }  coded: err with the codes of errors
function M.run(words, environment, input)
  words = split(words)
  local is_chosen = sanitizers.is_chosen(words, environment)
  local program, values, variables = {}, { PATH = os.getenv "PATH", AWS_EC2_METADATA_DISABLED = "true",
    ASAN_OPTIONS = sanitizers.options(is_chosen) }, {}
  for _, word in ipairs(words) do
    for _, part in ipairs(word == M.lua and split(word) or { tostring(word) }) do
      program[#program + 1] = is_chosen and part or with_plain(part)
    end
  end
  for name, value in pairs(environment or {}) do
    values[name] = value
  end
  for name, value in pairs(values) do
    variables[#variables + 1] = ("%s=%s"):format(name, value)
  end
  local status, out, err = launch.run(program, variables, input or "")
  return { status = status, out = out, err = without_codes(err), coded = err }
end

local SIGNALS = { INT = 2, TERM = 15 }

local Emulator = {}
Emulator.__index = Emulator

local function new_emulator(options)
  local words = {}
  for i, word in ipairs(split(options or "--activation-delay 0")) do
    words[i] = tostring(word)
  end
  return setmetatable({ folder = M.folder() }, Emulator), words
end

-- Fills the environment of the commands that call it.
local function with_url(self, url)
  self.url = url
  self.environment = {
    AWS_ACCESS_KEY_ID = M.ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY = M.SECRET_KEY,
    AWS_REGION = "us-east-1",
    AWS_ENDPOINT_URL = url,
    HOME = self.folder.path,
    XDG_STATE_HOME = self.folder .. "/state",
  }
  return self
end

-- The stdin and stdout of the program that runs the emulators of this process (emulators.lua).
local requests, replies

local function ask(...)
  requests:write(table.concat({ ... }, " "), "\n")
  requests:flush()
  return replies:read "l" or "there is no reply"
end

-- Starts an emulator with options of `lanyard emulate`, on a free port. Closing it stops it and checks that nothing went
-- wrong inside of it. `environment` is for the commands that call it.
function M.emulator(options)
  local self, words = new_emulator(options)
  if not requests then
    local _
    _, replies, requests = launch.start { M.emulating, "tests/support/emulators.lua" }
  end
  local reply = ask("start", table.concat(words, "\t"))
  local number, url = reply:match "^(%d+) (http:.*)$"
  if not number then
    error("the emulator did not start: " .. reply)
  end
  self.number = number
  return with_url(self, url)
end

-- Like `emulator`, as a process of its own: `lanyard emulate`.
function M.emulator_process(options)
  local self, words = new_emulator(options)
  self.pid, self.output = launch.start({ M.emulating, "emulate", "--port", "0", table.unpack(words) },
    self.folder .. "/emulator.err")
  local first = self.output:read "l" or ""
  local url = first:match "^listening on (http://127%.0%.0%.1:%d+)$"
  if not url then
    error("the emulator did not start: " .. first .. M.read(self.folder .. "/emulator.err"))
  end
  return with_url(self, url)
end

-- Runs a lanyard command against it.
function Emulator:run(words, environment, input)
  local all = {}
  for name, value in pairs(self.environment) do
    all[name] = value
  end
  for name, value in pairs(environment or {}) do
    all[name] = value ~= "" and value or nil
  end
  return M.run({ M.lanyard, table.unpack(split(words)) }, all, input)
end

-- Stops it. Returns what went wrong inside of it, or the exit status of a process, which ends by a signal (default TERM).
function Emulator:stop(signal)
  if self.number then
    self.problems = self.problems or ask("stop", self.number)
    return self.problems
  elseif not self.status then
    self.status = launch.stop(self.pid, SIGNALS[signal or "TERM"])
    self.output:close()
  end
  return self.status
end

function Emulator:__close()
  local problem = self:stop()
  if self.status then
    problem = self.status == 0 and "" or ("status %d: %s"):format(self.status, M.read(self.folder .. "/emulator.err"))
  end
  getmetatable(self.folder).__close()
  if problem ~= "" then
    error("the emulator failed: " .. problem)
  end
end

return M
