-- Measures how long replies with 1,000 instances of EC2 take to decode, in each format, by the shapes of EC2's model in
-- build/models.index,
-- beside botocore's parsers.
--   lua5.4 tests/bench/decode.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local helper = require "helper"
local ec2 = require "lanyard.protocol.ec2"
local index = require "lanyard.model.index"
local model = require "lanyard.model"
local xml = require "lanyard.text.xml"

local ROUNDS, COUNT = 3, 1000

local function element(name, value)
  if type(value) ~= "table" then
    return { name = name, text = value }
  end
  local result = { name = name }
  for _, pair in ipairs(value) do
    result[#result + 1] = element(pair[1], pair[2])
  end
  return result
end

local function items(count, value)
  local list = {}
  for i = 1, count do list[i] = { "item", value } end
  return list
end

local GROUPS = items(2, { { "groupId", "sg-0123456789abcdef0" }, { "groupName", "web & api" } })
local INSTANCE = {
  { "instanceId", "i-0123456789abcdef0" }, { "imageId", "ami-0123456789abcdef0" },
  { "instanceState", { { "code", "16" }, { "name", "running" } } }, { "privateDnsName", "ip-10-0-0-1.ec2.internal" },
  { "dnsName", "" }, { "reason", "" }, { "keyName", "key" }, { "amiLaunchIndex", "0" }, { "productCodes", {} },
  { "instanceType", "m5.large" }, { "launchTime", "2024-01-02T03:04:05.000Z" },
  { "placement", { { "availabilityZone", "us-east-1a" }, { "groupName", "" }, { "tenancy", "default" } } },
  { "monitoring", { { "state", "disabled" } } }, { "subnetId", "subnet-0123456789abcdef0" }, { "vpcId", "vpc-0123456789abcdef0" },
  { "privateIpAddress", "10.0.0.1" }, { "sourceDestCheck", "true" }, { "groupSet", GROUPS }, { "architecture", "x86_64" },
  { "rootDeviceType", "ebs" }, { "rootDeviceName", "/dev/xvda" },
  { "blockDeviceMapping", items(1, { { "deviceName", "/dev/xvda" }, { "ebs", { { "volumeId", "vol-0123456789abcdef0" },
    { "status", "attached" }, { "attachTime", "2024-01-02T03:04:06.000Z" }, { "deleteOnTermination", "true" } } } }) },
  { "virtualizationType", "hvm" }, { "clientToken", "12345678-1234-1234-1234-123456789012" },
  { "tagSet", items(5, { { "key", "name" }, { "value", "a value of some length" } }) }, { "hypervisor", "xen" },
  { "networkInterfaceSet", items(1, { { "networkInterfaceId", "eni-0123456789abcdef0" }, { "subnetId", "subnet-0123456789abcdef0" },
    { "vpcId", "vpc-0123456789abcdef0" }, { "description", "" }, { "ownerId", "123456789012" }, { "status", "in-use" },
    { "macAddress", "0a:00:00:00:00:01" }, { "privateIpAddress", "10.0.0.1" }, { "sourceDestCheck", "true" }, { "groupSet", GROUPS },
    { "attachment", { { "attachmentId", "eni-attach-0123456789abcdef0" }, { "deviceIndex", "0" }, { "status", "attached" },
      { "attachTime", "2024-01-02T03:04:05.000Z" }, { "deleteOnTermination", "true" } } } }) },
  { "ebsOptimized", "false" }, { "cpuOptions", { { "coreCount", "1" }, { "threadsPerCore", "2" } } },
  { "metadataOptions", { { "state", "applied" }, { "httpTokens", "required" }, { "httpPutResponseHopLimit", "2" } } },
}

local service = model.new(assert(index.service "ec2"))
local operation = service:operation "DescribeInstances"
local reply = xml.write(element("DescribeInstancesResponse", { { "requestId", "r" }, { "reservationSet", items(COUNT, {
  { "reservationId", "r-0123456789abcdef0" }, { "ownerId", "123456789012" }, { "groupSet", {} }, { "instancesSet", items(1, INSTANCE) },
}) } }))

local function decode(protocol, described, body, headers)
  return assert(protocol.decode(service, described, { status = 200, headers = headers or {}, body = body }))
end

local BOTOCORE = [[
import sys, time
import botocore.parsers, botocore.session
from botocore.awsrequest import HeadersDict
shape = botocore.session.get_session().get_service_model("ec2").operation_model("DescribeInstances").output_shape
response = {"headers": HeadersDict({}), "status_code": 200, "body": open(sys.argv[2], "rb").read(), "context": {}}
start = time.process_time()
botocore.parsers.create_parser(sys.argv[1]).parse(response, shape)
print(1000 * (time.process_time() - start))
]]

local folder <close> = helper.folder()

-- Prints a row for a body in a format, with botocore's name of the protocol if it knows it.
local function row(label, body, botocore, run)
  helper.write(folder .. "/body", body)
  local found = bench.medians(ROUNDS, {
    own = function()
      collectgarbage()
      local start = os.clock()
      run()
      return (os.clock() - start) * 1e3
    end,
    botocore = function()
      return botocore and bench.number { "python3", "-c", BOTOCORE, botocore, folder .. "/body" } or nil
    end,
  })
  bench.row { work = ("%s, %.1f MB"):format(label, #body / 1e6), unit = "ms", lanyard = found.own,
    peers = botocore and { { "botocore", found.botocore } } or nil,
    readme = botocore == "ec2" and "a reply with 1,000 instances decoded" or nil }
end

print(("%d instances of EC2 decoded"):format(COUNT))
row("XML (ec2)", reply, "ec2", function() decode(ec2, operation, reply) end)
row("XML, elements only", reply, nil, function() assert(xml.parse(reply)) end)

-- The same values in the other formats: the output is the input of an operation that sends it, as JSON services would.
service.metadata.targetPrefix, service.metadata.jsonVersion = "EC2", "1.1"
local sent = setmetatable({ input = operation.output, uri = "/", method = "POST" }, { __index = operation })
local output = decode(ec2, operation, reply)
for _, form in ipairs { { "json", "json" }, { "rest_json", "rest-json" }, { "rpc_v2_cbor" } } do
  local protocol = require("lanyard.protocol." .. form[1])
  local body = assert(protocol.encode(service, sent, output)).body
  row(form[1], body, form[2], function() decode(protocol, operation, body, { ["smithy-protocol"] = "rpc-v2-cbor" }) end)
end
