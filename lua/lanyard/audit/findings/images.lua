-- Images that services deploy. These rules look at the whole: at what services deploy from all repositories.

local inventory = require "lanyard.audit.scan.inventory"
local grants = require "lanyard.access.grants"
local remediation = require "lanyard.audit.remediation"

local M = {}

function M.elsewhere(seen, add)
  for _, one in ipairs(seen.deployed) do
    if not one.region then
      local other_region = one.image.region ~= one.service.region
      add("image-elsewhere", {
        service = one.service.name, detail = one.reference, severity = not other_region and "medium" or nil,
        message = ("%s deploys %s, which is in %s"):format(one.service.name, one.reference,
          other_region and "Region " .. one.image.region or "account " .. one.image.account),
        why = other_region and "Lightsail pulls from ECR of the service's own Region only"
          or "Lightsail pulls from ECR of the service's own account; AWS tells of no other",
        fix = ("push the image to a repository of account %s in %s, and deploy that"):format(
          seen.account or "the service", one.service.region),
      })
    end
  end
end

-- Why an image is not there: true where it is, or where nobody knows.
local function is_gone(seen, one)
  if not one.region then
    return nil
  elseif not one.repository then
    return seen.whole and "there is no such repository"
  end
  return one.found == false and (one.image.digest and "no image has this digest" or "no image has this tag")
end

function M.missing(seen, add)
  for _, one in ipairs(seen.deployed) do
    local why = is_gone(seen, one)
    if why then
      add("image-missing", {
        repository = one.repository or { name = one.image.repository }, service = one.service.name,
        detail = one.reference,
        message = ("%s deploys %s, which is not there: %s"):format(one.service.name, one.reference, why),
        why = "the next pull fails: at a new deployment, or when AWS replaces a node",
        fix = "push the image again, or deploy one that is there",
      })
    end
  end
end

-- Why a service cannot pull, and what mends it | nil
local function obstacle(seen, repository, service)
  local grant = remediation.grant(seen, service, repository)
  if not service.role.arn then
    return "its puller role is off", grant
  elseif not repository.doc then
    return "the policy gives it no grant", grant
  end
  local decision, answers = grants.decide(repository.doc, service.role.arn, repository.arn, seen.now)
  for action, answer in pairs(answers) do
    if answer[1] == "deny" then
      return ("statement %s denies %s to it"):format(inventory.label(answer[2]), action:match ":(.*)"),
        remediation.undeny(seen, repository, answer[2].index, service.role.arn)
    end
  end
  local named = false
  for _, access in ipairs(repository.access) do
    if access.principal == service.role.arn and access.ends and access.ends <= seen.now then
      return "its grant ended on " .. os.date("!%Y-%m-%d", access.ends),
        remediation.prolong(seen, repository, service.role.arn) or grant
    end
    named = named or access.principal == service.role.arn
  end
  local why = decision == "depends" and "its grant depends on a condition"
    or decision == "partial" and "the policy gives it only one of the two pull actions"
    or decision == "deny" and "the policy gives it no grant"
  return why or nil, named and remediation.renew(seen, repository, service.role.arn) or grant
end

-- Deployed images that the service may not pull (again), once for each repository.
function M.not_granted(seen, add)
  local told = {}
  for _, one in ipairs(seen.deployed) do
    local repository, service = one.repository, one.service
    local key = repository and service.name .. " " .. repository.name
    local why, fix
    if repository and not repository.unknown and not told[key] then
      told[key] = true
      why, fix = obstacle(seen, repository, service)
    end
    if why then
      add("image-not-granted", {
        repository = repository, service = service.name, principal = service.role.arn,
        message = ("%s deploys %s, and cannot pull it: %s"):format(service.name, one.reference, why),
        why = "the next pull fails: at a new deployment, or when AWS replaces a node",
        fix = fix,
      })
    end
  end
end

function M.mutable(seen, add)
  for _, one in ipairs(seen.deployed) do
    if one.repository and one.repository.mutability == "MUTABLE" and not one.image.digest then
      add("mutable-tag-deployed", {
        repository = one.repository, service = one.service.name, detail = one.reference,
        message = ("%s deploys %s, a tag that may mean another image tomorrow"):format(one.service.name,
          one.reference),
        why = "when AWS replaces a node it may pull another image than was deployed",
        fix = remediation.pin(seen, one) or "deploy its digest: lanyard deploy --resolve",
      })
    end
  end
end

return M
