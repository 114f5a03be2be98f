--- The Regions of Lightsail.

local json = require "lanyard.json"
local regions = require "lanyard.aws.regions"
local shape = require "lanyard.emulator.shape"

local M = {}

---@type table<string, emulator.Operation>
M.operations = {}

-- The continent code and display name of each Region.
local DESCRIPTIONS = {
  ["ap-east-1"] = { "AS", "Hong Kong" }, ["ap-northeast-1"] = { "AS", "Tokyo" }, ["ap-northeast-2"] = { "AS", "Seoul" },
  ["ap-south-1"] = { "AS", "Mumbai" }, ["ap-southeast-1"] = { "AS", "Singapore" },
  ["ap-southeast-2"] = { "OC", "Sydney" }, ["ap-southeast-3"] = { "AS", "Jakarta" },
  ["ap-southeast-5"] = { "AS", "Malaysia" }, ["ca-central-1"] = { "NA", "Montreal" },
  ["eu-central-1"] = { "EU", "Frankfurt" }, ["eu-north-1"] = { "EU", "Stockholm" }, ["eu-south-2"] = { "EU", "Spain" },
  ["eu-west-1"] = { "EU", "Ireland" }, ["eu-west-2"] = { "EU", "London" }, ["eu-west-3"] = { "EU", "Paris" },
  ["sa-east-1"] = { "SA", "Sao Paulo" }, ["us-east-1"] = { "NA", "Virginia" }, ["us-east-2"] = { "NA", "Ohio" },
  ["us-west-2"] = { "NA", "Oregon" },
}

--- Reports whether Lightsail is available in a Region.
---@param region string
---@return boolean
function M.serves(region)
  return regions.serves("lightsail", region)
end

M.operations.GetRegions = {
  input = shape.structure {
    includeAvailabilityZones = shape.boolean(),
    includeRelationalDatabaseAvailabilityZones = shape.boolean(),
  },
  call = function(_, request)
    local list = json.array {}
    for i, name in ipairs(regions.of "lightsail") do
      local continent, city = table.unpack(DESCRIPTIONS[name])
      local zones = json.array {}
      if request.includeAvailabilityZones then
        for j, letter in ipairs { "a", "b", "c" } do
          zones[j] = { zoneName = name .. letter, state = "available" }
        end
      end
      list[i] = {
        name = name,
        continentCode = continent,
        displayName = city,
        description = ("This region is recommended to serve users near %s"):format(city),
        availabilityZones = zones,
        relationalDatabaseAvailabilityZones = json.array {},
      }
    end
    return { regions = list }
  end,
}

return M
