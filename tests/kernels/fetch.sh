# shellcheck shell=sh disable=SC2154 # the script that sources it sets what is used here
# SPDX-License-Identifier: 0BSD
#
# Fetches Debian's packages of any suite, by apt with lists, directories and a configuration of its own: it
# works as an ordinary user, verifies signatures with the keys that the machine trusts for Debian, and
# changes nothing outside $cache. For scripts that set $cache (it stays) and $tmp (it goes), both
# absolute, and have a function progress TEXT.
#
# MIRROR=URI, SECURITY_MIRROR=URI: Debian's, where this machine's own apt knows none
# PAUSE=20: seconds until a fetch that failed is tried again

# Where this machine's own apt gets Debian from: without lists of its own it knows no origins yet, and
# the suites' names have to do. Fails, with $why, where that cannot be told.
find_mirrors() {
	why="apt-get or dpkg-deb is missing"
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
	# shellcheck disable=SC2016 # these are apt's
	apt-get indextargets --format '$(CREATED_BY)|$(ORIGIN)|$(RELEASE)|$(REPO_URI)' 2>/dev/null |
		awk -F '|' '$1 == "Packages" && ($2 == "Debian" || $2 !~ /^[A-Za-z]/ &&
			$3 ~ /^(bullseye|bookworm|trixie|forky|sid|(old)*stable|testing|unstable)(-security)?$/) {
			print ($3 ~ /-security$/ ? "security" : "main"), $4
		}' >"$tmp/mirrors"
	MIRROR=${MIRROR:-$(sed -n 's/^main //p' "$tmp/mirrors" | head -n 1)}
	SECURITY_MIRROR=${SECURITY_MIRROR:-$(sed -n 's/^security //p' "$tmp/mirrors" | head -n 1)}
	SECURITY_MIRROR=${SECURITY_MIRROR:-${MIRROR%/}-security/}
	why="this machine's apt has no Debian mirror: name one, MIRROR=URI"
	[ "$MIRROR" ]
}

# private_apt SUITE ARCHITECTURE TOOL...: apt for one suite only, that leaves the machine's own alone.
private_apt() {
	home=$cache/apt/$1-$2 architecture=$2 tool=$3
	shift 3
	timeout 600 "$tool" -q \
		-o Dir::State="$home/state" -o Dir::State::status="$home/status" \
		-o Dir::Cache="$home/cache" -o Dir::Etc::sourcelist="$home/sources.list" \
		-o Dir::Etc::sourceparts=- -o Dir::Etc::preferences=- -o Dir::Etc::preferencesparts=- \
		-o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
		-o APT::Sandbox::User=root -o APT::Update::Error-Mode=any -o Acquire::Languages=none \
		-o Acquire::Retries=3 -o Acquire::http::Timeout=60 "$@"
}

# update SUITE ARCHITECTURE: its package list, unless it was read within the hour or has failed in this
# run; ARCHITECTURE source is for its sources. Fails if there is no list, not even an old one.
update() {
	home=$cache/apt/$1-$2
	[ ! -e "$tmp/updated-$1-$2" ] || return "$(cat "$tmp/updated-$1-$2")"
	[ ! "$(find "$home/updated" -mmin -60 2>/dev/null)" ] || return 0
	uri=$MIRROR options='' type=deb
	[ "${1%-security}" = "$1" ] || uri=$SECURITY_MIRROR
	[ "$2" != source ] || type=deb-src
	# A suite whose support has ended is no longer signed again, so its last signature runs out.
	[ "${1#bullseye}" = "$1" ] || options=check-valid-until=no
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ ! -r $keyring ] || options="$options signed-by=$keyring"
	progress "package list of $1 for $2"
	mkdir -p "$home/state/lists/partial" "$home/cache/archives/partial" &&
		: >"$home/status" &&
		printf '%s%s %s %s main\n' $type "${options:+ [$options]}" "$uri" "$1" >"$home/sources.list" &&
		private_apt "$1" "$2" apt-get update >"$tmp/fetch.log" 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		: >"$home/updated"
	else
		progress "$1 for $2: the package list could not be updated: $(grep -m 1 '^[EW]:' "$tmp/fetch.log")"
		if [ "$(find "$home/state/lists" -maxdepth 1 -name '*_Packages*' -o -maxdepth 1 -name '*_Sources*')" ]; then
			progress "using the package list of the last run"
			status=0
		fi
	fi
	echo $status >"$tmp/updated-$1-$2"
	return $status
}

# candidates SUITES ARCHITECTURE PATTERN: "SUITE PACKAGE VERSION SIZE" of each package whose name
# matches, the newest first; for source, PATTERN is a name. From 6.19 on, linux-image is a shell around
# linux-binary: of one version, the larger is the one.
candidates() {
	[ "$2" = source ] && list="showsrc $3" || list=dumpavail
	for suite in $(echo "$1" | tr ',' ' '); do
		update "$suite" "$2" >&2 || continue
		# shellcheck disable=SC2086 # two words
		private_apt "$suite" "$2" apt-cache $list 2>/dev/null |
			awk -v suite="$suite" -v pattern="$3" '
				/^Package: / { name = $2 }
				/^Version: / { version = $2 }
				/^Size: / { size = $2 }
				/^$/ && name ~ pattern { print suite, name, version, size + 0 }'
	done | sort -k 3,3Vr -k 4,4nr
}

# deliver SUITE PACKAGE VERSION SIZE ARCHITECTURE MEMBER: makes $kept of this very package; apt compares
# what it fetches with the signed list.
deliver() {
	kept=$cache/files/${2}_${3}_$5${6:+.file}
	[ ! -e "$kept" ] || return 0
	progress "fetching $2 $3 from $1 ($(($4 / 1000000 + 1)) MB)"
	rm -rf "$tmp/fetch"
	mkdir -p "$tmp/fetch/tree" "$cache/files"
	if ! (cd "$tmp/fetch" && unpack "$@") >"$tmp/fetch.log" 2>&1; then
		why="$2 $3 cannot be fetched: $(tail -n 1 "$tmp/fetch.log")"
		return 1
	fi
	file=$tmp/fetch/tree
	[ ! "$6" ] || file=$(find "$file" | grep -m 1 -E "/tree/($6)\$")
	why="$2 $3 has no file like $6, or $cache is full"
	[ "$file" ] && mv "$file" "$kept.$$" && mv "$kept.$$" "$kept"
}
unpack() {
	if [ "$5" = source ]; then
		private_apt "$1" source apt-get source --download-only "$2=$3" &&
			tar -xf ./*.orig.tar.*[!c] -C tree --strip-components=1
	else
		private_apt "$1" "$5" apt-get download "$2=$3" && dpkg-deb -x ./*.deb tree
	fi
}

# fetch_file SUITES ARCHITECTURE PATTERN MEMBER: the file that matches MEMBER, from the newest package
# that matches PATTERN, as $kept; if it is there already, it is not fetched again. A mirror may list what
# it does not have, yet or any longer: after a pause its list is read again, and if the newest still
# cannot be had, an older one has to do. Fails with the reason in $why.
fetch_file() {
	for pause in "${PAUSE:-20}" "${PAUSE:-20}" ''; do
		candidates "$1" "$2" "$3" >"$tmp/candidates"
		why="no package like $3 in $1 for $2"
		while read -r suite package version size <&3; do
			deliver "$suite" "$package" "$version" "$size" "$2" "$4" && return 0
			[ ! "$pause" ] || break
		done 3<"$tmp/candidates"
		[ "$pause" ] || return 1
		progress "$why"
		sleep "$pause"
		rm -f "$tmp"/updated-*-"$2" "$cache"/apt/*-"$2"/updated
	done
}

# fetch_tree SUITES ARCHITECTURE PATTERN: likewise, all of that package, in the directory $kept; sets $version.
fetch_tree() {
	fetch_file "$@" '' && version=${kept#*_} && version=${version%_*}
}

# fetch_source SUITES PACKAGE: likewise, its source
fetch_source() { fetch_tree "$1" source "$2"; }
