--- The actions of AWS STS, without the prefix `sts:`.
--- https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html

local M = {}

--- All actions.
---@type string[]
M.ALL = {
  "AssumeRole",
  "AssumeRoleWithSAML",
  "AssumeRoleWithWebIdentity",
  "AssumeRoot",
  "DecodeAuthorizationMessage",
  "GetAccessKeyInfo",
  "GetCallerIdentity",
  "GetDelegatedAccessToken",
  "GetFederationToken",
  "GetServiceBearerToken",
  "GetSessionToken",
  "GetWebIdentityToken",
  "SetContext",
  "SetSourceIdentity",
  "TagGetWebIdentityToken",
  "TagSession",
}

--- The actions that a trust policy can allow.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_modify.html
---@type string[]
M.TRUST = {
  "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "SetContext", "SetSourceIdentity", "TagSession",
}

return M
