local cli = require "lanyard.cli"

cli.command {
  summary = "Call any operation of an AWS service, as the AWS CLI does.",
  category = "operations",
  grammar = "aws",
  usage = { "<service> <operation>", "<service> wait <waiter>" },
  description = [[
The command takes the services, operations and options of the AWS CLI and prints the
same JSON: write `lanyard aws X Y` for `aws X Y`. Options come from AWS's models; their
values are words, the AWS CLI's shorthand (Key=a,Value=b), JSON, or the content of files
(file://NAME, fileb://NAME for bytes). `lanyard help aws SERVICE` and `lanyard help aws
SERVICE OPERATION` list them.

As in version 2 of the AWS CLI, bytes are base64 in options and output, and times are
ISO 8601: local time where AWS sends seconds since 1970, else with the zone that AWS sends.
cli_timestamp_format = wire in the config file prints them as AWS sends them. In options, a
time without a zone is UTC. Pages are joined. --output text and jsonl print each page by
itself, and --query applies to each page there; otherwise it applies to the joined result.
The commands of `aws s3` (cp, sync, ...) do not exist. --cli-input-yaml takes JSON only.

`ecr set-repository-policy` and `ecr delete-repository-policy` go through the safe write of
`lanyard grant`: rules for grants and revocations are asked, and `lanyard undo` takes the
change back. --dry-run of an operation that has this member (in EC2) asks AWS; the answer
that the call would succeed has exit status 0. Elsewhere it checks the input and the rules.
]],
  options = {
    { "--output", choices = { "json", "text", "table", "jsonl", "yaml" } },
    { "--no-paginate", help = "Make one call, for the first page." },
    { "--max-items", type = "positive-integer", value = "COUNT",
      help = "The most items of the output; its NextToken continues after them." },
    { "--starting-token", type = "text", value = "TOKEN", help = "Continue after an output with this NextToken." },
    { "--page-size", type = "positive-integer", value = "COUNT", help = "The most items of one call." },
    { "--cli-input-json", type = "text", value = "JSON",
      help = "Take the members from this JSON, or from file://FILE; options win." },
    { "--generate-cli-skeleton", type = "text", value = "[input|output]",
      help = "Print JSON with all members, for --cli-input-json or as a sample of the output, and call nothing." },
    { "--cli-binary-format", choices = { "base64", "raw-in-base64-out" }, help = "How bytes are written in options." },
    { "--no-sign-request", help = "Use no credentials and sign nothing." },
    { "--dry-run", help = "Check the input and the rules, and call nothing; in EC2, ask AWS." },
    "rules", "aws",
  },
  exit = {
    { 0, "the call succeeded" },
    { 1, "AWS or the network refused it, or a waiter ended without its state" },
    { 4, "a rule denied it, or ./.lanyard/rules.lua is not trusted" },
  },
  examples = {
    { "lanyard aws ecr describe-images --repository-name my-private-repo --query 'imageDetails[].imageTags[]'",
      "Print the tags of a repository." },
    { "lanyard aws ec2 describe-instances --filters Name=instance-state-name,Values=running --output table" },
    { "lanyard aws s3api get-object --bucket my-bucket --key a.txt a.txt", "Copy an object into a file." },
  },
}

local line, call = require "lanyard.cli.aws", require "lanyard.cli.aws_call"

local request = line.read { ... }
return request.help and line.print_page { ... } or call.run(request)
