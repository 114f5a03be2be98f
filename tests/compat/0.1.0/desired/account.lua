-- For the account with findings: `web` should pull from two repositories that do not grant it.
return {
  region = "us-east-1",
  grants = { { service = "web", repositories = { "good/web", "bad/role-off", "good/wide" } } },
}
