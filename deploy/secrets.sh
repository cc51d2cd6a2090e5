#!/bin/sh
# Make the secrets of docker-compose.yml, a file each, in `secrets` or in the folder that is named: secrets.sh [FOLDER].
# What is there stays. Those that an .env of an earlier version holds are taken from there.
set -eu
unset CDPATH
here=$(dirname -- "$0")/..
folder=${1:-$here/secrets}

# The value of a setting in .env, with or without quotes, else a random one.
find_secret() {
    value=$(sed -n "s/^$1=[\"']\{0,1\}\([^\"']*\).*/\1/p" "$here/.env" 2> /dev/null | tail -n 1)
    [ -n "$value" ] && echo "$value" || od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# The containers' users must read the file; on this machine nobody else comes to it.
write() {
    [ ! -s "$folder/$1" ] || return 0
    printf '%s\n' "$2" > "$folder/$1.new"
    chmod 444 "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
}

mkdir -p "$folder"
chmod 700 "$folder"
write backmark_secret "$(find_secret BACKMARK_SECRET)"
write redis_password "$(find_secret BACKMARK_REDIS_PASSWORD)"
write backmark_redis_url "redis://:$(cat "$folder/redis_password")@redis:6379/0"
