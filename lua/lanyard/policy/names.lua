--- Names that policies contain: Regions, partitions and services, as of August 2026.
---
---     names.is_region "us-east-1"           --> true
---     names.nearest_region "us-esat-1"      --> "us-east-1"
---     names.is_service "ecr"                --> true
---
--- Sources:
--- https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html and partitions.json of botocore
--- the list of services in https://docs.aws.amazon.com/service-authorization/latest/reference/
--- AWS's managed policies (prefixes of services that AWS closed)

local lists = require "lanyard.lists"
local suggest = require "lanyard.text.suggest"

local M = {}

-- The sets of names, each made when it is first read: most documents need few of them.
local sets = lists.made_when_read({
  regions = [[
    af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1
    ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1
    eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1
    me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
    cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1 eusc-de-east-1
    us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 eu-isoe-west-1 us-isof-east-1 us-isof-south-1
  ]],
  partitions = "aws aws-cn aws-us-gov aws-eusc aws-iso aws-iso-b aws-iso-e aws-iso-f",
  -- Prefixes of services, from the Service Authorization Reference and AWS's managed policies.
  services = [[
    a2c a4b access-analyzer account account-access acm acm-pca aco-automation action-recommendations activate
    agent-registry agentaccess-mcp aidevops aiops airflow airflow-serverless amplify amplifybackend amplifyuibuilder
    aoss apigateway app-integrations appconfig appfabric appflow application-autoscaling application-signals
    application-signals-mcp application-transformation applicationinsights applicationwizard appmesh appmesh-preview
    apprunner appstream appstudio appsync apptest aps arc-region-switch arc-zonal-shift arsenal artifact athena
    auditmanager autoscaling autoscaling-plans aws-external-anthropic aws-marketplace aws-marketplace-management
    aws-portal awsconnector b2bi backup backup-gateway backup-search backup-storage batch bcm-dashboards
    bcm-data-exports bcm-pricing-calculator bcm-recommended-actions bedrock bedrock-agentcore bedrock-mantle
    bedrock-websearch billing billingconductor braket budgets bugbust builderid cases cassandra catalog catalog-admin
    catalog-user ce chatbot chime cleanrooms cleanrooms-ml cloud9 clouddirectory cloudformation cloudfront
    cloudfront-keyvaluestore cloudhsm cloudsearch cloudshell cloudtrail cloudtrail-data cloudwatch codeartifact
    codebuild codecatalyst codecommit codeconnections codedeploy codedeploy-commands-secure codeguru codeguru-profiler
    codeguru-reviewer codeguru-security codepipeline codestar codestar-connections codestar-notifications
    codewhisperer cognito-identity cognito-idp cognito-sync comprehend comprehendmedical compute-optimizer config
    connect connect-campaigns consoleapp consolidatedbilling controlcatalog controltower cost-optimization-hub crowd
    cur customer-verification databrew dataexchange datapipeline datasync datazone datazonecontrol dax dbqms deadline
    deepcomposer deeplens deepracer detective devicefarm devops-guru directconnect discovery dlm dms docdb-elastic drs
    ds ds-data dsql dynamodb ebs ec2 ec2-instance-connect ec2-reports ec2messages ecr ecr-public ecs ecs-mcp eks
    eks-auth eks-mcp elastic-inference elasticache elasticbeanstalk elasticfilesystem elasticloadbalancing
    elasticmapreduce elastictranscoder elemental-activations elemental-appliances-software elemental-inference
    elemental-support-cases elemental-support-content emr-containers emr-serverless entityresolution es events
    eventsbilltoaws evidently evs execute-api finops-agent finspace finspace-api firehose fis fms forecast
    frauddetector freertos freetier fsx gamelift gameliftstreams geo geo-maps geo-places geo-routes glacier
    globalaccelerator glue grafana greengrass groundstation groundtruthlabeling guardduty health health-agent
    healthlake honeycode iam identity-sync identitystore identitystore-auth imagebuilder importexport inspector
    inspector-scan inspector2 inspector2-telemetry interconnect internetmonitor invoicing iot iot-device-tester
    iot1click iotanalytics iotdeviceadvisor iotevents iotfleethub iotfleetwise iotjobsdata iotmanagedintegrations
    iotroborunner iotsitewise iottwinmaker iotwireless iq iq-permission ivs ivschat kafka kafka-cluster kafkaconnect
    kendra kendra-ranking kinesis kinesisanalytics kinesisvideo kms lakeformation lambda launchwizard lex
    license-manager license-manager-linux-subscriptions license-manager-user-subscriptions lightsail logs
    lookoutequipment lookoutmetrics lookoutvision m2 machinelearning macie2 managedblockchain managedblockchain-query
    mapcredits marketplacecommerceanalytics mechanicalturk mediaconnect mediaconvert mediaimport medialive
    mediapackage mediapackage-vod mediapackagev2 mediastore mediatailor medical-imaging memorydb mgh mgn
    migrationhub-orchestrator migrationhub-strategy mobileanalytics mobilehub mobiletargeting monitron mpa mq
    neptune-db neptune-graph network-firewall network-security-director networkflowmonitor networkmanager
    networkmanager-chat networkmonitor nimble notifications notifications-contacts nova-act oam observabilityadmin odb
    omics one opensearch opsworks opsworks-cm organizations osis outposts panorama partnercentral
    partnercentral-account-management payment-cryptography payments pca-connector-ad pca-connector-scep pcs
    personalize pi pipes polly pricing pricingplanmanager private-networks profile proton purchase-orders q qapps
    qbusiness qdeveloper qldb quicksight ram rbin rds rds-data rds-db redshift redshift-data redshift-serverless
    refactor-spaces rekognition repostspace researchstudio resiliencehub resource-explorer resource-explorer-2
    resource-groups rhelkb robomaker rolesanywhere route53 route53-recovery-cluster route53-recovery-control
    route53-recovery-control-config route53-recovery-readiness route53domains route53globalresolver route53profiles
    route53resolver rtbfabric rum s3 s3-object-lambda s3-outposts s3express s3files s3tables s3vectors sagemaker
    sagemaker-data-science-assistant sagemaker-geospatial sagemaker-groundtruth-synthetic sagemaker-mlflow
    sagemaker-unified-studio-mcp savingsplans scheduler schemas scn sdb secretsmanager security-ir securityagent
    securityhub securitylake serverlessrepo servicecatalog servicediscovery serviceextract servicequotas ses shield
    signer signin simspaceweaver sms sms-voice snow-device-management snowball sns social-messaging sqlworkbench sqs
    ssm ssm-contacts ssm-guiconnect ssm-incidents ssm-quicksetup ssm-sap ssmmessages sso sso-directory sso-oauth
    states storagegateway sts sumerian support support-console supportapp supportplans sustainability swf synthetics
    tag tax textract thinclient timestream timestream-influxdb tiros tnb transcribe transfer transform
    transform-custom translate trustedadvisor ts user-subscriptions uxc vendor-insights verified-access
    verifiedpermissions voiceid vpc-lattice vpc-lattice-svcs vpce waf waf-regional wafv2 wam wellarchitected wickr
    wisdom workdocs worklink workmail workmailmessageflow workspaces workspaces-instances workspaces-web xray zocalo
  ]],
  -- Services whose ARNs never have a Region.
  global = [[
    account billing billingconductor budgets ce cloudfront globalaccelerator iam organizations payments route53
    savingsplans shield sts waf
  ]],
  -- Services whose ARNs always have a Region: the ones that policies name most.
  regional = [[
    acm apigateway apprunner athena autoscaling backup batch cloudformation cloudtrail codebuild codecommit
    codepipeline cognito-idp config ecr ecs elasticfilesystem elasticloadbalancing es events firehose glue guardduty
    kinesis kms lambda lightsail logs pipes redshift sagemaker scheduler secretsmanager sns sqs ssm states
  ]],
}, lists.set)

-- The same, sorted, for suggestions.
local sorted = lists.made_when_read({ regions = true, services = true }, function(_, name)
  return lists.sorted_names(sets[name])
end)

--- Reports whether a Region exists.
---@param name string
---@return boolean
function M.is_region(name)
  return sets.regions[name] or false
end

--- Returns the Region that a mistyped one was probably meant to be. Letters can be in the wrong order.
---@param name string
---@return string?
function M.nearest_region(name)
  return suggest(name, sorted.regions)
end

--- Reports whether a partition exists.
---@param name string
---@return boolean
function M.is_partition(name)
  return sets.partitions[name] or false
end

--- Returns the names of the partitions.
---@return string[]
function M.partitions()
  return lists.sorted_names(sets.partitions)
end

--- Reports whether a service has a prefix, in lower case.
---@param prefix string
---@return boolean
function M.is_service(prefix)
  return sets.services[prefix] or false
end

--- Returns the prefix of a service that a mistyped one was probably meant to be.
---@param prefix string
---@return string?
function M.nearest_service(prefix)
  return suggest(prefix, sorted.services)
end

--- Reports whether the ARNs of a service have no Region.
---@param service string
---@return boolean
function M.is_global(service)
  return sets.global[service] or false
end

--- Reports whether the ARNs of a service always have a Region. Without a list of all services, false means "unknown".
---@param service string
---@return boolean
function M.is_regional(service)
  return sets.regional[service] or false
end

return M
