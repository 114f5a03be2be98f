--- The Regions of Lightsail.

local json = require "lanyard.json"
local shape = require "lanyard.emulator.shape"

local M = {}

---@type table<string, emulator.Operation>
M.operations = {}

-- Name, continent, display name.
local REGIONS = {
  { "us-east-1", "NA", "Virginia" }, { "us-east-2", "NA", "Ohio" }, { "us-west-2", "NA", "Oregon" },
  { "eu-west-1", "EU", "Ireland" }, { "eu-west-2", "EU", "London" }, { "eu-west-3", "EU", "Paris" },
  { "eu-central-1", "EU", "Frankfurt" }, { "eu-north-1", "EU", "Stockholm" },
  { "ca-central-1", "NA", "Montreal" }, { "ap-south-1", "AS", "Mumbai" },
  { "ap-southeast-1", "AS", "Singapore" }, { "ap-southeast-2", "OC", "Sydney" },
  { "ap-southeast-3", "AS", "Jakarta" }, { "ap-southeast-5", "AS", "Malaysia" },
  { "ap-northeast-1", "AS", "Tokyo" }, { "ap-northeast-2", "AS", "Seoul" },
}

--- Reports whether Lightsail is available in a Region.
---@param region string
---@return boolean
function M.serves(region)
  for _, known in ipairs(REGIONS) do
    if known[1] == region then
      return true
    end
  end
  return false
end

M.operations.GetRegions = {
  input = shape.structure {
    includeAvailabilityZones = shape.boolean(),
    includeRelationalDatabaseAvailabilityZones = shape.boolean(),
  },
  call = function(_, request)
    local list = json.array {}
    for i, region in ipairs(REGIONS) do
      local zones = json.array {}
      if request.includeAvailabilityZones then
        for j, letter in ipairs { "a", "b", "c" } do
          zones[j] = { zoneName = region[1] .. letter, state = "available" }
        end
      end
      list[i] = {
        name = region[1],
        continentCode = region[2],
        displayName = region[3],
        description = ("This region is recommended to serve users near %s"):format(region[3]),
        availabilityZones = zones,
        relationalDatabaseAvailabilityZones = json.array {},
      }
    end
    return { regions = list }
  end,
}

return M
