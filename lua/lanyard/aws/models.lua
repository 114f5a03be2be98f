--- The AWS services that lanyard.aws can call without further description.
---
--- The names and the required members are from AWS's service models. See lanyard.aws.services for the form. Replies are
--- described as far as lanyard reads them.

---@type aws.ServiceDescription[]
return {
  {
    name = "ecr",
    protocol = "json",
    version = "1.1",
    secrets = "authorizationToken",
    target = "AmazonEC2ContainerRegistry_V20150921",
    paging = { "nextToken", "nextToken" },
    shapes = [[
      Tag Key:string! Value:string!
      Repository repositoryName:string! repositoryArn:string! repositoryUri:string! registryId:string! createdAt:time \
        imageTagMutability:string
      ImageId imageDigest:string imageTag:string
      Image imageId:ImageId imageManifest:string imageManifestMediaType:string
      ImageDetail imageDigest:string imageTags:string[] imagePushedAt:time lastRecordedPullTime:time imageStatus:string
      ImageFailure imageId:ImageId failureCode:string failureReason:string
    ]],
    operations = [[
      BatchCheckLayerAvailability repositoryName layerDigests -> layers:list failures:list
      BatchDeleteImage repositoryName imageIds -> imageIds:list failures:list
      BatchGetImage repositoryName imageIds -> images:Image[]! failures:ImageFailure[]
      CreateRepository repositoryName -> repository:table
      DeleteLifecyclePolicy repositoryName
      DeleteRegistryPolicy -> policyText:string
      DeleteRepository repositoryName -> repository:table
      DeleteRepositoryPolicy repositoryName -> repositoryName:echo policyText:string
      DescribeImages repositoryName -> imageDetails:ImageDetail[]! nextToken:string
      DescribeImageScanFindings repositoryName imageId
      DescribeRegistry -> registryId:string!
      DescribeRepositories -> repositories:Repository[]! nextToken:string
      GetAccountSetting name -> name:echo value:string
      GetAuthorizationToken -> authorizationData:list
      GetDownloadUrlForLayer repositoryName layerDigest -> downloadUrl:string
      GetLifecyclePolicy repositoryName
      GetRegistryPolicy -> policyText:string
      GetRepositoryPolicy repositoryName -> repositoryName:echo policyText:string
      ListImages repositoryName -> imageIds:ImageId[]! nextToken:string
      ListTagsForResource resourceArn -> tags:Tag[]!
      PutAccountSetting name value -> name:echo value:echo
      PutImage repositoryName imageManifest -> image:table
      PutImageTagMutability repositoryName imageTagMutability
      PutLifecyclePolicy repositoryName lifecyclePolicyText
      PutRegistryPolicy policyText -> policyText:string
      SetRepositoryPolicy repositoryName policyText -> repositoryName:echo policyText:string
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
    target = "Lightsail_20161128",
    paging = { "pageToken", "nextPageToken" },
    shapes = [[
      Tag key:string! value:string
      Region name:string!
      Location regionName:string
      StateDetail code:string message:string
      PullerRole isActive:boolean principalArn:string
      RegistryAccess ecrImagePullerRole:PullerRole
      Container image:string! command:string[] environment:string{} ports:string{}
      HealthCheck healthyThreshold:integer unhealthyThreshold:integer timeoutSeconds:integer intervalSeconds:integer \
        path:string successCodes:string
      Endpoint containerName:string containerPort:integer healthCheck:HealthCheck
      Deployment version:integer! state:string! createdAt:time containers:Container{} publicEndpoint:Endpoint
      ServiceDeployment version:integer! state:string! createdAt:time containers:Container{}
      Service containerServiceName:string state:string! arn:string location:Location stateDetail:StateDetail \
        power:string scale:integer isDisabled:boolean principalArn:string privateRegistryAccess:RegistryAccess \
        tags:Tag[] currentDeployment:ServiceDeployment nextDeployment:ServiceDeployment url:string createdAt:time \
        publicDomainNames:list{} privateDomainName:string
      LogEvent createdAt:time message:string
      RegisteredImage image:string! digest:string createdAt:time
      Power powerId:string! name:string! price:number! cpuCount:number! ramSizeInGb:number! isActive:boolean
      DataPoint timestamp:time average:number maximum:number minimum:number sampleCount:number sum:number unit:string
      RegistryLogin username:string! password:string! expiresAt:time registry:string!
      CertificateDetail status:string! subjectAlternativeNames:string[] notAfter:time inUseResourceCount:integer \
        requestFailureReason:string
      Certificate certificateName:string! certificateArn:string domainName:string certificateDetail:CertificateDetail
    ]],
    operations = [[
      CreateContainerService serviceName power scale -> containerService:Service!
      CreateContainerServiceDeployment once serviceName -> containerService:Service
      CreateContainerServiceRegistryLogin -> registryLogin:RegistryLogin!
      DeleteContainerImage serviceName image
      DeleteContainerService serviceName
      GetCertificates -> certificates:Certificate[]! nextPageToken:string
      GetContainerAPIMetadata -> metadata:list
      GetContainerImages serviceName -> containerImages:RegisteredImage[]!
      GetContainerLog serviceName containerName -> logEvents:LogEvent[] nextPageToken:string
      GetContainerServiceDeployments serviceName -> deployments:Deployment[]!
      GetContainerServiceMetricData serviceName metricName startTime endTime period statistics -> metricName:echo \
        metricData:DataPoint[]!
      GetContainerServicePowers -> powers:Power[]!
      GetContainerServices -> containerServices:Service[]!
      GetRegions -> regions:Region[]!
      RegisterContainerImage once serviceName label digest -> containerImage:RegisteredImage!
      TagResource resourceName tags -> operations:list
      UntagResource resourceName tagKeys -> operations:list
      UpdateContainerService serviceName -> containerService:Service
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
      GetCallerIdentity -> Account:string! Arn:string! UserId:string
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
    shapes = [[
      Identity Arn:string!
      Evaluation EvalActionName:string! EvalDecision:string!
    ]],
    operations = [[
      GetAccountSummary -> SummaryMap:table
      GetPolicy PolicyArn -> Policy:table
      GetPolicyVersion PolicyArn VersionId -> PolicyVersion:table
      GetRole RoleName -> Role:Identity!
      GetRolePolicy RoleName PolicyName -> PolicyDocument:string!
      GetUser -> User:Identity!
      GetUserPolicy UserName PolicyName -> PolicyDocument:string!
      ListAccountAliases -> AccountAliases:string[]! Marker:string
      ListAttachedRolePolicies RoleName -> AttachedPolicies:list! Marker:string
      ListAttachedUserPolicies UserName -> AttachedPolicies:list! Marker:string
      ListGroupsForUser UserName -> Groups:list! Marker:string
      ListRolePolicies RoleName -> PolicyNames:string[]! Marker:string
      ListRoles -> Roles:Identity[]! Marker:string
      ListUserPolicies UserName -> PolicyNames:string[]! Marker:string
      ListUsers -> Users:Identity[]! Marker:string
      SimulateCustomPolicy PolicyInputList ActionNames -> EvaluationResults:Evaluation[]! Marker:string
      SimulatePrincipalPolicy PolicySourceArn ActionNames -> EvaluationResults:Evaluation[]! Marker:string
    ]],
  },
  {
    name = "organizations",
    protocol = "json",
    version = "1.1",
    target = "AWSOrganizationsV20161128",
    sensitive = "Email MasterAccountEmail Name",
    paging = { "NextToken", "NextToken" },
    shapes = [[
      Account Id:string! State:string Status:string
      Parent Id:string! Type:string
      PolicySummary Id:string! Arn:string Name:string Type:string AwsManaged:boolean
      Policy PolicySummary:PolicySummary! Content:string!
    ]],
    operations = [[
      AttachPolicy PolicyId TargetId
      CreatePolicy Content Description Name Type -> Policy:Policy!
      DescribePolicy PolicyId -> Policy:Policy!
      DetachPolicy PolicyId TargetId
      DisablePolicyType RootId PolicyType -> Root:table
      EnablePolicyType RootId PolicyType -> Root:table
      DescribeAccount AccountId -> Account:Account!
      DescribeOrganization -> Organization:table
      DescribeOrganizationalUnit OrganizationalUnitId -> OrganizationalUnit:table
      ListAccounts -> Accounts:Account[]! NextToken:string
      ListAccountsForParent ParentId -> Accounts:Account[]! NextToken:string
      ListOrganizationalUnitsForParent ParentId -> OrganizationalUnits:list! NextToken:string
      ListParents ChildId -> Parents:Parent[]! NextToken:string
      ListPolicies Filter -> Policies:PolicySummary[]! NextToken:string
      ListPoliciesForTarget TargetId Filter -> Policies:PolicySummary[]! NextToken:string
      ListTargetsForPolicy PolicyId -> Targets:list! NextToken:string
      ListRoots -> Roots:list! NextToken:string
    ]],
  },
  {
    name = "ssm",
    protocol = "json",
    version = "1.1",
    target = "AmazonSSM",
    secrets = "Value",
    sensitive = "Value",
    shapes = [[
      Parameter Name:string! Type:string! Value:string! Version:integer ARN:string LastModifiedDate:time \
        DataType:string Selector:string
    ]],
    operations = [[
      GetParameter Name -> Parameter:Parameter!
      GetParameters Names -> Parameters:Parameter[]! InvalidParameters:string[]
    ]],
  },
  {
    name = "secretsmanager",
    protocol = "json",
    version = "1.1",
    target = "secretsmanager",
    secrets = "SecretString SecretBinary",
    operations = [[
      GetSecretValue SecretId -> ARN:string! Name:string! VersionId:string! SecretString:string SecretBinary:string \
        VersionStages:string[] CreatedDate:time
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
