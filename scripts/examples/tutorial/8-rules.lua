local PARTNERS = { ["444455556666"] = true }

rule "only partners get images, and never secret ones" {
  on = "grant",
  check = function(change)
    for _, class in ipairs(change.new_access) do
      if change.repository == "secret" then
        return deny "secret is not shared"
      elseif class.kind ~= "account" or not PARTNERS[class.id] then
        return deny(class.text .. " is not a partner")
      end
    end
  end,
}

local function policy(account)
  return '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"' .. account .. '"},"Action":"ecr:BatchGetImage"}]}'
end

example "a partner" { on = "grant", repository = "web", after = policy "444455556666", expect = "allow" }
example "somebody else" {
  on = "grant", repository = "web", after = policy "777788889999", expect = "deny: not a partner",
}
