# The images that docker-compose.yml stands on, or stand-ins made from Debian's packages where no registry answers.
# Read by setup/compose-test.sh.

find_images() {
    export PYTHON_IMAGE="$(sed -n 's/^ARG PYTHON_IMAGE=//p' Dockerfile)"
    export BACKMARK_REDIS_IMAGE="$(sed -n 's/.*BACKMARK_REDIS_IMAGE:-\([^}]*\).*/\1/p' docker-compose.yml)"
    if pulled "$PYTHON_IMAGE" && pulled "$BACKMARK_REDIS_IMAGE"; then
        return
    fi
    [ "$(id -u)" -eq 0 ] && has debootstrap ||
        skip "$PYTHON_IMAGE cannot be pulled, and making a stand-in takes root and debootstrap"
    say "no registry answers: standing in for the images with Debian's own Python and Redis"
    export PYTHON_IMAGE=backmark-stand-in-python BACKMARK_REDIS_IMAGE=backmark-stand-in-redis
    mkdir -p "$stand_ins"
    stand_in python python3,python3-venv
    stand_in redis redis-server --change 'VOLUME /data' --change 'WORKDIR /data'
}

pulled() {
    docker image inspect "$1" > /dev/null 2>&1 || timeout 120 docker pull --quiet "$1" > /dev/null 2>&1
}

# stand_in NAME PACKAGES [OPTIONS OF docker import]: made once, and kept as an archive.
stand_in() {
    name=$1 packages=$2
    shift 2
    archive=$stand_ins/$name-$(dpkg --print-architecture).tar
    if [ ! -f "$archive" ]; then
        say "making the stand-in for $name, once"
        root=$scratch/$name
        quietly debootstrap --variant=minbase --include=ca-certificates trixie "$root"
        # This machine may be one behind a proxy that speaks for others.
        cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
        printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
        chmod +x "$root/usr/sbin/policy-rc.d"
        quietly chroot "$root" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends $(echo "$packages" | tr , ' ')
        "like_$name" "$root"
        tar -C "$root" -cf "$archive.new" --exclude=./var/lib/apt/lists --exclude=./var/cache/apt .
        mv "$archive.new" "$archive"
        rm -rf "$root"
    fi
    quietly docker import "$@" "$archive" "backmark-stand-in-$name"
}

# Where the image has its Python: a jail mounts other folders for a Python in /usr/local than for one in /usr.
like_python() {
    version=$(chroot "$1" python3 -c 'import sys; print("python3.%d" % sys.version_info[1])')
    rm -rf "$1/usr/local/lib/$version" "$1/usr/bin/python3"
    mv "$1/usr/bin/$version" "$1/usr/local/bin/"
    mv "$1/usr/lib/$version" "$1/usr/local/lib/"
    ln -s "$version" "$1/usr/local/bin/python3"
    ln -s "$version" "$1/usr/local/bin/python"
}

# The user that the image has, and the folder that is its own.
like_redis() {
    chroot "$1" usermod -u 999 redis
    chroot "$1" groupmod -g 999 redis
    mkdir -p "$1/data"
    chroot "$1" chown redis:redis /data
}
