--- Policies that cannot be read.

local function check_unreadable(inventory, add)
  for _, repository in ipairs(inventory.repositories) do
    if repository.unknown then
      add("unreadable-policy", {
        repository = repository,
        message = ("cannot read the policy of %s: %s"):format(repository.name, repository.unknown),
      })
    end
  end
end

return {
  {
    id = "unreadable-policy",
    severity = "medium",
    summary = "A repository policy cannot be read",
    why = "it is unknown which principals can pull from the repository",
    scope = "repository",
    needs = {},
    breaks_pull = false,
    check = check_unreadable,
    remediation = function()
      return "allow the actions that `lanyard permissions` prints; if the text is not a policy, correct it manually"
    end,
  },
}
