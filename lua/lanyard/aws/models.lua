--- The AWS services that lanyard.aws can call without further description.
---
--- The names and the required members are from AWS's service models. See lanyard.aws.services for the form.

---@type aws.ServiceDescription[]
return {
  {
    name = "ecr",
    protocol = "json",
    version = "1.1",
    secrets = "authorizationToken",
    target = "AmazonEC2ContainerRegistry_V20150921",
    paging = { "nextToken", "nextToken" },
    operations = [[
      BatchCheckLayerAvailability repositoryName layerDigests -> layers:list failures:list
      BatchDeleteImage repositoryName imageIds -> imageIds:list failures:list
      BatchGetImage repositoryName imageIds -> images:list failures:list
      CreateRepository repositoryName -> repository:table
      DeleteLifecyclePolicy repositoryName
      DeleteRegistryPolicy
      DeleteRepository repositoryName -> repository:table
      DeleteRepositoryPolicy repositoryName -> policyText:string
      DescribeImages repositoryName -> imageDetails:list nextToken:string
      DescribeImageScanFindings repositoryName imageId
      DescribeRegistry -> registryId:string
      DescribeRepositories -> repositories:list nextToken:string
      GetAuthorizationToken -> authorizationData:list
      GetDownloadUrlForLayer repositoryName layerDigest -> downloadUrl:string
      GetLifecyclePolicy repositoryName
      GetRegistryPolicy -> policyText:string
      GetRepositoryPolicy repositoryName -> policyText:string
      ListImages repositoryName -> imageIds:list nextToken:string
      ListTagsForResource resourceArn -> tags:list
      PutImage repositoryName imageManifest -> image:table
      PutImageTagMutability repositoryName imageTagMutability
      PutLifecyclePolicy repositoryName lifecyclePolicyText
      PutRegistryPolicy policyText -> policyText:string
      SetRepositoryPolicy repositoryName policyText -> policyText:string
      StartImageScan repositoryName imageId
      TagResource resourceArn tags
      UntagResource resourceArn tagKeys
    ]],
  },
  {
    name = "lightsail",
    protocol = "json",
    version = "1.1",
    secrets = "password",
    transient = "RegionSetupInProgressException",
    target = "Lightsail_20161128",
    paging = { "pageToken", "nextPageToken" },
    operations = [[
      CreateContainerService serviceName power scale -> containerService:table
      CreateContainerServiceDeployment once serviceName -> containerService:table
      CreateContainerServiceRegistryLogin
      DeleteContainerImage serviceName image
      DeleteContainerService serviceName
      GetContainerAPIMetadata
      GetContainerImages serviceName -> containerImages:list
      GetContainerLog serviceName containerName -> logEvents:list nextPageToken:string
      GetContainerServiceDeployments serviceName -> deployments:list
      GetContainerServiceMetricData serviceName metricName startTime endTime period statistics
      GetContainerServicePowers -> powers:list
      GetContainerServices -> containerServices:list
      GetRegions -> regions:list
      RegisterContainerImage once serviceName label digest
      TagResource resourceName tags -> operations:list
      UntagResource resourceName tagKeys -> operations:list
      UpdateContainerService serviceName -> containerService:table
    ]],
    waiters = [[
      acceptors ServiceFailed
        failure containerServices.1.state = DELETING
        failure containerServices.1.stateDetail.code = CERTIFICATE_LIMIT_EXCEEDED UNKNOWN_ERROR
      ServiceSettled GetContainerServices every 2 to 15 for 1800
        include ServiceFailed
        success containerServices.1.state = READY RUNNING DISABLED
      ServiceActive GetContainerServices every 2 to 15 for 1800
        include ServiceFailed
        failure containerServices.1.state = DISABLED
        success containerServices.1.state = READY RUNNING
      RoleActive GetContainerServices every 2 to 15 for 600
        include ServiceFailed
        retry containerServices.1.state = UPDATING PENDING
        success containerServices.1.privateRegistryAccess.ecrImagePullerRole.isActive = true and \
          containerServices.1.privateRegistryAccess.ecrImagePullerRole.principalArn = *
      DeploymentActive GetContainerServiceDeployments every 5 to 30 for 1800
        success deployments[version={version}].state = ACTIVE
        failure deployments[version={version}].state = FAILED INACTIVE
    ]],
  },
  {
    name = "sts",
    protocol = "query",
    version = "2011-06-15",
    secrets = "SecretAccessKey SessionToken WebIdentityToken",
    operations = [[
      AssumeRole RoleArn RoleSessionName -> Credentials:table
      AssumeRoleWithSAML unsigned RoleArn PrincipalArn SAMLAssertion -> Credentials:table
      AssumeRoleWithWebIdentity unsigned RoleArn RoleSessionName WebIdentityToken -> Credentials:table
      DecodeAuthorizationMessage EncodedMessage -> DecodedMessage:string
      GetAccessKeyInfo AccessKeyId -> Account:string
      GetCallerIdentity -> Account:string Arn:string UserId:string
      GetFederationToken Name -> Credentials:table
      GetSessionToken -> Credentials:table
      GetWebIdentityToken Audience SigningAlgorithm -> WebIdentityToken:string
    ]],
  },
  {
    name = "iam",
    protocol = "query",
    version = "2010-05-08",
    paging = { "Marker", "Marker" },
    operations = [[
      GetAccountSummary -> SummaryMap:table
      GetPolicy PolicyArn -> Policy:table
      GetPolicyVersion PolicyArn VersionId -> PolicyVersion:table
      GetRole RoleName -> Role:table
      GetRolePolicy RoleName PolicyName -> PolicyDocument:string
      GetUser -> User:table
      GetUserPolicy UserName PolicyName -> PolicyDocument:string
      ListAccountAliases -> AccountAliases:list Marker:string
      ListAttachedRolePolicies RoleName -> AttachedPolicies:list Marker:string
      ListAttachedUserPolicies UserName -> AttachedPolicies:list Marker:string
      ListGroupsForUser UserName -> Groups:list Marker:string
      ListRolePolicies RoleName -> PolicyNames:list Marker:string
      ListRoles -> Roles:list Marker:string
      ListUserPolicies UserName -> PolicyNames:list Marker:string
      ListUsers -> Users:list Marker:string
      SimulateCustomPolicy PolicyInputList ActionNames -> EvaluationResults:list Marker:string
      SimulatePrincipalPolicy PolicySourceArn ActionNames -> EvaluationResults:list Marker:string
    ]],
  },
  {
    name = "organizations",
    protocol = "json",
    version = "1.1",
    target = "AWSOrganizationsV20161128",
    paging = { "NextToken", "NextToken" },
    operations = [[
      DescribeAccount AccountId -> Account:table
      DescribeOrganization -> Organization:table
      DescribeOrganizationalUnit OrganizationalUnitId -> OrganizationalUnit:table
      ListAccounts -> Accounts:list NextToken:string
      ListAccountsForParent ParentId -> Accounts:list NextToken:string
      ListOrganizationalUnitsForParent ParentId -> OrganizationalUnits:list NextToken:string
      ListParents ChildId -> Parents:list NextToken:string
      ListRoots -> Roots:list NextToken:string
    ]],
  },
  {
    name = "cloudtrail",
    protocol = "json",
    version = "1.1",
    target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
    paging = { "NextToken", "NextToken" },
    operations = [[
      DescribeTrails -> trailList:list
      LookupEvents -> Events:list NextToken:string
    ]],
  },
  {
    name = "sso",
    protocol = "rest_json",
    signing_name = "awsssoportal",
    paging = { "nextToken", "nextToken" },
    secrets = "secretAccessKey sessionToken",
    operations = [[
      GetRoleCredentials unsigned GET /federation/credentials?role_name={roleName}&account_id={accountId} \
        x-amz-sso_bearer_token={accessToken} -> roleCredentials:table
      ListAccountRoles unsigned GET \
        /assignment/roles?next_token={nextToken?}&max_result={maxResults?}&account_id={accountId} \
        x-amz-sso_bearer_token={accessToken} -> roleList:list nextToken:string
      ListAccounts unsigned GET /assignment/accounts?next_token={nextToken?}&max_result={maxResults?} \
        x-amz-sso_bearer_token={accessToken} -> accountList:list nextToken:string
      Logout unsigned POST /logout x-amz-sso_bearer_token={accessToken}
    ]],
  },
  {
    name = "sso-oidc",
    protocol = "rest_json",
    signing_name = "sso-oauth",
    secrets = "accessToken refreshToken idToken clientSecret deviceCode",
    operations = [[
      CreateToken unsigned POST /token clientId clientSecret grantType -> accessToken:string
      RegisterClient unsigned POST /client/register clientName clientType -> clientId:string clientSecret:string
      StartDeviceAuthorization unsigned POST /device_authorization clientId clientSecret startUrl -> deviceCode:string
    ]],
  },
  {
    name = "signin",
    protocol = "rest_json",
    secrets = "secretAccessKey sessionToken refreshToken idToken",
    operations = [[
      CreateOAuth2Token unsigned POST /v1/token DPoP={proof?} {tokenInput} -> {tokenOutput}
    ]],
  },
}
