-- What an audit can find: id = { severity, what it is }. A finding may be less severe than its entry
-- where it does less harm.

return {
  -- Principals
  ["public-access"] = { "critical", "everyone can pull" },
  ["public-access-conditional"] = { "medium", "everyone can pull, under a condition" },
  ["other-account"] = { "medium", "another account can pull" },
  ["untrusted-account"] = { "high", "an account that is not among the trusted ones can pull" },
  ["orphan-principal"] = { "medium", "the unique id of a role or user that was deleted" },
  ["missing-principal"] = { "medium", "a role or user of the account that is not there" },
  ["service-role-granted"] = { "high", "a service's general role, which pulls nothing, is granted" },
  ["lightsail-service-granted"] = { "high", "Lightsail as a service principal, which pulls nothing, is granted" },
  -- Roles and services
  ["missing-service"] = { "medium", "a grant to a service that does not exist" },
  ["other-region-grant"] = { "medium", "a grant to a service of another Region, which can't pull" },
  ["inactive-role"] = { "medium", "a grant to a role that its service has not, or not any more" },
  ["unused-role"] = { "low", "a role that is on and granted nowhere" },
  ["unused-grant"] = { "low", "a grant that no deployment needs and nobody used for long" },
  -- Grants
  ["partial-pull"] = { "high", "only one of the two actions that a pull takes" },
  ["push-or-admin"] = { "high", "a Lightsail role may change images, the repository or its policy" },
  ["wider-than-pull"] = { "medium", "a Lightsail role is allowed more than a pull takes" },
  ["denied-grant"] = { "medium", "an Allow that a Deny cancels" },
  ["overlapping-grant"] = { "low", "an Allow of which another one says all" },
  ["expired-grant"] = { "low", "an Allow whose date has passed" },
  ["grant-ends-soon"] = { "low", "an Allow whose date is near" },
  -- What shall be there
  ["drift"] = { "medium", "what differs from the desired file that was given" },
  -- The registry
  ["registry-public"] = { "critical", "the registry's policy lets everyone in" },
  ["registry-pull"] = { "medium", "the registry's policy lets somebody pull from many repositories" },
  -- Policies
  ["unreadable-policy"] = { "medium", "a policy that could not be read" },
  ["policy-nearly-full"] = { "low", "over 80 % of the characters that ECR takes" },
  ["policy-lint"] = { "high", "what the linter finds, of severity high or critical" },
  -- Rules of one's own
  ["rule"] = { "high", "what a rule of one's own says" },
  ["expired-mute"] = { "low", "a mute in the rules file that is past its end" },
  -- Images
  ["image-not-granted"] = { "high", "a deployed image that its service may not pull again" },
  ["image-missing"] = { "high", "a deployed image that is not there any more" },
  ["image-elsewhere"] = { "high", "a deployed image of another Region or account than the service's" },
  ["mutable-tag-deployed"] = { "info", "a deployed tag that can come to mean another image" },
}
