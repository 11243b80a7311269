#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Collects what a program needs to run into a folder: image-root.sh PROGRAM FOLDER
set -eu
program=$1
root=$2

mkdir -p "$root/usr/bin" "$root/etc/ssl/certs" "$root/etc/sfsink" "$root/var/lib/sfsink" "$root/var/lib/dpkg/status.d"
install -m 755 "$program" "$root/usr/bin/sfsink"

owner() { # the package of a file, whichever of /lib and /usr/lib it is known by
    dpkg-query -S "$1" 2>/dev/null || dpkg-query -S "/usr$1" 2>/dev/null || dpkg-query -S "${1#/usr}"
}

ldd "$program" | grep -o '/[^ ]*' | sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
    package=$(owner "$library" | head -1 | sed 's/: .*//')
    dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/${package%%:*}"
done
dpkg-query -s ca-certificates >"$root/var/lib/dpkg/status.d/ca-certificates"

cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp -L /etc/ssl/openssl.cnf "$root/etc/ssl/"
mkdir -p "$root/usr/lib/ssl"
ln -s /etc/ssl/certs "$root/usr/lib/ssl/certs"
ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
ln -s /etc/ssl/openssl.cnf "$root/usr/lib/ssl/openssl.cnf"
cp /etc/os-release "$root/etc/"
echo 'sfsink:x:65532:65532:sfsink:/var/lib/sfsink:/usr/sbin/nologin' >"$root/etc/passwd"
echo 'sfsink:x:65532:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
chown 65532:65532 "$root/var/lib/sfsink"
