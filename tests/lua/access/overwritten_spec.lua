-- Grants that another writer removed, on a machine whose journal has them.

local helper = require "helper"
local overwritten = require "lanyard.access.overwritten"
local world = require "world"

local FOREIGN = [[{"Version":"2012-10-17","Statement":[
  {"Sid":"ci","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:*"}]}]]
local SERVICE = "my-container-service"

-- A world with a service whose role is on, and a grant in a repository that has a foreign statement.
local function granted(options, grant_options)
  local w = world.new(options)
  assert(w.region:enable(SERVICE))
  w.service, w.repository = assert(w.region:service(SERVICE)), assert(w.region:repositories { "my-private-repo" })[1]
  assert(w.region:grant(w.service, w.repository, grant_options))
  w.passed = w.passed + 60
  return w
end

local function find(w)
  return overwritten.new(w.region):find(w.repository, assert(w.region:policies { w.repository })[1].doc)
end

-- Writes as a program does that does not read the policy first.
local function overwrite(w, text)
  assert(w.region.ecr:SetRepositoryPolicy { repositoryName = w.repository.name, policyText = text or FOREIGN })
  w.passed = w.passed + 60
end

-- Makes events of the emulator look like calls of another program.
local function by(w, user_agent)
  for _, one in ipairs(w.world.trail["us-east-1"]) do
    one.call.user_agent, one.event = user_agent, nil
  end
end

describe("an overwritten grant", function()
  it("is found, with who overwrote it", function()
    local w <close> = granted()
    assert.is_nil(find(w))
    overwrite(w)
    by(w, "Terraform/1.9")
    local lost = find(w)
    assert.equal(1, #lost.grants)
    assert.same({ w.service.role.arn, SERVICE }, { lost.grants[1].principal, lost.grants[1].service })
    assert.equal("Terraform", lost.by.tool)
    local text = overwritten.describe(lost)
    assert.truthy(text:find("^written by lanyard on %S+, overwritten since: on %S+ by %S+ with Terraform$"), text)
  end)

  it("is found when CloudTrail cannot be read, and when the whole policy is gone", function()
    local w <close> = granted { faults = { { service = "cloudtrail", error = { code = "AccessDeniedException",
      message = "no", status = 400 } } } }
    w:put(w.repository.name, nil)
    local lost = find(w)
    assert.is_nil(lost.by)
    assert.truthy(overwritten.describe(lost):find "overwritten since$")
  end)

  it("is not one that a killed change removed", function()
    local w <close> = granted()
    w.after = function(operation)
      if operation == "DeleteRepositoryPolicy" then error("killed", 0) end
    end
    assert.is_false(pcall(w.region.revoke, w.region, { service = w.service }, w.repository))
    w.after = nil
    assert.is_nil(find(w))
    overwrite(w)
    by(w, "Terraform/1.9")
    assert.equal(1, #find(w).grants) -- how the killed change ended is not known any more
  end)

  it("is not looked for if the newest entry is damaged, which is reported", function()
    local w <close> = granted()
    assert(w.region:revoke({ service = w.service }, w.repository))
    local folder = assert(w.region:repository_directory(w.repository))
    helper.write(("%s/%s.json"):format(folder, assert(w.region:history())[2].id), "{")
    local lost, err = find(w)
    assert.is_nil(lost)
    assert.equal("JournalDamaged", err.code)
  end)

  it("is not one that lanyard removed, here or on another machine", function()
    local w <close> = granted()
    local other = w:connect { journal_root = w.folder .. "/other" }
    assert(other:revoke({ service = w.service }, w.repository))
    assert.is_nil(find(w))
    assert(w.region:grant(w.service, w.repository))
    w.passed = w.passed + 60
    assert(w.region:revoke({ service = w.service }, w.repository))
    assert.is_nil(find(w))
  end)

  it("is not one that has expired since, or that is laid out differently", function()
    local w <close> = granted(nil, { expires = os.time() + 3600 })
    local text = w:text(w.repository.name)
    overwrite(w, (text:gsub("%s+", " ")))
    by(w, "Terraform/1.9")
    assert.is_nil(find(w))
    overwrite(w)
    by(w, "Terraform/1.9")
    assert.is_number(find(w).grants[1].expires)
    w.passed = w.passed + 7200
    assert.is_nil(find(w))
  end)

  it("is found from any earlier grant of this machine that the last change kept", function()
    local w <close> = granted()
    overwrite(w, w:text(w.repository.name):gsub('"Statement"%s*:%s*%[', '%0{"Sid":"x","Effect":"Deny","Principal":"*",'
      .. '"Action":"ecr:PutImage"},', 1))
    assert(w.region:revoke({ statement = "x" }, w.repository))
    w.passed = w.passed + 60
    overwrite(w)
    by(w, "aws-cli/2")
    assert.equal(1, #find(w).grants)
  end)

  it("is not known on a machine that wrote nothing", function()
    local w <close> = granted()
    overwrite(w)
    local other = w:connect { journal_root = w.folder .. "/other" }
    assert.is_nil(overwritten.new(other):find(w.repository, nil))
  end)
end)
