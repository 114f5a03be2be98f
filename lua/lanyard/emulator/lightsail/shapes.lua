--- The shapes that requests to Lightsail share. Source: botocore's model of 2016-11-28.

local names = require "lanyard.aws.names"
local powers = require "lanyard.emulator.lightsail.powers"
local shape = require "lanyard.emulator.shape"

local M = {}

M.service_name = shape.string {
  required = true, min = 1, max = 63, regex = "^[a-z0-9]{1,2}|[a-z0-9][a-z0-9-]+[a-z0-9]$",
  check = names.container_service,
}
M.optional_name = shape.string {
  min = 1, max = 63, regex = M.service_name.regex, check = names.container_service,
}
-- lanyard.emulator.lightsail.deployments checks the pattern, for which Lightsail has its own message.
M.container_name = shape.string { min = 1, max = 53 }
M.powers = powers.NAMES
M.containers = shape.map(M.container_name, shape.structure {
  image = shape.string(),
  command = shape.list(shape.string()),
  environment = shape.map(shape.string(), shape.string()),
  ports = shape.map(shape.string(), shape.string { enum = { "HTTP", "HTTPS", "TCP", "UDP" } }),
})
M.endpoint = shape.structure {
  containerName = shape.string { required = true },
  containerPort = shape.integer { required = true },
  healthCheck = shape.structure {
    healthyThreshold = shape.integer(),
    unhealthyThreshold = shape.integer(),
    timeoutSeconds = shape.integer { min = 2, max = 60 },
    intervalSeconds = shape.integer { min = 5, max = 300 },
    path = shape.string(),
    successCodes = shape.string(),
  },
}
M.registry_access = shape.structure {
  ecrImagePullerRole = shape.structure { isActive = shape.boolean() },
}
M.domains = shape.map(shape.string(), shape.list(shape.string()))
M.tag_list = shape.list(shape.structure { key = shape.string(), value = shape.string() })

return M
