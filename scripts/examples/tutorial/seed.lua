return { regions = { ["us-east-1"] = { repositories = {
  { name = "secret" },
  { name = "team/api" },
  { name = "team/web", policy = { Version = "2012-10-17", Statement = { {
    Sid = "Partner", Effect = "Allow", Principal = { AWS = "444455556666" },
    Action = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" },
  } } } },
} } } }
