#!/bin/sh
# Make the secrets of docker-compose.yml, a file each, in `secrets` or in the folder that is named: secrets.sh [FOLDER].
# What is there stays.
set -eu
unset CDPATH
here=$(dirname -- "$0")/..
folder=${1:-$here/secrets}

make_secret() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
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
write backmark_secret "$(make_secret)"
write redis_password "$(make_secret)"
write backmark_redis_url "redis://:$(cat "$folder/redis_password")@redis:6379/0"
