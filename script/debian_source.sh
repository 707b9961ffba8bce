# Fetches the sources of Debian packages; source it after lib.sh.
#
# Fetching goes through a private apt set-up with one source line: the machine's own sources and lists
# stay as they are, and apt checks the archive's signature and the files' sums.
#
#   work   the folder to work in; set it before

private_apt() {
  apt-get -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/archives" \
    -o APT::Sandbox::User="$(id -un)" "$@"
}

# The Debian archive that this machine uses; $DEBIAN_MIRROR wins.
this_machines_mirror() {
  local mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)}
  [ -n "$mirror" ] || die "this machine's Debian archive is unknown: set DEBIAN_MIRROR"
  echo "$mirror"
}

# quietly NAME COMMAND...: output goes to a file and is shown when COMMAND fails.
quietly() {
  local name=$1; shift
  say "$name"
  "$@" >"$work/$name.log" 2>&1 || { tail -n 40 "$work/$name.log" >&2; die "$name failed: $work/$name.log"; }
}

# open_archive SUITE: before anything is fetched from it.
open_archive() {
  mkdir -p "$work/lists/partial" "$work/archives/archives/partial" "$work/download"
  echo "deb-src $(this_machines_mirror) $1 main" >"$work/sources.list"
  quietly index private_apt update --error-on=any
}

# fetch_source PACKAGE[=VERSION] FOLDER: unpacks the source there, Debian's patches applied.
fetch_source() {
  rm -rf "$2" "$work/download/${1%%=*}"
  mkdir -p "$work/download/${1%%=*}" "$(dirname "$2")"
  cd "$work/download/${1%%=*}"
  quietly "download ${1%%=*}" private_apt source --download-only "$1"
  quietly "unpack ${1%%=*}" dpkg-source --no-check -x ./*.dsc "$2"
}
