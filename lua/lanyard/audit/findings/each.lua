-- What rules ask of what an audit saw.

local M = {}

-- Every access of every repository: repository, access.
function M.access(seen)
  return coroutine.wrap(function()
    for _, repository in ipairs(seen.repositories) do
      for _, access in ipairs(repository.access) do
        coroutine.yield(repository, access)
      end
    end
  end)
end

-- Every Allow statement of every repository: repository, statement.
function M.allow(seen)
  return coroutine.wrap(function()
    for _, repository in ipairs(seen.repositories) do
      for _, statement in ipairs(repository.statements) do
        if statement.effect == "Allow" then
          coroutine.yield(repository, statement)
        end
      end
    end
  end)
end

-- Whether deployments of the service that has this role need the repository.
function M.is_needed(seen, repository, role_arn)
  for _, one in ipairs(seen.deployed) do
    if one.repository == repository and one.service.role.arn == role_arn then
      return true
    end
  end
  return false
end

return M
