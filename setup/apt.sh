# Installing with apt. Read by the scripts of this folder, which define say and quietly.

has() { command -v "$1" > /dev/null 2>&1; }

can_install() { [ "$(id -u)" -eq 0 ] && has apt-get; }

# Together, which is quicker; else one by one: that one cannot be had does not keep the others away.
install_packages() {
    say "installing with apt-get:" "$@"
    export DEBIAN_FRONTEND=noninteractive
    quietly apt-get update -qq || say "apt-get update failed; trying with the lists that are here"
    quietly apt-get install -y -qq --no-install-recommends "$@" 2> /dev/null && return
    for package; do
        quietly apt-get install -y -qq --no-install-recommends "$package" || say "$package could not be installed"
    done
}
