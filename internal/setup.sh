#!/bin/sh
# Makes the machine ready for `make test`: as root it installs the Debian packages that
# are missing, otherwise it says what the tests will skip and why.
set -eu

# package:what it is for
NEEDED="resource-agents:OCF agents of the heartbeat provider
pacemaker-resource-agents:OCF agents of the pacemaker provider
slapd:the slapd agent
ldap-utils:the slapd agent's monitor
lighttpd:the LSB script of lighttpd
nginx-light:the nginx agent
iputils-ping:the ping agent
iputils-arping:announcements of the IPaddr2 script
iproute2:networks of the test clusters
groff-base:the manual pages' test
libxml2-utils:the schemas' second opinion
shellcheck:make check"

missing=""
say_missing() {
	echo "$NEEDED" | while IFS=: read -r package use; do
		dpkg -s "$package" >/dev/null 2>&1 || echo "$package:$use"
	done
}
missing=$(say_missing)
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
	echo "$missing" | while IFS=: read -r package use; do
		echo "skipped: $use (package $package is missing; as root this command would install it)"
	done
	exit 0
fi
packages=$(echo "$missing" | cut -d: -f1 | tr '\n' ' ')
echo "installing: $packages"
export DEBIAN_FRONTEND=noninteractive
# No daemon may be started by an installation.
policy=/usr/sbin/policy-rc.d
made=""
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	made=yes
fi
trap '[ -z "$made" ] || rm -f "$policy"' EXIT
apt-get update -qq
# shellcheck disable=SC2086 # a list of words on purpose
apt-get install -y -qq --no-install-recommends $packages >/dev/null
