--- Registers what the policy linter and the advice on errors need to know about Lightsail and ECR.
---
---     require "lanyard.access.lightsail"
---
--- The roles that Lightsail creates for a container service name the Region and the service:
---
---     arn:PARTITION:iam::OWNER:role/amazon/lightsail/REGION/containers/SERVICE/private-repo-access/ID
---
--- is the ECR image puller role. Without `private-repo-access` it is the general role of the service. OWNER is an
--- account of Lightsail.

local advice = require "lanyard.aws.advice"
local lint = require "lanyard.policy.lint.services"
local recorded = require("lanyard.lazy") "lanyard.aws.recorded"

lint.register {
  roles = {
    { pattern = "^role/amazon/lightsail/", subject = "a Lightsail role", pulls_only = true, service_owned = true },
  },
  unusable = {
    {
      type = "AWS", pattern = "^role/amazon/lightsail/[^/]+/containers/[^/]+/[^/]+$",
      check = {
        id = "general-role", severity = "high",
        summary = "the general role of a Lightsail container service, which pulls no images",
      },
      message = "this is the general role of the container service, which pulls no images",
      fix = "name its ECR image puller role, whose ARN contains /private-repo-access/",
    },
    {
      type = "Service", pattern = "lightsail", -- lightsail.amazonaws.com, containerservices.lightsail.amazonaws.com
      check = {
        id = "lightsail-service", severity = "high",
        summary = "Lightsail as a service principal, which pulls no images",
      },
      message = "Lightsail does not pull images as a service principal: deployments end as Canceled, without a reason",
      fix = "name the service's ECR image puller role (lanyard grant SERVICE REPOSITORY)",
    },
  },
}

advice.register {
  InvalidSignatureException = function(err)
    return recorded.means(err, "no region")
      and "check the Region: ECR and Lightsail container services must be available there" or nil
  end,
  RegionSetupInProgressException = "AWS is still setting up this Region for the account: try again in a few minutes",
  RepositoryNotFoundException = function(err)
    return not err.tip and "check the Region and the account: lanyard audit lists the repositories there" or nil
  end,
}
