-- AWS's protocol test cases, all of them but those named here. The vectors are not a part of the project: what the cases
-- show is tested in the specs beside this one.

local vectors = require "protocol_vectors"

local PROTOCOLS = {
  { file = "json", module = "json", inputs = 54, outputs = 58 },
  { file = "json_1_0", module = "json", inputs = 21, outputs = 32 },
  { file = "json_1_0-query-compatible", module = "json", inputs = 1, outputs = 2 },
  { file = "rest-json", module = "rest_json", inputs = 113, outputs = 91 },
  { file = "query", module = "query", inputs = 38, outputs = 38 },
  { file = "ec2", module = "ec2", inputs = 29, outputs = 29 },
  { file = "rest-xml", module = "rest_xml", inputs = 94, outputs = 78 },
  { file = "smithy-rpc-v2-cbor", module = "rpc_v2_cbor", inputs = 15, outputs = 35 },
  { file = "smithy-rpc-v2-cbor-query-compatible", module = "rpc_v2_cbor", inputs = 1, outputs = 2 },
  { file = "smithy-rpc-v2-cbor-non-query-compatible", module = "rpc_v2_cbor", inputs = 1, outputs = 0 },
}

-- By file: the cases that are not run, and why. At most five for each.
local KEPT = "a member that the model does not have is kept"
local NULL_KEPT = "models do not say which maps may have null, so that it is kept"

local EXCEPTIONS = {
  json = {
    handles_unexpected_json_output = KEPT,
  },
  json_1_0 = {
    AwsJson10HandlesUnexpectedJsonOutput = KEPT,
  },
  ["rest-json"] = {
    RestJsonDeserializesDenseSetMapAndSkipsNull = NULL_KEPT,
  },
  ["rest-xml"] = {
    InvalidGreetingError = KEPT,
  },
  ["smithy-rpc-v2-cbor"] = {
    RpcV2CborDeserializesDenseSetMapAndSkipsNull = NULL_KEPT,
    RpcV2CborExtraFieldsInTheBodyShouldBeSkippedByClients = KEPT,
    RpcV2CborPayloadWithUnsetUnion = KEPT,
  },
}

for _, entry in ipairs(PROTOCOLS) do
  describe("the protocol test cases of " .. entry.file, function()
    local protocol = require("lanyard.protocol." .. entry.module)
    local exceptions, excepted = EXCEPTIONS[entry.file] or {}, 0
    for _, folder in ipairs { "input", "output" } do
      local suites, count = vectors.suites(folder, entry.file), 0
      for _, suite in ipairs(suites or {}) do
        for _, case in ipairs(suite.cases) do
          count = count + 1
          if exceptions[case.id] then
            excepted = excepted + 1
          else
            it(("%s %s"):format(folder, case.id), function()
              vectors["check_" .. folder](protocol, suite, case)
            end)
          end
        end
      end
      it("are all read: " .. folder, function()
        if not suites then return pending "the vectors are missing" end
        assert.equal(entry[folder .. "s"], count)
        assert.is_true(excepted <= 5, "too many exceptions")
      end)
    end
  end)
end
