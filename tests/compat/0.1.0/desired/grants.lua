-- Every member of a desired file.
local until_2999 = "2999-01-31"

return {
  region = "us-east-1",
  grants = {
    { service = "web", repositories = { "web", "team/*" } },
    { service = "jobs", repositories = { "shared" }, expires = until_2999, sid = "jobs may pull" },
    { service = "off", repositories = { "team/b" }, expires = "2999-01-31T12:00Z" },
    { service = "jobs", repositories = { "nothing/*" }, optional = true },
  },
}
