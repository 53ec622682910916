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
fence-agents:fence agents of IPMI, DRAC and APC devices
cluster-glue:fence plugins of Heartbeat
ipmitool:the fence agent of IPMI devices
openipmi:an IPMI device to fence with
snmp:the fence agent of SNMP devices
inetutils-telnet:fence agents of devices with a telnet line
openssh-server:a machine to fence by ssh
iproute2:networks of the test clusters
qemu-system-x86:virtual machines (make vm)
busybox-static:virtual machines (make vm)
e2fsprogs:virtual machines (make vm)
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

# The kernel of the virtual machines is unpacked, not installed: this machine does not boot it.
cache=${TACTUS_VM_CACHE:-/var/cache/tactus-vm}
kernel=""
if [ "$(dpkg --print-architecture)" = amd64 ] && [ -z "$(find "$cache/boot" /boot -name 'vmlinuz-*-cloud-amd64' 2>/dev/null)" ]; then
	kernel=linux-image-cloud-amd64
fi
fetch_kernel() {
	image=$(apt-cache depends "$kernel" | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
	[ -n "$image" ] || { echo "virtual machines will be skipped: apt knows no $kernel" >&2; return 0; }
	echo "unpacking into $cache: $image"
	work=$(mktemp -d)
	(cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$image" >/dev/null && dpkg-deb -x ./*.deb tree)
	mkdir -p "$cache"
	cp -r "$work/tree/boot" "$work/tree/lib" "$cache/"
	rm -rf "$work"
}

[ -n "$missing$kernel" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
	[ -z "$missing" ] || echo "$missing" | while IFS=: read -r package use; do
		echo "skipped: $use (package $package is missing; as root this command would install it)"
	done
	[ -z "$kernel" ] || echo "skipped: virtual machines (their kernel is missing; as root this command would fetch it)"
	exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
if [ -n "$missing" ]; then
	packages=$(echo "$missing" | cut -d: -f1 | tr '\n' ' ')
	echo "installing: $packages"
	# No daemon may be started by an installation.
	policy=/usr/sbin/policy-rc.d
	made=""
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
		made=yes
	fi
	trap '[ -z "$made" ] || rm -f "$policy"' EXIT
	# shellcheck disable=SC2086 # a list of words on purpose
	apt-get install -y -qq --no-install-recommends $packages >/dev/null
fi
[ -z "$kernel" ] || fetch_kernel
