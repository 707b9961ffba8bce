# Functions that the verbs in bin/ share; source it, don't run it.
#
#   root         the project's folder
#   cache        what is slow to make and safe to lose: Ruby, gems, Chromium's profile
#
# Everything here may run twice: what is already there is left alone. Messages go
# to stderr, so that a function's stdout is its result.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/durable-streams

cpp_packages=(g++ cmake ninja-build ccache pkg-config libboost1.81-dev libssl-dev
  libspdlog-dev libfmt-dev libcli11-dev libyaml-cpp-dev libsimdjson-dev rapidjson-dev
  libexpected-dev libgtest-dev libgmock-dev curl)
browser_packages=(chromium chromium-driver)

say() { printf '%s\n' "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# ensure_packages NAME...: installs the Debian packages that are missing.
ensure_packages() {
  local name missing=()
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: these packages, or their like, must be there: $*"
    return 0
  fi
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed ||
      missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  as_root apt-get -qq -o DPkg::Lock::Timeout=300 update >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
    install -y --no-install-recommends "${missing[@]}" >&2
}

# ensure_ruby [--yjit]: a Ruby that Rails 8 accepts, first on PATH, with our own gem folder.
ensure_ruby() {
  local settings
  settings=$("$root/script/ruby" "$@") || die "no Ruby, see above"
  eval "$settings"
}

# ensure_gems FOLDER [GEMFILE]: what FOLDER/GEMFILE asks for (default: Gemfile).
ensure_gems() {
  (cd "$1" && export BUNDLE_GEMFILE=$PWD/${2:-Gemfile}
    bundle check >/dev/null 2>&1 || { say "gems of ${BUNDLE_GEMFILE#"$root"/}"; bundle install --quiet >&2; })
}

# ensure_node: Node and npm, new enough for the tools that tests and demo use.
ensure_node() {
  command -v npm >/dev/null || ensure_packages nodejs npm
  node -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)' ||
    die "Node $(node --version) is too old: 20 or newer is needed"
}

# ensure_npm FOLDER: exactly what FOLDER/package-lock.json lists.
ensure_npm() {
  local lock=$1/package-lock.json stamp=$1/node_modules/.installed
  if ! cmp -s "$lock" "$stamp"; then
    say "npm packages of ${1#"$root"/}"
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error >&2)
    cp "$lock" "$stamp"
  fi
}

# build PRESET [TARGET...]: configures and builds with CMake, all cores.
build() {
  local preset=$1; shift
  cd "$root"
  cmake --preset "$preset" >/dev/null
  cmake --build --preset "$preset" ${1:+--target "$@"}
}
