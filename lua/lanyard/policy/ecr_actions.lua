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

--- The actions that change a repository, its images, or the access to them.
---@type string[]
M.WRITES = {
  "BatchDeleteImage", "CompleteLayerUpload", "DeleteLifecyclePolicy", "DeleteRepository",
  "DeleteRepositoryPolicy", "InitiateLayerUpload", "PutImage", "PutImageScanningConfiguration",
  "PutImageTagMutability", "PutLifecyclePolicy", "SetRepositoryPolicy", "TagResource",
  "UntagResource", "UploadLayerPart",
}

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
