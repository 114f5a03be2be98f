-- Measures the upload and the download of 1 GiB through S3's path, from and to a file, over loopback: the time, the
-- processor time and the most memory of the process. Where python3 has boto3, it does the same.
--   lua5.4 tests/bench/transfer.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local helper = require "helper"

local SIZE = 1 << 30

-- The server stops at the end of its input, a fifo, which the kernel closes when this process ends for any reason.
local function serve(folder)
  local fifo = folder .. "/input"
  assert(os.execute("mkfifo " .. fifo))
  local pipe = assert(io.popen(("%s/bench/storage %d <%s"):format(build, SIZE, fifo)))
  local writer = assert(io.open(fifo, "w"))
  local port = assert(pipe:read "n", "the server did not start")
  return port, setmetatable({}, { __close = function() writer:close() pipe:close() end })
end

local LUA = [[
local aws, clock = require "lanyard.aws", require "lanyard.clock"
local s3 = assert(aws.client("s3", { region = "us-east-1", endpoint_url = "http://127.0.0.1:%d" }))
local function memory()
  for line in io.lines "/proc/self/status" do
    local peak = line:match "^VmHWM:%%s*(%%d+)"
    if peak then return tonumber(peak) / 1024 end
  end
end
local function measure(name, run)
  local start, cpu = clock.now(), os.clock()
  run()
  print(("%%s: %%.2f s, %%.2f s of processor time, at most %%.0f MiB of memory"):format(name, clock.now() - start, os.clock() - cpu,
    memory()))
end
measure("upload", function() assert(s3:PutObject { Bucket = "bucket", Key = "k", Body = assert(aws.file "%s") }) end)
measure("download", function() assert(s3:GetObject({ Bucket = "bucket", Key = "k" }, { to = "%s" })) end)
]]

local PYTHON = [[
import boto3, resource, time
from boto3.s3.transfer import TransferConfig
s3 = boto3.client("s3", region_name="us-east-1", endpoint_url="http://127.0.0.1:%d")
def measure(name, run):
    start, cpu = time.monotonic(), time.process_time()
    run()
    print("%%s: %%.2f s, %%.2f s of processor time, at most %%.0f MiB of memory" %% (name, time.monotonic() - start,
        time.process_time() - cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
def upload():
    with open("%s", "rb") as file:
        s3.put_object(Bucket="bucket", Key="k", Body=file)
def download():
    with open("%s", "wb") as file:
        for part in s3.get_object(Bucket="bucket", Key="k")["Body"].iter_chunks(1 << 20):
            file.write(part)
measure("upload", upload)
measure("download", download)
]]

local function run(name, arguments)
  local result = helper.run(arguments, { AWS_ACCESS_KEY_ID = "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY = "secret" })
  for line in (result.status == 0 and result.out or "not measured: " .. (result.err:match "([^\n]*)\n*$" or "")):gmatch "[^\n]+" do
    print(("  %-8s %s"):format(name, line))
  end
end

local folder <close> = helper.folder()
local port, server = serve(folder)
local _ <close> = server
local source = folder .. "/source"
assert(os.execute(("head -c %d /dev/zero >%s"):format(SIZE, source)))
print "1 GiB over loopback, through S3's path:"
helper.write(folder .. "/run.lua", LUA:format(port, source, folder .. "/copy"))
run("lanyard", { build .. "/lanyard", folder .. "/run.lua" })
helper.write(folder .. "/run.py", PYTHON:format(port, source, folder .. "/copy"))
run("boto3", { "python3", folder .. "/run.py" })
