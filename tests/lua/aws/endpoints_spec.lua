-- Endpoints against the endpoint cases of AWS (tests/vectors/endpoints.lua).

local endpoints = require "lanyard.aws.endpoints"

-- Names a case by its Region and options.
local function name_of(case)
  local words = { case[1] or "no Region" }
  for _, option in ipairs { "fips", "dualstack", "sts_global", "endpoint" } do
    if case[option] then
      words[#words + 1] = option
    end
  end
  return table.concat(words, " ")
end

describe("AWS's endpoint cases", function()
  for _, cases in ipairs(dofile "tests/vectors/endpoints.lua") do
    for number, case in ipairs(cases) do
      it(("%s %d: %s"):format(cases.service, number, name_of(case)), function()
        local region = case[1]
        local found, err = endpoints.resolve(cases.service, region, {
          endpoint = case.endpoint, fips = case.fips, dualstack = case.dualstack, sts_global = case.sts_global,
        })
        if case.error then
          assert.is_nil(found)
          assert.equal(case.error, err.message)
        else
          assert.equal(case.url, found.url)
          if case.signing_region or not case.endpoint then
            assert.equal(case.signing_region or region, found.signing_region)
          end
        end
      end)
    end
  end
end)

-- Rows of SERVICE REGION [fips] [dual] HOST SIGNED_FOR, for services without published cases.
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
  it("returns the partition of a Region by its name", function()
    assert.equal("aws", endpoints.partition "us-east-1")
    assert.equal("aws", endpoints.partition "mx-central-1")
    assert.equal("aws-cn", endpoints.partition "cn-north-1")
    assert.equal("aws-us-gov", endpoints.partition "us-gov-west-1")
    assert.equal("aws-eusc", endpoints.partition "eusc-de-east-1")
  end)
end)
