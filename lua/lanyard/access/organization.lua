--- Reads the accounts of the organization of a caller.
---
---     local reader = organization.reader(session)
---     local found, err = reader:read()
---     if found and not found.accounts["444455556666"] then print(found.id) end
---
--- Only the management account and delegated administrators may list them, so that most callers get AccessDenied.
--- https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html

local task = require "lanyard.task"

local M = {}

--- The organization of an account.
---@class access.Organization
---@field id string  "o-a1b2c3d4e5"
---@field accounts table<string, true>

--- Reads the organization of accounts, once each.
---@class access.OrganizationReader
---@field private session aws.Session
---@field private gate task.Semaphore
local Reader = {}
Reader.__index = Reader

local function read(session)
  local client, err = session:client "organizations"
  local list
  if client then
    list, err = client:list("ListAccounts", "Accounts")
  end
  if not list then
    return nil, err
  end
  local found = { accounts = {} }
  for _, account in ipairs(list) do
    found.accounts[account.Id] = true
    found.id = found.id or tostring(account.Arn):match ":account/(o%-[a-z0-9]+)/"
  end
  return found.id and found, nil
end

--- Returns the caller's organization. Calls AWS once, when it is first asked.
---@return access.Organization?
---@return aws.Error? err
function Reader:read()
  local _ <close> = self.gate:acquire()
  if not self.is_read then
    self.found, self.err = read(self.session)
    self.is_read = true
  end
  return self.found, self.err
end

--- Returns a reader that calls AWS with the credentials of a session.
---@param session aws.Session
---@return access.OrganizationReader
function M.reader(session)
  return setmetatable({ session = session, gate = task.semaphore(1) }, Reader)
end

return M
