# Usage: the puller role of a container service as a value of Terraform, for policies that Terraform manages.
# The machine that runs Terraform has lanyard in PATH.
terraform {
  required_providers {
    external = {
      source  = "hashicorp/external"
      version = "~> 2.3"
    }
  }
}

variable "service" {
  type        = string
  description = "Name of the container service."
}

variable "region" {
  type    = string
  default = "us-east-1"
}

data "external" "puller" {
  program = ["lanyard", "${path.module}/puller_role.lua"]

  query = {
    service = var.service
    region  = var.region
  }

  lifecycle {
    postcondition {
      condition     = self.result.role_arn != ""
      error_message = "The puller role of ${var.service} is off: lanyard enable ${var.service}"
    }
  }
}

output "puller_role_arn" {
  value = data.external.puller.result.role_arn
}

output "repositories" {
  value = compact(split(",", data.external.puller.result.repositories))
}
