-- Measures `lanyard aws` beside the AWS CLI and boto3, where the machine has them: one call of each protocol as a whole
-- command, a reply with 1,000 instances, and a large object to and from S3's path on loopback. The server is another process.
--   lua5.4 tests/bench/aws.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local helper = require "helper"

helper.build, helper.lanyard = build, build .. "/lanyard"

local SIZE, ITEMS = (bench.is_full and 1024 or 256) << 20, 1000

-- One operation of each protocol: the words of a command, and the same in boto3.
local CALLS = {
  { "json", "dynamodb list-tables", "client('dynamodb').list_tables()" },
  { "query", "sns list-topics", "client('sns').list_topics()" },
  { "rest-json", "lambda list-functions", "client('lambda').list_functions()" },
  { "rest-xml", "s3api list-buckets", "client('s3').list_buckets()" },
  { "ec2, 1,000 instances", "ec2 describe-instances", "client('ec2').describe_instances()" },
}

local folder <close> = helper.folder()

local port, server <close> = bench.server(("python3 tests/bench/aws_server.py %d %d"):format(SIZE, ITEMS))
local URL = ("http://127.0.0.1:%d"):format(port)
local ENVIRONMENT = {
  AWS_ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY = ("k"):rep(40), AWS_REGION = "us-east-1",
  AWS_DEFAULT_REGION = "us-east-1", AWS_EC2_METADATA_DISABLED = "true", AWS_ENDPOINT_URL = URL, AWS_PAGER = "",
  HOME = tostring(folder), PATH = os.getenv "PATH",
}

local function words_of(text)
  local words = {}
  for word in text:gmatch "%S+" do words[#words + 1] = word end
  return words
end

-- Prints a row for a command: the processor time of whole processes. `text` is for `lanyard aws` and the AWS CLI, `python`
-- for boto3.
local function row(work, text, python, rounds, options)
  local memory = {}
  local function command(name, times, ...)
    local words = { ... }
    return function()
      local result, err = bench.command(times, words, ENVIRONMENT)
      assert(result or name ~= "own", err)
      memory[name] = result and result.peak
      return result and result.cpu
    end
  end
  local code = ("import boto3; client = boto3.session.Session().client; %s"):format(
    python:gsub("client%('(%w+)'%)", ("client('%%1', endpoint_url='%s')"):format(URL)))
  local found = bench.medians(rounds, {
    own = command("own", rounds > 1 and 5 or 1, helper.lanyard, "aws", table.unpack(words_of(text))),
    cli = command("cli", 1, "aws", "--endpoint-url", URL, table.unpack(words_of(text))),
    boto3 = command("boto3", 1, "python3", "-c", code),
  })
  bench.row { work = work, unit = "ms", lanyard = found.own, peers = { { "AWS CLI", found.cli }, { "boto3", found.boto3 } },
    readme = options.readme }
  if options.memory then
    bench.row { work = work .. ", memory", unit = "MiB", lanyard = memory.own,
      peers = { { "AWS CLI", memory.cli }, { "boto3", memory.boto3 } } }
  end
end

print "lanyard aws"
for i, call in ipairs(CALLS) do
  row(("`%s` (%s)"):format(call[2], call[1]), call[2], call[3], 3, { memory = i == 1 or i == #CALLS,
    readme = i == 1 and "`aws dynamodb list-tables`" or nil })
end

do
  local file <close> = assert(io.open(folder .. "/big", "wb"))
  file:seek("set", SIZE - 1)
  file:write "\0" -- a file with a hole
end
for _, one in ipairs {
  { "put-object", ("s3api put-object --bucket bench --key big --body %s/big"):format(folder),
    ("client('s3').put_object(Bucket='bench', Key='big', Body=open('%s/big', 'rb'))"):format(folder) },
  { "get-object", "s3api get-object --bucket bench --key big /dev/null",
    "sum(map(len, client('s3').get_object(Bucket='bench', Key='big')['Body'].iter_chunks(1 << 20)))" },
} do
  row(("`s3api %s`, %d MiB"):format(one[1], SIZE >> 20), one[2], one[3], 1, { memory = true })
end
assert(server)
