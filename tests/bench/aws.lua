-- Measures `lanyard aws` beside the AWS CLI and boto3, where the machine has them: one call of each protocol as a whole
-- command, a reply with 1,000 instances, and 1 GiB to and from S3's path on loopback. The server is another process.
--   lua5.4 tests/bench/aws.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local helper = require "helper"

helper.build, helper.lanyard = build, build .. "/lanyard"

local SIZE, ITEMS = 1 << 30, 1000

-- One operation of each protocol: the words of a command, and the same in boto3.
local CALLS = {
  { "json", "dynamodb list-tables", "client('dynamodb').list_tables()" },
  { "query", "sns list-topics", "client('sns').list_topics()" },
  { "rest-json", "lambda list-functions", "client('lambda').list_functions()" },
  { "rest-xml", "s3api list-buckets", "client('s3').list_buckets()" },
  { "ec2, 1,000 instances", "ec2 describe-instances", "client('ec2').describe_instances()" },
}

local folder <close> = helper.folder()

-- The server ends with its input, a fifo, which the kernel closes when this process ends for any reason.
local function serve()
  local fifo = folder .. "/input"
  assert(os.execute("mkfifo " .. fifo))
  local pipe = assert(io.popen(("python3 tests/bench/aws_server.py %d %d <%s"):format(SIZE, ITEMS, fifo)))
  local writer = assert(io.open(fifo, "w"))
  local port = assert(pipe:read "n", "the server did not start")
  return port, setmetatable({}, { __close = function() writer:close() pipe:close() end })
end

local port, server <close> = serve()
local URL = ("http://127.0.0.1:%d"):format(port)
local ENVIRONMENT = {
  AWS_ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY = ("k"):rep(40), AWS_REGION = "us-east-1",
  AWS_DEFAULT_REGION = "us-east-1", AWS_EC2_METADATA_DISABLED = "true", AWS_ENDPOINT_URL = URL, AWS_PAGER = "",
  HOME = tostring(folder), PATH = os.getenv "PATH",
}

local function succeeds(...)
  return helper.run({ ... }, ENVIRONMENT).status == 0
end

local HAS_CLI = succeeds("aws", "--version")
local HAS_BOTO3 = succeeds("python3", "-c", "import boto3")

-- Returns the milliseconds, the processor's milliseconds and the MiB of a command: medians.
local function measure(times, words)
  local result = helper.run({ build .. "/bench/run_bench", tostring(times), table.unpack(words) }, ENVIRONMENT)
  assert(result.status == 0, table.concat(words, " ") .. ": " .. result.err)
  local wall, _, cpu, peak = result.out:match "(%S+) (%S+) (%S+) (%S+)"
  return { wall = tonumber(wall), cpu = tonumber(cpu), peak = tonumber(peak) }
end

local function words_of(text)
  local words = {}
  for word in text:gmatch "%S+" do words[#words + 1] = word end
  return words
end

local function print_row(label, own, peers)
  local line = ("  %-22s %7.1f ms %7.1f ms cpu %6.1f MiB"):format(label, own.wall, own.cpu, own.peak)
  for _, name in ipairs(peers and { "aws", "boto3" } or {}) do
    local peer = peers[name]
    line = line .. (peer and ("   %s: %5.1f times the time, %5.1f the cpu, %4.1f the memory"):format(name, peer.wall / own.wall,
      peer.cpu / own.cpu, peer.peak / own.peak) or ("   %s: not installed"):format(name))
  end
  print(line)
end

print "one call as a whole command"
for _, call in ipairs(CALLS) do
  local own = { helper.lanyard, "aws", table.unpack(words_of(call[2])) }
  local cli = { "aws", "--endpoint-url", URL, table.unpack(words_of(call[2])) }
  local python = ("import boto3; client = boto3.session.Session().client; %s"):format(call[3]:gsub("'%)%.", ("', endpoint_url='%s')."):format(URL)))
  print_row(call[1], measure(15, own), {
    aws = HAS_CLI and measure(3, cli) or nil, boto3 = HAS_BOTO3 and measure(3, { "python3", "-c", python }) or nil,
  })
end

print "1 GiB through S3's path"
do
  local file <close> = assert(io.open(folder .. "/big", "wb"))
  file:seek("set", SIZE - 1)
  file:write "\0" -- a file with a hole
end
for _, row in ipairs {
  { "upload", ("put-object --bucket bench --key big --body %s/big"):format(folder),
    ("client('s3').put_object(Bucket='bench', Key='big', Body=open('%s/big', 'rb'))"):format(folder) },
  { "download", "get-object --bucket bench --key big /dev/null",
    "sum(map(len, client('s3').get_object(Bucket='bench', Key='big')['Body'].iter_chunks(1 << 20)))" },
} do
  local own = { helper.lanyard, "aws", "s3api", table.unpack(words_of(row[2])) }
  local cli = { "aws", "--endpoint-url", URL, "s3api", table.unpack(words_of(row[2])) }
  local python = ("import boto3; client = boto3.session.Session().client; %s"):format(row[3]:gsub("'s3'", ("'s3', endpoint_url='%s'"):format(URL)))
  print_row(row[1], measure(1, own), {
    aws = HAS_CLI and measure(1, cli) or nil,
    boto3 = HAS_BOTO3 and measure(1, { "python3", "-c", python }) or nil,
  })
end

print "start"
print_row("--version", measure(31, { helper.lanyard, "--version" }))
assert(server)
