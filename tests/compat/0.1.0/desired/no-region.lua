return { grants = { { service = "web", repositories = { "web" } } } }
