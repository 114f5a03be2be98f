-- Measures how long replies with 1,000 instances of EC2 take to decode, in each format, by the shapes of EC2's model in
-- build/models.index. Where python3 has botocore, its parser reads the same XML.
--   lua5.4 tests/bench/decode.lua BUILD

local build = arg[1]
package.path = "./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local ec2 = require "lanyard.protocol.ec2"
local index = require "lanyard.model.index"
local loop = require "lanyard.loop"
local model = require "lanyard.model"
local xml = require "lanyard.text.xml"

local ROUNDS, COUNT = 7, 1000

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

-- Prints the median and minimum time of a function.
local function measure(label, size, run)
  local taken = {}
  for i = 1, ROUNDS do
    collectgarbage()
    local start = loop.now()
    run()
    taken[i] = 1000 * (loop.now() - start)
  end
  table.sort(taken)
  print(("  %-26s %5.2f MB %8.1f ms (min %.1f)"):format(label, size / 1e6, taken[(ROUNDS + 1) // 2], taken[1]))
end

local function decode(protocol, described, body, headers)
  return assert(protocol.decode(service, described, { status = 200, headers = headers or {}, body = body }))
end

print(("%d instances of EC2 decoded, %d times"):format(COUNT, ROUNDS))
measure("XML (ec2)", #reply, function() decode(ec2, operation, reply) end)
measure("XML, elements only", #reply, function() assert(xml.parse(reply)) end)

-- The same values in the other formats: the output is the input of an operation that sends it, as JSON services would.
service.metadata.targetPrefix, service.metadata.jsonVersion = "EC2", "1.1"
local sent = setmetatable({ input = operation.output, uri = "/", method = "POST" }, { __index = operation })
local output = decode(ec2, operation, reply)
for _, name in ipairs { "json", "rest_json", "rpc_v2_cbor" } do
  local protocol = require("lanyard.protocol." .. name)
  local body = assert(protocol.encode(service, sent, output)).body
  measure(name, #body, function() decode(protocol, operation, body, { ["smithy-protocol"] = "rpc-v2-cbor" }) end)
end

local BOTOCORE = [[
import sys, time
import botocore.parsers, botocore.session
from botocore.awsrequest import HeadersDict
shape = botocore.session.get_session().get_service_model("ec2").operation_model("DescribeInstances").output_shape
response = {"headers": HeadersDict({}), "status_code": 200, "body": open(sys.argv[1], "rb").read(), "context": {}}
taken = []
for _ in range(3):
    start = time.monotonic()
    botocore.parsers.create_parser("ec2").parse(dict(response), shape)
    taken.append(1000 * (time.monotonic() - start))
print("  %-26s %5.2f MB %8.1f ms (min %.1f)" % ("botocore, XML (ec2)", len(response["body"]) / 1e6, sorted(taken)[1], min(taken)))
]]

local name = os.tmpname()
local file = assert(io.open(name, "w"))
file:write(reply):close()
io.stdout:flush()
if not os.execute(("python3 -c '%s' %s 2> /dev/null"):format(BOTOCORE, name)) then
  print "  python3 has no botocore"
end
os.remove(name)
