return { title = "The process",
  { "Cancelled", 1,
    "A script cancelled the task that did this.",
    "Join the task before it is cancelled." },
  { "CannotListen", 1,
    "A server cannot listen on the port.",
    "Choose another port with --port, or end the process that uses it." },
}
