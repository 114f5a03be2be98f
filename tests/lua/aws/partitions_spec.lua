local endpoint = require "lanyard.endpoint"
local helper = require "helper"
local json = require "lanyard.json"

local RULES = { parameters = { Region = { type = "string" } }, rules = { { type = "error", error = "{p#name} {p#dnsSuffix} {p#implicitGlobalRegion}",
  conditions = { { fn = "aws.partition", argv = { { ref = "Region" } }, assign = "p" } } } } }

local function text_of(region, partitions)
  return select(2, endpoint.resolve(RULES, { Region = region }, partitions)).message
end

-- Runs Lua with a folder of models, and returns its output.
local function run(folder, code)
  local path = folder .. "/script.lua"
  helper.write(path, code)
  return helper.run({ helper.lanyard, path }, { AWS_DATA_PATH = tostring(folder), HOME = tostring(folder) })
end

local SHOW = [[
local partitions, err = require("lanyard.aws.partitions").get()
if not partitions then print(err.code, err.message) os.exit() end
for _, partition in ipairs(partitions.partitions) do
  print(partition.id, partition.outputs.dnsSuffix, partition.outputs.implicitGlobalRegion, partition.outputs.extra)
end
assert(partitions == require("lanyard.aws.partitions").get())
]]

describe("the partitions for endpoint rules", function()
  it("are all of AWS's, whichever models lanyard contains", function()
    local partitions = assert(require("lanyard.aws.partitions").get())
    for region, text in pairs {
      ["us-east-1"] = "aws amazonaws.com us-east-1", ["mx-central-1"] = "aws amazonaws.com us-east-1", ["xx-north-9"] = "aws amazonaws.com us-east-1",
      ["cn-north-1"] = "aws-cn amazonaws.com.cn cn-northwest-1", ["us-gov-east-1"] = "aws-us-gov amazonaws.com us-gov-west-1",
      ["us-iso-west-1"] = "aws-iso c2s.ic.gov us-iso-east-1", ["us-isob-east-1"] = "aws-iso-b sc2s.sgov.gov us-isob-east-1",
      ["eu-isoe-west-1"] = "aws-iso-e cloud.adc-e.uk eu-isoe-west-1", ["us-isof-south-1"] = "aws-iso-f csp.hci.ic.gov us-isof-south-1",
      ["eusc-de-east-1"] = "aws-eusc amazonaws.eu eusc-de-east-1", ["aws-cn-global"] = "aws-cn amazonaws.com.cn cn-northwest-1",
    } do
      assert.equal(text, text_of(region, partitions))
    end
  end)

  it("come from a folder of models first", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/partitions.json", json.encode { partitions = {
      { id = "aws", regionRegex = [[^us\-\w+\-\d+$]], regions = {}, outputs = { dnsSuffix = "own.example", extra = "x" } } } })
    local lines = run(folder, SHOW).out
    assert.matches("^aws\town%.example\tus%-east%-1\tx\n", lines)
    assert.matches("\naws%-eusc\tamazonaws%.eu\teusc%-de%-east%-1\tnil\n", lines)
  end)

  it("are an error if the file of a folder cannot be read", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/partitions.json", "{")
    assert.matches("^InvalidModel\t" .. tostring(folder):gsub("%p", "%%%0") .. "/partitions%.json: ", run(folder, SHOW).out)
  end)
end)
