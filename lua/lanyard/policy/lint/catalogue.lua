-- What the linter can find: id = { severity, what it is }. A finding may be less severe than its entry
-- where it does less harm.

return {
  -- Grammar
  ["unknown-element"] = { "high", "an element that IAM does not know" },
  ["wrong-type"] = { "high", "an element of another type than IAM takes" },
  ["both-elements"] = { "high", "an element beside its opposite, as Action beside NotAction" },
  ["no-statement"] = { "high", "a policy without statements" },
  ["no-effect"] = { "high", "a statement without Effect" },
  ["bad-effect"] = { "high", "an Effect that is neither Allow nor Deny" },
  ["no-action"] = { "high", "a statement without Action" },
  ["no-principal"] = { "high", "a statement about nobody" },
  ["empty-list"] = { "high", "a list without entries" },
  ["no-version"] = { "info", "a policy without Version" },
  ["bad-version"] = { "high", "a Version that does not exist" },
  ["bad-sid"] = { "low", "a Sid of characters that not every service takes" },
  ["repeated-sid"] = { "medium", "a Sid that another statement has" },
  -- Principals
  ["public"] = { "critical", "everyone is allowed" },
  ["public-conditional"] = { "medium", "everyone is allowed, under a condition" },
  ["allow-not-principal"] = { "critical", "everyone but some is allowed" },
  ["bad-principal"] = { "high", "a principal that cannot be one" },
  ["orphan"] = { "medium", "the unique id of a role or user that was deleted" },
  ["other-account"] = { "medium", "a principal of another account is allowed" },
  ["general-role"] = { "high", "a Lightsail service's general role, which pulls nothing" },
  ["lightsail-service"] = { "high", "Lightsail as a service principal, which pulls nothing" },
  ["source-arn"] = { "medium", "a service is allowed, whoever it acts for" },
  -- Actions and resources
  ["bad-action"] = { "high", "an action that is no action's name" },
  ["unknown-action"] = { "high", "an action that ECR does not have" },
  ["foreign-action"] = { "medium", "an action of another service" },
  ["allow-not-action"] = { "high", "every action but some is allowed" },
  ["broad-action"] = { "medium", "a wildcard allows actions that change images or access" },
  ["wider-than-pull"] = { "high", "more than a pull is allowed where a pull is meant" },
  ["bad-resource"] = { "high", "a resource that no ARN can fit" },
  -- Conditions
  ["unknown-operator"] = { "high", "a condition operator that IAM does not know" },
  ["bad-operand"] = { "high", "a value that a condition operator cannot compare with" },
  ["dead-variable"] = { "medium", "a policy variable that the Version leaves plain text" },
  -- The whole
  ["shadowed-allow"] = { "medium", "an Allow that a Deny cancels wholly" },
  ["repeated-statement"] = { "low", "a statement of which another says all" },
  ["nearly-full"] = { "low", "over 80 % of the characters that ECR takes" },
  ["too-large"] = { "high", "more characters than ECR takes" },
}
