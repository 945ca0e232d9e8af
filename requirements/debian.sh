#!/usr/bin/env bash
# Installs the Debian packages that the tests need and this machine lacks, or says plainly what will be skipped and why.
set -euo pipefail
here=$(dirname "$0")
wanted=("$@")
if [ ${#wanted[@]} -eq 0 ]; then
    mapfile -t wanted < <(sed -e 's/#.*//' -e 's/[[:space:]].*//' -e '/^$/d' "$here/debian.txt")
fi
missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

become=()
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        become=(sudo -n)
    elif [ -t 0 ] && command -v sudo >/dev/null; then
        become=(sudo)
    else
        echo "Not installed, because this user may not run apt-get: ${missing[*]}"
        for package in "${missing[@]}"; do
            sed -n "s/^$package  */  left out for want of $package: /p" "$here/debian.txt"
        done
        [ "${CI:-}" != true ] || { echo "In CI nothing is skipped: install them first."; exit 1; }
        exit 0
    fi
fi
echo "installing Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${become[@]}" apt-get update -qq
"${become[@]}" apt-get install -qq --no-install-recommends -y "${missing[@]}" >/dev/null
