#!/bin/sh
# Writes the secrets of docker-compose.yml into .env: random, readable by you only.
# A value that is there already stays as it is, so running it again is harmless.
set -eu
umask 077
cd "$(dirname "$0")/.."

names='ADMIN_API_KEY POSTGRES_PASSWORD POSTGRES_APP_PASSWORD POSTGRES_MIGRATOR_PASSWORD RABBITMQ_PASSWORD WEBHOOK_SECRET'
new=".env.new.$$"
trap 'rm -f "$new"' EXIT
: > "$new"
if [ -f .env ]; then cat .env >> "$new"; fi

# A last line without its end would run into the first secret.
if [ -s "$new" ] && [ -n "$(tail -c 1 "$new")" ]; then echo >> "$new"; fi

made=''
for name in $names; do
  # Set to something, with or without quotes.
  if grep -Eq "^[[:space:]]*(export[[:space:]]+)?$name[[:space:]]*=[[:space:]]*(\"[^\"]|'[^']|[^[:space:]\"'#])" "$new"; then
    continue
  fi
  # 256 bits as 64 hexadecimal digits, which mean nothing special in an address.
  secret=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
  if [ "${#secret}" -ne 64 ]; then
    echo 'make-secrets: /dev/urandom gave no random bytes. Nothing was written.' >&2
    exit 1
  fi
  # Those digits are base64 as well: of 48 bytes, as Standard Webhooks wants its secrets.
  if [ "$name" = WEBHOOK_SECRET ]; then secret="whsec_$secret"; fi
  # The last line with a name counts, so an empty one above does no harm.
  echo "$name=$secret" >> "$new"
  made="$made $name"
done

if [ -z "$made" ]; then
  chmod 600 .env
  echo 'Every secret is in .env already; nothing was changed.'
  exit 0
fi
mv "$new" .env
echo "Written to .env:$made"
echo 'Next:  docker compose up --build --detach --wait'
