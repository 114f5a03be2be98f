-- Endpoints against AWS's own cases (../shared/vectors/endpoints), read in place.

local endpoints = require "lanyard.aws.endpoints"
local helper = require "helper"
local json = require "lanyard.json"

describe("AWS's endpoint cases", function()
  for _, service in ipairs { "ecr", "lightsail", "sts", "iam" } do
    local path = ("%s/endpoints/%s.json"):format(helper.vectors, service)
    if not helper.exists(path) then
      pending(("for %s are not here (%s)"):format(service, path))
    else
      for number, case in ipairs(json.decode(helper.read(path)).testCases) do
        local params = case.params or {}
        -- The global endpoint of STS, which SDKs no longer use unless told to.
        if not params.UseGlobalEndpoint then
          it(("%s %d: %s"):format(service, number, case.documentation), function()
            local found, err = endpoints.resolve(service, params.Region, {
              endpoint = params.Endpoint, fips = params.UseFIPS, dualstack = params.UseDualStack,
            })
            if case.expect.error then
              assert.is_nil(found)
              assert.equal(case.expect.error, err.message)
            else
              local expected = case.expect.endpoint
              assert.equal(expected.url, found.url)
              local scheme = expected.properties and expected.properties.authSchemes[1]
              if scheme and scheme.signingRegion then
                assert.equal(scheme.signingRegion, found.signing_region)
              end
            end
          end)
        end
      end
    end
  end
end)

describe("endpoints.partition", function()
  it("knows a Region's partition by its name", function()
    assert.equal("aws", endpoints.partition "us-east-1")
    assert.equal("aws", endpoints.partition "mx-central-1")
    assert.equal("aws-cn", endpoints.partition "cn-north-1")
    assert.equal("aws-us-gov", endpoints.partition "us-gov-west-1")
    assert.equal("aws-eusc", endpoints.partition "eusc-de-east-1")
  end)
end)
