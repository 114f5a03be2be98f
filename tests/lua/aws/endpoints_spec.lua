-- Endpoints against AWS's own cases (../shared/vectors/endpoints), read in place.

local endpoints = require "lanyard.aws.endpoints"
local helper = require "helper"
local json = require "lanyard.json"

describe("AWS's endpoint cases", function()
  for _, service in ipairs { "cloudtrail", "ecr", "iam", "lightsail", "organizations", "sso", "sts" } do
    local path = ("%s/endpoints/%s.json"):format(helper.vectors, service)
    if not helper.exists(path) then
      pending(("for %s are not here (%s)"):format(service, path))
    else
      for number, case in ipairs(json.decode(helper.read(path)).testCases) do
        local params = case.params or {}
        it(("%s %d: %s"):format(service, number, case.documentation), function()
          local found, err = endpoints.resolve(service, params.Region, {
            endpoint = params.Endpoint, fips = params.UseFIPS, dualstack = params.UseDualStack,
            sts_global = params.UseGlobalEndpoint,
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
            elseif not params.Endpoint then
              assert.equal(params.Region, found.signing_region)
            end
          end
        end)
      end
    end
  end
end)

-- Rows of SERVICE REGION [fips] [dual] HOST SIGNED_FOR, for what has no published cases.
describe("endpoints.resolve", function()
  for row in ([[
    sso-oidc us-east-1 oidc.us-east-1.amazonaws.com us-east-1
    sso-oidc cn-north-1 dual oidc.cn-north-1.api.amazonwebservices.com.cn cn-north-1
    sso-oidc eu-west-1 fips dual oidc-fips.eu-west-1.api.aws eu-west-1
    sso-oidc us-gov-west-1 fips oidc.us-gov-west-1.amazonaws.com us-gov-west-1
    signin eu-central-1 eu-central-1.signin.aws.amazon.com eu-central-1
    signin cn-north-1 cn-north-1.signin.amazonaws.cn cn-north-1
    signin us-gov-east-1 us-gov-east-1.signin.amazonaws-us-gov.com us-gov-east-1
    signin us-east-1 fips signin-fips.us-east-1.amazonaws.com us-east-1
    signin us-east-1 dual signin.us-east-1.api.aws us-east-1
    signin eusc-de-east-1 signin.eusc-de-east-1.amazonaws.eu eusc-de-east-1
    organizations eu-west-1 organizations.us-east-1.amazonaws.com us-east-1
    organizations eusc-de-east-1 organizations.eusc-de-east-1.amazonaws.eu eusc-de-east-1
    iam us-iso-east-1 dual iam.api.aws.ic.gov us-iso-east-1
    iam eu-isoe-west-1 fips iam-fips.cloud.adc-e.uk eu-isoe-west-1
    cloudtrail us-isof-south-1 cloudtrail.us-isof-south-1.csp.hci.ic.gov us-isof-south-1
    lightsail xx-north-9 lightsail.xx-north-9.amazonaws.com xx-north-9
  ]]):gmatch "[^\n]+" do
    local words = {}
    for word in row:gmatch "%S+" do
      words[#words + 1] = word
    end
    if #words > 0 then
      it(table.concat(words, " "), function()
        local forms = " " .. table.concat(words, " ", 3, #words - 2) .. " "
        local found = assert(endpoints.resolve(words[1], words[2], {
          fips = forms:find " fips " ~= nil, dualstack = forms:find " dual " ~= nil,
        }))
        assert.equal("https://" .. words[#words - 1], found.url)
        assert.equal(words[#words], found.signing_region)
      end)
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
