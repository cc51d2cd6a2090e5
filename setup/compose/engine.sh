# A Docker engine for `make compose-test`: the machine's own where it answers, else one of ours in a scratch folder.
# Read by setup/compose-test.sh, which sets $scratch, and defines say, skip, has and quietly.

engine_pid=
slirp_pid=
#: How a command reaches what the engine publishes; nothing where that is this machine's own network.
inside=

# Leaves an engine that answers, or skips. Sets $network to `bridge`, or to `host` where no bridges can be had.
find_engine() {
    network=bridge
    if has docker && docker info > /dev/null 2>&1 && docker compose version > /dev/null 2>&1; then
        say "using the Docker engine of this machine"
        return
    fi
    [ "$(id -u)" -eq 0 ] || skip "no Docker engine answers, and only root can start one"
    install_engine
    export DOCKER_HOST="unix://$scratch/docker.sock"
    if [ "${COMPOSE_TEST_NETWORK:-bridge}" = bridge ] && start_apart; then
        say "started an engine in a network namespace of its own"
    else
        network=host
        start_engine --bridge=none --iptables=false --ip6tables=false ||
            skip "no Docker engine can be started here: $(tail -n 1 "$scratch/dockerd.log")"
        say "started an engine on this machine's network, without bridges"
    fi
}

install_engine() {
    packages=
    for pair in dockerd:docker.io docker:docker-cli slirp4netns:slirp4netns debootstrap:debootstrap ip:iproute2; do
        has "${pair%%:*}" || packages="$packages ${pair#*:}"
    done
    has docker && docker compose version > /dev/null 2>&1 || packages="$packages docker-compose"
    has docker && docker buildx version > /dev/null 2>&1 || packages="$packages docker-buildx"
    [ -n "$packages" ] || return 0
    has apt-get || skip "there is no Docker engine here, and no apt-get to install one:$packages"
    say "installing with apt-get:$packages"
    export DEBIAN_FRONTEND=noninteractive
    quietly apt-get update -qq || say "apt-get update failed; trying with the lists that are here"
    quietly apt-get install -y -qq --no-install-recommends $packages || skip "no Docker engine can be installed"
}

# In a network namespace of its own: its bridges and its firewall's rules touch nothing of this machine's, and the way out
# is a process that speaks for it.
start_apart() {
    has slirp4netns && [ -c /dev/net/tun ] || return 1
    start_engine || return 1
    slirp4netns --configure --disable-host-loopback "$engine_pid" tap0 > "$scratch/slirp.log" 2>&1 &
    slirp_pid=$!
    inside="nsenter --target $engine_pid --net"
    wait_for 20 sh -c "$inside ip route | grep -q default" || { stop_engine; return 1; }
}

start_engine() {
    launch="exec dockerd --host=$DOCKER_HOST --data-root=$scratch/data --exec-root=$scratch/exec \
        --pidfile=$scratch/pid --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent=/backmark-compose-test $*"
    if [ $# -eq 0 ]; then
        setsid unshare --net sh -c "ip link set lo up && $launch" > "$scratch/dockerd.log" 2>&1 &
    else
        setsid sh -c "$launch" > "$scratch/dockerd.log" 2>&1 &
    fi
    wait_for 60 docker info || { engine_pid=$(cat "$scratch/pid" 2> /dev/null || true); stop_engine; return 1; }
    engine_pid=$(cat "$scratch/pid")
}

# Stops what was started here, by its number, and nothing else.
stop_engine() {
    for pid in $slirp_pid $engine_pid; do
        kill "$pid" 2> /dev/null || continue
        wait_for 60 sh -c "! kill -0 $pid" || kill -9 "$pid" 2> /dev/null || true
    done
    engine_pid= slirp_pid= inside=
    # What an engine that ended badly left mounted would keep the folder from being removed.
    awk -v folder="$scratch/" 'index($2, folder) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount -l
}

wait_for() {
    seconds=$1
    shift
    while ! "$@" > /dev/null 2>&1; do
        [ "$seconds" -gt 0 ] || return 1
        seconds=$((seconds - 1))
        sleep 1
    done
}
