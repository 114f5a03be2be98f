--- The actions of Amazon ECR, without the prefix `ecr:`.
--- https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html

local M = {}

--- All actions: the operations of the API, and three permissions without an operation (BatchImportUpstreamImage,
--- GetImageCopyStatus, ReplicateImage).
---@type string[]
M.ALL = {
  "BatchCheckLayerAvailability",
  "BatchDeleteImage",
  "BatchGetImage",
  "BatchGetRepositoryScanningConfiguration",
  "BatchImportUpstreamImage",
  "CompleteLayerUpload",
  "CreatePullThroughCacheRule",
  "CreateRepository",
  "CreateRepositoryCreationTemplate",
  "DeleteLifecyclePolicy",
  "DeletePullThroughCacheRule",
  "DeleteRegistryPolicy",
  "DeleteRepository",
  "DeleteRepositoryCreationTemplate",
  "DeleteRepositoryPolicy",
  "DeleteSigningConfiguration",
  "DeregisterPullTimeUpdateExclusion",
  "DescribeImageReplicationStatus",
  "DescribeImageScanFindings",
  "DescribeImageSigningStatus",
  "DescribeImages",
  "DescribePullThroughCacheRules",
  "DescribeRegistry",
  "DescribeRepositories",
  "DescribeRepositoryCreationTemplates",
  "GetAccountSetting",
  "GetAuthorizationToken",
  "GetDownloadUrlForLayer",
  "GetImageCopyStatus",
  "GetLifecyclePolicy",
  "GetLifecyclePolicyPreview",
  "GetRegistryPolicy",
  "GetRegistryScanningConfiguration",
  "GetRepositoryPolicy",
  "GetSigningConfiguration",
  "InitiateLayerUpload",
  "ListImageReferrers",
  "ListImages",
  "ListPullTimeUpdateExclusions",
  "ListTagsForResource",
  "PutAccountSetting",
  "PutImage",
  "PutImageScanningConfiguration",
  "PutImageTagMutability",
  "PutLifecyclePolicy",
  "PutRegistryPolicy",
  "PutRegistryScanningConfiguration",
  "PutReplicationConfiguration",
  "PutSigningConfiguration",
  "RegisterPullTimeUpdateExclusion",
  "ReplicateImage",
  "SetRepositoryPolicy",
  "StartImageScan",
  "StartLifecyclePolicyPreview",
  "TagResource",
  "UntagResource",
  "UpdateImageStorageClass",
  "UpdatePullThroughCacheRule",
  "UpdateRepositoryCreationTemplate",
  "UploadLayerPart",
  "ValidatePullThroughCacheRule",
}

--- What the actions are good for that change a repository, its images, or the access to them: the ability with a place
--- for the repository's name, the ability after another one, and its actions.
---@type { ability: string, further: string, actions: string[] }[]
M.CHANGES = {
  { ability = "push images to %s", further = "push images", actions = { "PutImage" } },
  { ability = "upload layers to %s", further = "upload layers",
    actions = { "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload" } },
  { ability = "delete images of %s", further = "delete images", actions = { "BatchDeleteImage" } },
  { ability = "archive images of %s", further = "archive images", actions = { "UpdateImageStorageClass" } },
  { ability = "delete %s", further = "delete the repository", actions = { "DeleteRepository" } },
  { ability = "change the policy of %s", further = "change the policy",
    actions = { "SetRepositoryPolicy", "DeleteRepositoryPolicy" } },
  { ability = "change the settings of %s", further = "change the settings", actions = {
    "PutImageTagMutability", "PutLifecyclePolicy", "DeleteLifecyclePolicy", "PutImageScanningConfiguration",
    "TagResource", "UntagResource",
  } },
}

local function actions_of(groups)
  local actions = {}
  for _, group in ipairs(groups) do
    table.move(group.actions, 1, #group.actions, #actions + 1, actions)
  end
  table.sort(actions)
  return actions
end

--- The actions of M.CHANGES, sorted.
---@type string[]
M.WRITES = actions_of(M.CHANGES)

--- The actions on the registry, which have no repository as their resource: a repository policy cannot allow them.
---@type string[]
M.REGISTRY = {
  "CreatePullThroughCacheRule", "CreateRepositoryCreationTemplate", "DeletePullThroughCacheRule",
  "DeleteRegistryPolicy", "DeleteRepositoryCreationTemplate", "DeleteSigningConfiguration",
  "DeregisterPullTimeUpdateExclusion", "DescribePullThroughCacheRules", "DescribeRegistry",
  "DescribeRepositoryCreationTemplates", "GetAccountSetting", "GetRegistryPolicy", "GetRegistryScanningConfiguration",
  "GetSigningConfiguration", "ListPullTimeUpdateExclusions", "PutAccountSetting", "PutRegistryPolicy",
  "PutRegistryScanningConfiguration", "PutReplicationConfiguration", "PutSigningConfiguration",
  "RegisterPullTimeUpdateExclusion", "UpdatePullThroughCacheRule", "UpdateRepositoryCreationTemplate",
  "ValidatePullThroughCacheRule",
}

return M
