#!/bin/sh
# Checks a copied binary in a root that has only README's packages for it: it starts, runs a command and a history, and
# trusts the certificates of ca-certificates, which depends on openssl.
set -eu
lanyard --version
lanyard --emulator audit --history /tmp/history.db
lanyard history /tmp/history.db

cd "$(mktemp -d)"
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out /usr/local/share/ca-certificates/lanyard.crt -days 2 \
  -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2> /dev/null
update-ca-certificates
openssl s_server -accept 127.0.0.1:0 -key key.pem -cert /usr/local/share/ca-certificates/lanyard.crt -www > log 2>&1 &
server=$!
until grep -q '^ACCEPT .' log; do
  kill -0 $server || { cat log; exit 1; }
  sleep 0.05
done
port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' log)
lanyard -e "print('https', assert(require('lanyard.http').request { url = 'https://127.0.0.1:$port/' }).status)"
kill $server
