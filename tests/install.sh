#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that are missing, as root or with sudo; says nothing when all is there.
#   tests/install.sh build    for make all and make demo
#   tests/install.sh test     for make test: cmocka, Python's venv, Java and Maven for the real Kafka, Node for jsforce, a browser
#   tests/install.sh check    for make check and make fuzz
#   tests/install.sh image    for make image-test: an image without a Docker engine
set -euo pipefail

missing=()

need_package() {
    local p
    for p in "$@"; do
        dpkg-query -W -f='${Status}\n' "$p" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$p")
    done
}

# A program that may come from elsewhere than Debian: need_program "CHECK" PACKAGE
need_program() {
    bash -c "$1" >/dev/null 2>&1 || missing+=("$2")
}

install_missing() {
    local root=()
    [ "$(id -u)" = 0 ] || root=(sudo)
    echo "installing: ${missing[*]}"
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian: the packages are named in tests/install.sh, please see to them" >&2
    exit 0
fi

case "${1:-}" in
build)
    need_package libc6-dev pkg-config ca-certificates librdkafka-dev libcurl4-openssl-dev libjansson-dev libconfig-dev \
        libmicrohttpd-dev libssl-dev zlib1g-dev uthash-dev libjq-dev
    need_program 'set -- ${CC:-cc}; command -v "$1"' gcc
    ;;
test)
    need_package libcmocka-dev
    need_program 'python3 -c "import venv, ensurepip"' python3-venv
    need_program 'command -v java' default-jre-headless
    need_program 'command -v mvn' maven
    need_program 'command -v node' nodejs
    need_program 'command -v npm' npm
    need_program 'command -v chromium' chromium
    need_program 'ls /usr/lib/*/faketime/libfaketime.so.1' faketime
    need_program "command -v ip" iproute2
    need_program "command -v openssl" openssl
    need_program 'command -v chromedriver' chromium-driver
    ;;
check)
    need_package libcmocka-dev
    need_program 'command -v gcc' gcc
    need_program 'command -v clang' clang
    need_program 'command -v clang-format' clang-format
    need_program 'command -v clang-tidy' clang-tidy
    need_program 'command -v python3' python3
    ;;
image)
    need_package debootstrap podman buildah runc
    ;;
*)
    echo "usage: $0 build|test|check|image" >&2
    exit 64
    ;;
esac

[ ${#missing[@]} = 0 ] || install_missing
