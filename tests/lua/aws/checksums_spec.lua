local modelled = require "modelled"

local answer = modelled.answer

local DATA = { metadata = { serviceId = "DynamoDB", protocol = "json", jsonVersion = "1.0", targetPrefix = "D", endpointPrefix = "dynamodb" },
  operations = { ListTables = { output = { shape = "Out" } } },
  shapes = { Out = { type = "structure", members = { { name = "TableNames", shape = "Names" } } },
    Names = { type = "list", member = { shape = "Name" } }, Name = { type = "string" } } }

-- The values are from zlib's crc32.
local BODY, CRC = '{"TableNames":["a"]}', { ["x-amz-crc32"] = "402819276" }
local ERROR, ERROR_CRC = '{"__type":"x#ResourceNotFoundException","message":"m"}', { ["x-amz-crc32"] = "3077431344" }

describe("the checksum of a reply of DynamoDB", function()
  it("is checked, and a damaged reply is requested again", function()
    local dynamodb, requests = modelled.client(DATA, { answer(200, (BODY:gsub("a", "b", 1)), CRC), answer(200, BODY, CRC) })
    assert.equal("a", assert(dynamodb:ListTables()).TableNames[1])
    assert.equal(2, #requests)
    dynamodb, requests = modelled.client(DATA, { answer(200, BODY, { ["x-amz-crc32"] = "many" }) })
    local reply, err = dynamodb:ListTables()
    assert.is_nil(reply)
    assert.equal("InvalidResponse", err.code)
    assert.equal("the checksum of the reply (x-amz-crc32) is many, but its bytes have 402819276", err.message)
    assert.equal(3, #requests)
  end)

  it("is checked in errors, too", function()
    local dynamodb, requests = modelled.client(DATA, { answer(400, ERROR .. " ", ERROR_CRC), answer(400, ERROR, ERROR_CRC) })
    local _, err = dynamodb:ListTables()
    assert.equal("ResourceNotFoundException", err.code)
    assert.equal(2, #requests)
  end)

  it("is about the compressed bytes, which the transfer checks", function()
    local dynamodb = modelled.client(DATA, { answer(200, BODY, { ["x-amz-crc32"] = "1", ["content-encoding"] = "gzip" }) })
    assert(dynamodb:ListTables())
    local data = setmetatable({ metadata = setmetatable({ serviceId = "Other" }, { __index = DATA.metadata }) }, { __index = DATA })
    assert(modelled.client(data, { answer(200, BODY, { ["x-amz-crc32"] = "1" }) }):ListTables())
  end)
end)
