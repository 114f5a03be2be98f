--- Images that services deploy: where they are, whether they exist and whether the service can pull them.

local grants = require "lanyard.access.grants"
local policy = require "lanyard.policy"
local query = require "lanyard.audit.query"
local remediation = require "lanyard.audit.remediation"
local statements = require "lanyard.access.statements"
local timestamp = require "lanyard.text.timestamp"

local NEXT_PULL_FAILS = "the next pull fails: at the next deployment, or when AWS replaces a node"

local function check_location(inventory, add)
  for _, image in ipairs(inventory.deployed) do
    if not image.is_local then
      local other_region = image.uri.region ~= image.service.region
      add("image-elsewhere", {
        service = image.service.name, service_region = image.service.region, discriminator = image.reference,
        severity = not other_region and "medium" or nil,
        message = ("%s deploys %s, which is in %s"):format(image.service.name, image.reference,
          other_region and "Region " .. image.uri.region or "account " .. image.uri.account),
        why = not other_region and "AWS documents pulls from the service's own account only" or nil,
      })
    end
  end
end

local function push_to_own_region(inventory, details)
  return ("push the image to a repository of account %s in %s, and deploy it from there"):format(
    inventory.account or "the service", details.service_region)
end

-- Returns why an image is missing, or nil when it exists or when that is unknown.
local function missing_reason(inventory, image)
  if not image.is_local then
    return nil
  elseif not image.repository then
    local is_missing = inventory.complete and inventory.absences:confirmed("repository", image.uri.repository)
    return is_missing and "the repository does not exist" or nil
  end
  return image.exists == false and (image.uri.digest and "no image has this digest" or "no image has this tag") or nil
end

local function check_existence(inventory, add)
  for _, image in ipairs(inventory.deployed) do
    local reason = missing_reason(inventory, image)
    if reason then
      add("image-missing", {
        repository = image.repository or { name = image.uri.repository }, service = image.service.name,
        discriminator = image.reference,
        message = ("%s deploys %s, but %s"):format(image.service.name, image.reference, reason),
      })
    end
  end
end

-- Returns the first pull action that a Deny takes away, that Deny, and whose policy it is in, else nil.
local function denied_action(answers)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if answers[action][1] == "deny" then
      return action, answers[action][2], answers[action].origin
    end
  end
  return nil
end

local REASONS = {
  depends = "its grant depends on a condition",
  partial = "the repository policy allows it only one of the two pull actions",
  deny = "the repository policy does not grant its role",
}

-- Returns why a service cannot pull from a repository and the fix, or nil when it can.
local function obstacle(inventory, repository, service)
  local grant, role = remediation.grant(inventory, service, repository), service.role.arn
  if not role then
    return "its image puller role is disabled", grant
  end
  local decision, answers = grants.decide(repository.doc, role, repository.arn, inventory.now, inventory.surroundings)
  local action, deny, origin = denied_action(answers)
  if action then
    return ("statement %s%s denies %s to it"):format(statements.label(deny),
      origin and " of " .. origin.name or "", action:match ":(.*)"),
      remediation.exempt_from_deny(inventory, repository, deny.index, role, origin and deny, origin)
  elseif decision ~= "allow" and not repository.doc then
    return REASONS.deny, grant
  end
  local access = query.access_of(repository, role)
  if access and access.ends and access.ends <= inventory.now then
    return "its grant expired on " .. timestamp.day(access.ends),
      remediation.extend(inventory, repository, role) or grant
  end
  return REASONS[decision], access and remediation.reduce_to_pull(inventory, repository, role) or grant
end

-- Reports each service and repository once, however many of its images the service deploys.
local function check_grants(inventory, add)
  local checked = {}
  for _, image in ipairs(inventory.deployed) do
    local repository, service = image.repository, image.service
    local key = repository and service.name .. " " .. repository.name
    local reason, fix
    if repository and not repository.unknown and not checked[key] then
      checked[key] = true
      reason, fix = obstacle(inventory, repository, service)
    end
    if reason then
      add("image-not-granted", {
        repository = repository, service = service.name, principal = service.role.arn, fix = fix,
        message = ("%s deploys %s but cannot pull it: %s"):format(service.name, image.reference, reason),
      })
    end
  end
end

local function check_tags(inventory, add)
  for _, image in ipairs(inventory.deployed) do
    if image.repository and image.repository.mutability == "MUTABLE" and not image.uri.digest then
      add("mutable-tag-deployed", {
        repository = image.repository, service = image.service.name, discriminator = image.reference, image = image,
        message = ("%s deploys %s, a tag that can be moved to another image"):format(image.service.name,
          image.reference),
      })
    end
  end
end

return {
  {
    id = "image-elsewhere",
    severity = "high",
    summary = "A deployed image is in another Region or account than its service",
    why = "Lightsail pulls from ECR in the service's own Region only",
    scope = "service",
    needs = { "services" },
    breaks_pull = false,
    check = check_location,
    remediation = push_to_own_region,
  },
  {
    id = "image-missing",
    severity = "high",
    summary = "A deployed image does not exist",
    why = NEXT_PULL_FAILS,
    scope = "all shards",
    needs = { "services", "images", "absences" },
    breaks_pull = false,
    check = check_existence,
    remediation = function() return "push the image again, or deploy an image that exists" end,
  },
  {
    id = "image-not-granted",
    severity = "high",
    summary = "A service cannot pull an image that it deploys",
    why = NEXT_PULL_FAILS,
    scope = "service",
    needs = { "services" },
    breaks_pull = true,
    check = check_grants,
    remediation = function(_, details) return details.fix end,
  },
  {
    id = "mutable-tag-deployed",
    severity = "info",
    summary = "A deployed tag can be moved to another image",
    why = "when AWS replaces a node, it may pull a different image from the one that was deployed",
    scope = "service",
    needs = { "services" },
    breaks_pull = false,
    check = check_tags,
    remediation = function(inventory, details)
      return remediation.pin(inventory, details.image)
    end,
  },
}
