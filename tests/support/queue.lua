-- Runs shell commands in parallel and reports each one as soon as it ends.

local M = {}

local torture = require "torture"

local TIME_LIMIT = torture.choose(600, 4 * 3600) -- seconds per command

-- Runs one command: $0 is the folder, $1 the number of the job, $2 its command. The shell counts the processor time
-- of all children that it waited for.
local JOB = [[
started=$(date +%s.%N)
timeout ]] .. TIME_LIMIT .. [[ sh -c "$2" > "$0/$1.out" 2>&1 < /dev/null
status=$?
times > "$0/$1.times"
echo "$1 $status $started $(date +%s.%N)"
]]

local function quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

local function output_of(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read "a"
end

-- `times` prints user and system time, of the shell in line 1 and of its children in line 2.
local function processor_seconds(text)
  local seconds = 0
  for minutes, rest in text:match("\n(.*)"):gmatch "(%d+)m([%d.]+)s" do
    seconds = seconds + 60 * minutes + rest
  end
  return seconds
end

local function collect(job, folder, status, started, ended)
  local path = ("%s/%d"):format(folder, job.number)
  job.status = math.tointeger(status)
  job.text = read(path .. ".out")
  job.seconds = ended - started
  job.cpu = processor_seconds(read(path .. ".times"))
  return job
end

---Runs the commands in the order given, at most `slots` at a time.
---@param jobs { command: string }[]
---@param slots integer
---@return fun(): table?  # each job when it ended, with its status, text (stdout and stderr), seconds and cpu (seconds)
function M.run(jobs, slots)
  local folder = output_of("mktemp -d"):match "[^\n]+"
  local list = {}
  for number, job in ipairs(jobs) do
    job.number = number
    list[#list + 1] = ("%d\0%s\0"):format(number, job.command)
  end
  write(folder .. "/queue", table.concat(list))
  local pipe = assert(io.popen(("xargs -0 -r -a %s/queue -n 2 -P %d sh -c %s %s")
    :format(folder, slots, quote(JOB), folder)))
  local left = #jobs
  return function()
    local line = pipe:read "l"
    if line then
      left = left - 1
      local number, status, started, ended = line:match "^(%d+) (%d+) ([%d.]+) ([%d.]+)$"
      return collect(jobs[tonumber(number)], folder, status, started, ended)
    end
    pipe:close()
    os.execute("rm -rf " .. folder)
    if left > 0 then
      error(("%d commands did not end"):format(left))
    end
  end
end

return M
