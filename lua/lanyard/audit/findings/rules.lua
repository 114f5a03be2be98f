-- What rules of one's own say of what is there.

local lists = require "lanyard.lists"

local M = {}

-- Where an answer has no severity of its own.
local SEVERITIES = { deny = "high", warn = "low" }

-- The services of this Region that a repository's policy lets pull, by name, each once.
local function granted_services(seen, repository)
  local found = {}
  for _, access in ipairs(repository.access) do
    if access.kind == "puller" and access.decision ~= "deny" and access.region == seen.region then
      found[access.service] = seen.service[access.service]
    end
  end
  return found
end

-- Adds what the rules say of a repository, a service, or a grant of the one to the other. seen.rules: see
-- lanyard.rules.audit; nil where no rule is asked in audits.
local function ask(seen, add, repository, service)
  for _, answer in ipairs(seen.rules and seen.rules:ask(repository, service) or {}) do
    local rule = answer.rule
    add("rule", {
      repository = repository,
      service = service and service.name,
      severity = answer.severity or SEVERITIES[answer.kind],
      message = ("rule \"%s\": %s"):format(rule.name, answer.text),
      why = answer.why or ("the rule stands at %s"):format(rule.place),
      fix = answer.fix or "do what the rule asks for, or mute this finding in the rules file, with a reason",
      detail = rule.name,
    })
  end
end

function M.repositories(seen, add)
  for _, repository in ipairs(seen.repositories) do
    ask(seen, add, repository, nil)
    local services = granted_services(seen, repository)
    for _, name in ipairs(lists.sorted_names(services)) do
      ask(seen, add, repository, services[name])
    end
  end
end

function M.services(seen, add)
  for _, service in ipairs(seen.services) do
    ask(seen, add, nil, service)
  end
end

return M
