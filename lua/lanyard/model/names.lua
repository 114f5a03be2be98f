--- The names of services in the AWS CLI, from their ids in models: botocore's folders have these names, and models in
--- other forms have only the ids.
---
---     names.of "Cost Explorer"   --> ce
---     names.of "API Gateway"     --> apigateway

local M = {}

-- Ids whose name is not the id in lower case with hyphens.
local OTHER = {
  ["Application Auto Scaling"] = "application-autoscaling",
  ["Application Discovery Service"] = "discovery",
  ["CloudWatch Logs"] = "logs",
  ["Cognito Identity Provider"] = "cognito-idp",
  ["Config Service"] = "config",
  ["Cost Explorer"] = "ce",
  ["Cost and Usage Report Service"] = "cur",
  ["Database Migration Service"] = "dms",
  ["Directory Service"] = "ds",
  ["Directory Service Data"] = "ds-data",
  ["Elastic Load Balancing"] = "elb",
  ["Elastic Load Balancing v2"] = "elbv2",
  ["Elasticsearch Service"] = "es",
  ["EventBridge"] = "events",
  ["IoT 1Click Devices Service"] = "iot1click-devices",
  ["IoT 1Click Projects"] = "iot1click-projects",
  ["IoT Data Plane"] = "iot-data",
  ["IoT Events Data"] = "iotevents-data",
  ["IoT Jobs Data Plane"] = "iot-jobs-data",
  ["Lex Model Building Service"] = "lex-models",
  ["Lex Models V2"] = "lexv2-models",
  ["Lex Runtime Service"] = "lex-runtime",
  ["Lex Runtime V2"] = "lexv2-runtime",
  ["Marketplace Entitlement Service"] = "marketplace-entitlement",
  ["Marketplace Metering"] = "meteringmarketplace",
  ["Migration Hub"] = "mgh",
  ["Pinpoint SMS Voice"] = "sms-voice",
  ["SFN"] = "stepfunctions",
  ["Service Catalog AppRegistry"] = "servicecatalog-appregistry",
  ["ServerlessApplicationRepository"] = "serverlessrepo",
  ["SimpleDB"] = "sdb",
  ["Auto Scaling Plans"] = "autoscaling-plans",
}

-- Ids whose name has no hyphens.
for id in ([[
  Alexa For Business, API Gateway, App Mesh, Auto Scaling, CloudHSM V2, CloudSearch Domain, Data Pipeline, Device Farm,
  Direct Connect, DynamoDB Streams, Elastic Beanstalk, Elastic Transcoder, Global Accelerator, IoT Events, IoT Wireless,
  Kinesis Analytics, Kinesis Analytics V2, Kinesis Video, Machine Learning, Marketplace Commerce Analytics,
  Resource Groups Tagging API, Route 53, Route 53 Domains, S3 Control, Secrets Manager, Service Catalog,
  Storage Gateway
]]):gmatch "%s*([^,\n]+)" do
  OTHER[id] = id:lower():gsub(" ", "")
end

--- Returns the name of a service.
---@param id string  "serviceId" of a model: "Cost Explorer"
---@return string name
function M.of(id)
  return OTHER[id] or (id:lower():gsub(" ", "-"))
end

return M
