local attribution = require "lanyard.access.journal.attribution"
local json = require "lanyard.json"
local world = require "world"

local function puller(service, region)
  return ("arn:aws:iam::947856326339:role/amazon/lightsail/%s/containers/%s/private-repo-access/id")
    :format(region or "us-east-1", service)
end

-- A policy text with one pull statement for each list of principals.
local function policy_of(...)
  local statements = json.array {}
  for i, principals in ipairs { ... } do
    statements[i] = {
      Effect = "Allow", Principal = { AWS = json.array(principals) },
      Action = json.array { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" },
    }
  end
  return json.encode { Version = "2008-10-17", Statement = statements }
end

-- A region whose session knows the given caller.
local function region_of(arn, access_key)
  return { session = { known_caller = function() return arn, access_key end } }
end

local function services_of(before, after, detail)
  local entry = { region = "us-east-1", before = before, after = after, detail = detail }
  return table.concat(attribution.of(entry, region_of()).services, ", ")
end

describe("the services of a journal entry", function()
  it("are the ones whose puller role got or lost access", function()
    local web, api = puller "web", puller "api"
    assert.equal("web", services_of(nil, policy_of({ web })))
    assert.equal("web", services_of(policy_of({ web }), nil))
    assert.equal("api", services_of(policy_of({ web }), policy_of({ web, api })))
    assert.equal("api, web", services_of(policy_of({ web }), policy_of({ api })))
    assert.equal("", services_of(policy_of({ web }, { api }), policy_of({ api }, { web })))
    assert.equal("web in eu-west-1", services_of(nil, policy_of({ puller("web", "eu-west-1") })))
  end)

  it("include the service that the change was asked about", function()
    assert.equal("web", services_of(nil, nil, { service = "web" }))
    assert.equal("api, web", services_of(nil, policy_of({ puller "api" }), { service = "web" }))
  end)

  it("are none if the texts name no puller role, or are not policies", function()
    assert.equal("", services_of("{", policy_of({ "arn:aws:iam::444455556666:root" }), { service = 5 }))
  end)
end)

describe("the caller of a journal entry", function()
  local ARN, OTHER = "arn:aws:iam::111122223333:user/a", "arn:aws:iam::111122223333:user/b"

  it("is the one that the entry names", function()
    local about = attribution.of({ caller = ARN, access_key = "AKIAIOSFODNN7EXAMPLE" }, region_of(OTHER, "AKIAOTHER"))
    assert.equal(ARN, about.caller)
    assert.is_nil(about.caller_unknown)
  end)

  it("is this one if the same access key signed the change", function()
    assert.equal(ARN, attribution.of({ access_key = "AKIAIOSFODNN7EXAMPLE" }, region_of(ARN, "AKIAIOSFODNN7EXAMPLE")).caller)
  end)

  it("is unknown for another access key, and for an entry without one, with the reason", function()
    local about = attribution.of({ access_key = "AKIAIOSFODNN7EXAMPLE" }, region_of(ARN, "AKIAOTHER"))
    assert.is_nil(about.caller)
    assert.equal("no call of the change returned it; CloudTrail records it with the access key AKIAIOSFODNN7EXAMPLE",
      about.caller_unknown)
    about = attribution.of({}, region_of(ARN, "AKIAIOSFODNN7EXAMPLE"))
    assert.is_nil(about.caller)
    assert.equal("the version of lanyard that made the change did not record it", about.caller_unknown)
  end)

  it("is recorded where a call returned it, and costs no call", function()
    local w <close> = world.new()
    assert(w.region:grant(w:service(), w:repository "my-private-repo"))
    assert.equal(0, w:count "GetCallerIdentity")
    assert(w.region.session:identity())
    assert(w.region:revoke({ service = w:service() }, w:repository "my-private-repo"))
    local entries = assert(w.region:history "my-private-repo")
    assert.is_nil(entries[1].caller)
    assert.equal("AKIAIOSFODNN7EXAMPLE", entries[1].access_key)
    assert.equal("arn:aws:iam::111122223333:user/operator", entries[2].caller)
  end)
end)
