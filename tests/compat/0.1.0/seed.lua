-- The account of the recordings: services `web` and `jobs` with a puller role, `off` without one, and a second
-- Region. All ARNs are fixed, so that a policy of today names the same roles as one of the recordings.

local function role(region, service)
  return ("arn:aws:iam::947856326339:role/amazon/lightsail/%s/containers/%s/private-repo-access/%s0recorded")
    :format(region, service, service)
end

local SHARED = [[
{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "CI may push", "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::111122223333:role/ci-deploy" },
      "Action": [ "ecr:BatchCheckLayerAvailability", "ecr:PutImage" ] }
  ]
}
]]

local OPEN = [[
{"Version":"2012-10-17","Statement":[{"Sid":"open","Effect":"Allow","Principal":"*",
"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}
]]

return {
  regions = {
    ["us-east-1"] = {
      services = {
        { name = "web", role = true, role_arn = role("us-east-1", "web"), tags = { env = "test" } },
        { name = "jobs", role = true, role_arn = role("us-east-1", "jobs"), tags = { env = "prod" } },
        { name = "off" },
      },
      repositories = {
        { name = "web", images = { "1.0", "1.1" } },
        { name = "shared", images = { "1.0" }, policy = SHARED },
        { name = "prod/api", images = { "1.0" } },
        { name = "team/a", images = { "1.0" } },
        { name = "team/b", images = { "1.0" } },
      },
    },
    ["eu-west-1"] = {
      services = { { name = "far", role = true, role_arn = role("eu-west-1", "far") } },
      repositories = { { name = "far" }, { name = "open", policy = OPEN } },
    },
  },
  roles = { "arn:aws:iam::111122223333:role/ci-deploy" },
  users = { "arn:aws:iam::111122223333:user/auditor" },
}
