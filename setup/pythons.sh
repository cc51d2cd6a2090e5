# Finding Pythons. Read by versions.sh.

version_of() { "$1" -c 'import sys, venv; print("%d.%d" % sys.version_info[:2])' 2> /dev/null; }

# The program of a version. A name that pyenv puts on PATH runs only where that version is chosen.
find_python() {
    for program in "python$1" python3 .venv/bin/python "$(pyenv root 2> /dev/null)/versions/$1".*/bin/python; do
        if [ "$(version_of "$program")" = "$1" ]; then
            echo "$program"
            return
        fi
    done
    return 1
}
