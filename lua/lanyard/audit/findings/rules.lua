--- What user rules (lanyard.rules.audit) report.

local lists = require "lanyard.lists"

-- The severity of an answer without one.
local SEVERITIES = { deny = "high", warn = "low" }

-- Returns the services of this Region that the policy of a repository lets pull, by name.
local function granted_services(inventory, repository)
  local services = {}
  for _, access in ipairs(repository.access) do
    if access.kind == "puller" and access.decision ~= "deny" and access.region == inventory.region then
      services[access.service] = inventory.service_by_name[access.service]
    end
  end
  return services
end

-- Runs the rules for a repository, a service, or a grant of the repository to the service.
local function ask(inventory, add, repository, service)
  for _, answer in ipairs(inventory.rules and inventory.rules:ask(repository, service) or {}) do
    local rule = answer.rule
    add("rule", {
      repository = repository, service = service and service.name, discriminator = rule.name, answer = answer,
      severity = answer.severity or SEVERITIES[answer.kind],
      message = ("rule \"%s\": %s"):format(rule.name, answer.text),
      why = answer.why or ("the rule is defined at %s"):format(rule.location),
    })
  end
end

local function check_repositories(inventory, add)
  for _, repository in ipairs(inventory.repositories) do
    ask(inventory, add, repository, nil)
    local services = granted_services(inventory, repository)
    for _, name in ipairs(lists.sorted_names(services)) do
      ask(inventory, add, repository, services[name])
    end
  end
end

local function check_services(inventory, add)
  for _, service in ipairs(inventory.services) do
    ask(inventory, add, nil, service)
  end
end

return {
  {
    id = "rule",
    severity = "high",
    summary = "A rule reports a problem",
    why = "the rules file says so",
    scope = "repository",
    needs = {},
    breaks_pull = false,
    check = check_repositories,
    check_rest = check_services,
    remediation = function(_, details)
      return details.answer.fix or "do what the rule requires, or mute this finding in the rules file with a reason"
    end,
  },
}
