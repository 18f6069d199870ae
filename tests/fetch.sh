# shellcheck shell=sh disable=SC2154 # whoever sources it sets what is used here
# SPDX-License-Identifier: 0BSD
#
# Fetches Debian's packages of any suite, by apt with lists, folders and a configuration of its own: it
# works as an ordinary user, verifies signatures with the keys that the machine trusts for Debian, and
# changes nothing outside $cache. For scripts that set $cache (it stays) and $tmp (it goes), both
# absolute, and have a function progress TEXT.
#
# MIRROR=URI, SECURITY_MIRROR=URI: Debian's, where this machine's own apt knows none

# Where this machine's own apt gets Debian from: without lists of its own it knows no origins yet, and
# the suites' names have to do. Fails, with $why, where that cannot be told.
find_mirrors() {
	for tool in apt-get apt-cache dpkg-deb tar timeout; do
		if ! command -v $tool >/dev/null; then
			why="$tool is missing"
			return 1
		fi
	done
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
		-o Acquire::Retries=3 "$@"
}

# update SUITE ARCHITECTURE: its package list, once a run; ARCHITECTURE source is for its sources.
# Fails if there is no list, not even an old one.
update() {
	home=$cache/apt/$1-$2
	if [ -e "$tmp/updated-$1-$2" ]; then
		return "$(cat "$tmp/updated-$1-$2")"
	fi
	uri=$MIRROR options='' type=deb
	case $1 in
	*-security) uri=$SECURITY_MIRROR ;;
	esac
	if [ "$2" = source ]; then
		type=deb-src
	fi
	# A suite whose support has ended is not signed anew: its last signature runs out.
	case $1 in
	bullseye*) options="check-valid-until=no" ;;
	esac
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	if [ -r $keyring ]; then
		options="$options signed-by=$keyring"
	fi
	progress "package list of $1 for $2"
	mkdir -p "$home/state/lists/partial" "$home/cache/archives/partial" &&
		: >"$home/status" &&
		printf '%s%s %s %s main\n' $type "${options:+ [$options]}" "$uri" "$1" >"$home/sources.list" &&
		private_apt "$1" "$2" apt-get update >"$tmp/update" 2>&1
	status=$?
	if [ $status -ne 0 ]; then
		progress "$1 for $2: the package list could not be updated"
		grep '^[EW]:' "$tmp/update" | head -n 3 | sed 's/^/#   /'
		if [ "$(find "$home/state/lists" -name '*_Packages*' -o -name '*_Sources*')" ]; then
			progress "going on with the list of the last time"
			status=0
		fi
	fi
	echo $status >"$tmp/updated-$1-$2"
	return $status
}

# newest SUITES ARCHITECTURE PATTERN: "SUITE PACKAGE VERSION SIZE" of the newest package whose name
# matches. From 6.19 on, linux-image is a shell around linux-binary: of one version, the larger is the one.
newest() {
	for suite in $(echo "$1" | tr ',' ' '); do
		private_apt "$suite" "$2" apt-cache dumpavail 2>/dev/null |
			awk -v suite="$suite" -v pattern="$3" '
				/^Package: / { name = $2 }
				/^Version: / { version = $2 }
				/^Size: / { size = $2 }
				/^$/ && name ~ pattern { print suite, name, version, size }'
	done | sort -k 3,3V -k 4,4n | tail -n 1
}

# fetch_package SUITES ARCHITECTURE PATTERN: the newest package that matches PATTERN, as $tmp/fetch/tar.
# If $cache/files/PACKAGE_VERSION_ARCHITECTURE, which is made from it, is there, it is not fetched again.
# Sets $package, $version, $kept (that name), and $fetched if it was; fails with the reason in $why.
fetch_package() {
	readable='' fetched='' why=''
	for suite in $(echo "$1" | tr ',' ' '); do
		if update "$suite" "$2"; then
			readable=yes
		fi
	done
	if [ ! "$readable" ]; then
		why="there is no package list of $1 for $2 (see above)"
		return 1
	fi
	newest "$1" "$2" "$3" >"$tmp/newest"
	read -r suite package version size <"$tmp/newest"
	if [ ! -s "$tmp/newest" ]; then
		why="gone: no package like $3 in $1 for $2 any more"
		return 1
	fi
	kept=$cache/files/${package}_${version}_$2
	if [ -e "$kept" ]; then
		return 0
	fi
	progress "fetching $package $version from $suite ($((size / 1000000 + 1)) MB)"
	rm -rf "$tmp/fetch"
	if ! mkdir -p "$tmp/fetch" "$cache/files"; then
		why="no room in $cache"
		return 1
	fi
	# apt has compared what it fetched with the signed list.
	if ! (cd "$tmp/fetch" && private_apt "$suite" "$2" apt-get download "$package=$version") >"$tmp/download" 2>&1; then
		why="$package cannot be fetched: $(grep '^[EW]:' "$tmp/download" | tail -n 1)"
		return 1
	elif ! dpkg-deb --fsys-tarfile "$tmp"/fetch/*.deb >"$tmp/fetch/tar" 2>"$tmp/download"; then
		why="$package cannot be unpacked: $(tail -n 1 "$tmp/download")"
		return 1
	fi
	fetched=yes
}

# fetch_file SUITES ARCHITECTURE PATTERN MEMBER: the file that matches MEMBER, from the newest package
# that matches PATTERN, as $kept; fails with the reason in $why.
fetch_file() {
	fetch_package "$1" "$2" "$3" || return 1
	[ "$fetched" ] || return 0
	member=$(tar -tf "$tmp/fetch/tar" | grep -E "^(\./)?($4)\$" | head -n 1)
	if [ ! "$member" ]; then
		why="$package has no file like $4"
	elif ! { tar -xOf "$tmp/fetch/tar" "$member" >"$tmp/fetch/file" && sync "$tmp/fetch/file" &&
		mv "$tmp/fetch/file" "$kept"; } 2>"$tmp/download"; then
		why="$package cannot be kept: $(tail -n 1 "$tmp/download")"
	fi
	rm -rf "$tmp/fetch"
	[ ! "$why" ]
}

# fetch_tree SUITES ARCHITECTURE PATTERN: all of that package, in the folder $kept
fetch_tree() {
	fetch_package "$1" "$2" "$3" || return 1
	[ "$fetched" ] || return 0
	if ! { mkdir "$tmp/fetch/tree" && tar -xf "$tmp/fetch/tar" -C "$tmp/fetch/tree" --no-same-owner &&
		mv "$tmp/fetch/tree" "$kept"; } 2>"$tmp/download"; then
		why="$package cannot be kept: $(tail -n 1 "$tmp/download")"
	fi
	rm -rf "$tmp/fetch"
	[ ! "$why" ]
}

# fetch_source SUITES PACKAGE: its newest source, unpacked, in the folder $kept
fetch_source() {
	why=''
	for suite in $(echo "$1" | tr ',' ' '); do
		update "$suite" source || continue
		version=$(private_apt "$suite" source apt-cache showsrc "$2" 2>/dev/null | sed -n 's/^Version: //p' | sort -V | tail -n 1)
		[ "$version" ] && break
	done
	if [ ! "${version-}" ]; then
		why="there is no source of $2 in $1"
		return 1
	fi
	kept=$cache/files/${2}_${version}_source
	[ ! -e "$kept" ] || return 0
	progress "fetching the source of $2 $version from $suite"
	rm -rf "$tmp/fetch"
	mkdir -p "$tmp/fetch" "$cache/files"
	if ! (cd "$tmp/fetch" && private_apt "$suite" source apt-get source --download-only "$2=$version") >"$tmp/download" 2>&1; then
		why="$2 cannot be fetched: $(grep '^[EW]:' "$tmp/download" | tail -n 1)"
	elif ! (cd "$tmp/fetch" && mkdir tree && tar -xf ./*.orig.tar.* -C tree --strip-components=1 && mv tree "$kept") 2>"$tmp/download"; then
		why="$2 cannot be unpacked: $(tail -n 1 "$tmp/download")"
	fi
	rm -rf "$tmp/fetch"
	[ ! "$why" ]
}
