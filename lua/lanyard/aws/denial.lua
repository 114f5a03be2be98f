--- Reads why AWS denied a call, from the message of the error, and advises what to change.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
---
---     denial.read(err).kind   --> "service control policy"
---     denial.advice(err)      --> "a Deny statement in a service control policy denies ecr:PutImage\n..."
---
--- Since 2026 the message can end in the ARN of the denying policy:
--- https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns

local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

--- The codes of a denied call. Services that use IAM's own text send one of the first three.
---@type table<string, boolean>
M.CODES = lists.set "AccessDenied AccessDeniedException UnauthorizedOperation NotAuthorized AuthorizationError"

local ORGANIZATION = "an administrator of the organization has to change it in AWS Organizations: no other policy "
  .. "overrides it"

-- What to do about each kind of policy, named as in AWS's messages. `deny` is for a Deny, `allow` for a missing Allow.
local REMEDIES = {
  ["service control policy"] = { deny = ORGANIZATION, allow = ORGANIZATION },
  ["resource control policy"] = { deny = ORGANIZATION, allow = ORGANIZATION },
  ["VPC endpoint policy"] = {
    deny = "change the policy of the VPC endpoint that the request passes, or call AWS without that endpoint",
    allow = "allow the action in the policy of the VPC endpoint that the request passes, or call AWS without that "
      .. "endpoint",
  },
  ["permissions boundary"] = {
    deny = "change the permissions boundary of the caller's user or role: no other policy overrides it",
    allow = "allow the action in the permissions boundary of the caller's user or role, which limits its other "
      .. "policies",
  },
  ["session policy"] = {
    deny = "change the session policy, which was passed when the session was requested, or use a session without it",
    allow = "allow the action in the session policy, which was passed when the session was requested, or use a session "
      .. "without it",
  },
  ["role trust policy"] = {
    deny = "change the trust policy of the role",
    allow = "allow the caller in the trust policy of the role",
  },
  ["identity-based policy"] = {
    deny = "change that Deny in the policies of the caller's user, its groups or its role: a further Allow does not "
      .. "override it",
  },
}

-- A resource-based policy is named after the resource.
local function resource_remedy(denial)
  local repository = denial.resource:match "^arn:[^:]+:ecr:[^:]*:[^:]*:repository/(.+)$"
  local owner = repository
      and ("the policy of the repository '%s' or the registry policy of its account"):format(repository)
    or denial.resource ~= "*" and "the policy of " .. denial.resource or "the policy of the resource"
  return denial.explicit and ("change the Deny in %s"):format(owner) or ("allow the caller in %s"):format(owner)
end

-- Returns the name of a kind of policy as REMEDIES has it. "sessions policy" is a form of AWS's page.
local function kind_of(text)
  text = text:gsub("policies$", "policy"):gsub("boundaries$", "boundary"):gsub("^sessions ", "session ")
  for kind in pairs(REMEDIES) do
    if kind:lower() == text then
      return kind
    end
  end
  return text
end

-- A kind of policy in lower case, with an article
local DENY_IN = "explicit deny in (%l+) ([%l%- ]+)"

-- Returns the kind of policy and whether it has a Deny | nil: the message does not name a kind
local function reason_of(text)
  local lower = text:lower()
  local transitive = lower:match "transitively through an? ([%l%- ]+)"
  local article, named = lower:match(DENY_IN)
  named = article and (article == "a" or article == "an" or article == "the") and named
  named = transitive or named and named:match "^(.-) transitively" or named
  if named then
    local kind = named:match "^(.-polic%l+)" or named:match "^(.-boundar%l+)" or named:match "^%s*(.-)%s*$"
    return kind_of(kind), true
  elseif lower:find("explicit deny", 1, true) then
    return nil, true
  end
  local missing = lower:match "because no ([%l%- ]-) allows?%f[^%l]"
  if missing and missing ~= "policy" then
    return kind_of(missing), false
  elseif lower:find("because the role trust policy allows", 1, true) then -- a form of AWS's page
    return "role trust policy", false
  end
  return nil, false
end

-- Returns a reason that names no kind of policy, as AWS words it | nil
local function other_reason(text)
  local reason = text:match "[Bb]ecause (.+)$"
  return reason and not reason:find "^no policy " and reason:gsub("%.$", "") or nil
end

--- What the message of a denied call says.
---@class aws.Denial
---@field kind? string       the kind of policy, as AWS names it: "service control policy"; nil if AWS does not say
---@field explicit boolean   a Deny denies; otherwise no Allow applies
---@field policy? string     the ARN of the policy with the Deny
---@field action? string     "ecr:PutImage"
---@field resource string    an ARN, or "*"
---@field encoded? string    for sts:DecodeAuthorizationMessage
---@field other? string      a reason that names no kind of policy

--- Reads the message of a denied call.
---@param err lanyard.Error
---@return aws.Denial
function M.read(err)
  local text = (err.message or ""):gsub("%s+", " ")
  local reason, encoded = text:match "^(.-) ?[Ee]ncoded authorization failure message: ?(%S+)"
  reason = reason or text
  local kind, explicit = reason_of(reason)
  local action = reason:match "[Nn]ot authorized to perform:? ?([%w-]+:%w+)"
    or err.operation and ("%s:%s"):format(err.service, err.operation) or nil
  -- Nobody signs these requests: only the role decides.
  kind = kind or (action or ""):find "^sts:AssumeRoleWith" and "role trust policy" or nil
  local resource = reason:match "on resource: ?\"?(arn:[^%s\"]+)"
  return {
    kind = kind,
    explicit = explicit,
    policy = explicit and reason:match "explicit deny.-(arn:[^%s\",;)]*[^%s\",;).])" or nil,
    action = action,
    resource = resource and resource:gsub("[.,;]$", "") or "*",
    encoded = encoded,
    other = not kind and not explicit and other_reason(reason) or nil,
  }
end

--- Returns what to change, in one line.
---@param denial aws.Denial  one whose kind is known
---@return string
function M.remedy(denial)
  if denial.kind == "resource-based policy" then
    return resource_remedy(denial)
  end
  local remedies = REMEDIES[denial.kind] or {}
  return remedies[denial.explicit and "deny" or "allow"]
    or denial.explicit and "change that Deny: a further Allow does not override it"
    or ("allow the action in a %s"):format(denial.kind)
end

--- Reports whether the caller lacks a statement in an identity-based policy, or may lack one because AWS does not say
--- why it denied the call.
---@param denial aws.Denial
---@return boolean
function M.may_lack_statement(denial)
  return not denial.explicit and not denial.other and (denial.kind == nil or denial.kind == "identity-based policy")
end

local function article(kind)
  return (kind:find "^[aeio]" and "an " or "a ") .. kind
end

-- Returns the lines for a policy that denies, or that does not allow.
local function policy_lines(denial)
  local action = denial.action or "the call"
  if denial.other then
    return { ("AWS denies %s because %s"):format(action, denial.other) }
  elseif not denial.kind then
    return {
      ("a Deny statement denies %s; AWS does not say in which policy"):format(action),
      "check the policies of the caller, of the resource and of the organization: a further Allow does not override it",
    }
  elseif denial.explicit then
    local name = article(denial.kind) .. (denial.policy and (" (%s)"):format(denial.policy) or "")
    return { ("a Deny statement in %s denies %s"):format(name, action), M.remedy(denial) }
  end
  return { ("no %s allows %s"):format(denial.kind, action), M.remedy(denial) }
end

-- Returns the lines for a statement that the caller lacks, or may lack.
local function statement_lines(denial)
  if not denial.action then
    return { "ask for the missing permission (lanyard permissions prints the policy that an operator needs)" }
  end
  local text = json.encode { Effect = "Allow", Action = denial.action, Resource = denial.resource }
  local lines = {
    (denial.kind and "" or "AWS does not say why: unless another kind of policy denies it, ")
      .. "the caller lacks this statement in an IAM policy: " .. text,
    denial.action == "sts:AssumeRole" and "the trust policy of the role has to allow the caller, too"
      or "lanyard permissions prints the whole policy that an operator needs",
  }
  return lines
end

--- Advises what to do about a denied call.
---@param err lanyard.Error
---@return string? lines  nil for an error that is not AWS's, such as one of the file system
function M.advice(err)
  local denial = M.read(err)
  if not denial.action and not err.service and not err.status then
    return nil
  end
  local lines = M.may_lack_statement(denial) and statement_lines(denial) or policy_lines(denial)
  if denial.encoded then
    lines[#lines + 1] = "the details: aws sts decode-authorization-message --encoded-message " .. denial.encoded
  end
  return table.concat(lines, "\n")
end

return M
