--- Deployments that failed.

local remediation = require "lanyard.audit.remediation"

local function check(inventory, add)
  for _, service in ipairs(inventory.services) do
    local failed, running = service.failed, service.current
    if failed then
      add("deployment-failed", {
        service = service.name, failed = failed, principal = service.role.arn, role_owner = service,
        message = ("deployment %d of %s, the newest one, failed: %s"):format(failed.version, service.name,
          failed.causes[1].text),
        why = running and ("the service still runs deployment %d"):format(running.version)
          or "the service runs nothing",
      })
    end
  end
end

-- Returns what removes the causes, as a line for a shell if each has a command.
local function fix(inventory, details)
  local commands, known = {}, {}
  for _, cause in ipairs(details.failed.causes) do
    if not cause.words then
      return (cause.advice or "remove the cause") .. ", then deploy again"
    end
    local command = cause.repository_name
      and remediation.grant(inventory, details.role_owner, { name = cause.repository_name })
      or remediation.command(inventory, table.unpack(cause.words))
    commands[#commands + 1] = not known[command] and command or nil
    known[command] = true
  end
  return remediation.sequence(commands)
end

return {
  {
    id = "deployment-failed",
    severity = "high",
    summary = "The newest deployment of a service failed",
    why = "the service does not run what was deployed last",
    scope = "service",
    needs = { "services", "deployments" },
    breaks_pull = false,
    check = check,
    remediation = fix,
  },
}
