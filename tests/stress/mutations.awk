# SPDX-License-Identifier: 0BSD
# The mutations of a C file, derived from its text, one a line, for mutations.sh:
#	file  first byte  length  replacement  function  kind  line: what
# kinds: without (a step or an operand is gone), unchecked (its result is ignored), loose (a call is
# allowed whatever its arguments are), row (of a table is gone), number (one that is not a name's).
# Run with LC_ALL=C; needs nothing but POSIX.

BEGIN { name = "top" }
{ file = FILENAME; text = text $0 "\n"; code = code mask($0) "\n"; starts[NR] = length(text) - length($0) }

# The line without comments, strings and preprocessor directives, in the same places.
function mask(line,   out, i, two, c) {
	if (!comment && (directive || line ~ /^[ \t]*#/)) {
		directive = line ~ /\\$/
		return blank(length(line))
	}
	out = ""
	for (i = 1; i <= length(line); i++) {
		two = substr(line, i, 2)
		c = substr(line, i, 1)
		if (comment) {
			if (two == "*/") { comment = 0; i++; out = out " " }
			c = " "
		} else if (two == "/*") {
			comment = 1
			i++
			out = out " "
			c = " "
		} else if (two == "//") {
			return out blank(length(line) - i + 1)
		} else if (c == "\"" || c == "'") {
			out = out c
			for (i++; i <= length(line) && substr(line, i, 1) != c; i++) {
				if (substr(line, i, 1) == "\\") { i++; out = out "x" }
				out = out "x"
			}
		}
		out = out c
	}
	return out
}
function blank(n,   s) { s = sprintf("%" n "s", ""); return n ? s : "" }

# The place of the bracket that closes the one at i.
function closing(i,   depth, c) {
	for (depth = 0; i <= length(code); i++) {
		c = substr(code, i, 1)
		if (c ~ /[(\[{]/) depth++
		if (c ~ /[)\]}]/ && --depth == 0) return i
	}
	return i
}
# Splits code from i to j at `separator` outside brackets into from[] and to[]; returns how many.
function split_at(i, j, separator,   n, depth, c) {
	n = 1
	from[1] = i
	for (depth = 0; i <= j; i++) {
		c = substr(code, i, 1)
		if (c ~ /[(\[{]/) depth++
		if (c ~ /[)\]}]/) depth--
		if (!depth && substr(code, i, length(separator)) == separator) {
			to[n++] = i - 1
			from[n] = i += length(separator)
		}
	}
	to[n] = j
	return n
}
function squeeze(s) { gsub(/[ \t\n]+/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s); return s }
function line_of(i) { while (starts[line + 1] && starts[line + 1] <= i) line++; return line }
function mutate(i, j, replacement, kind, what) {
	printf "%s\t%d\t%d\t%s\t%s\t%s\t%d: %s\n", file, i - 1, j - i + 1, squeeze(replacement), name, kind,
		line_of(i), squeeze(what)
}
# Each operand of a condition, where there is more than one, is taken out.
function operands(i, j, separator, neutral,   n, k, f, t) {
	n = split_at(i, j, separator)
	for (k = 1; k <= n; k++) { f[k] = from[k]; t[k] = to[k] }
	for (k = 1; k <= n && n > 1; k++)
		mutate(f[k], t[k], " " neutral " ", "without", substr(text, f[k], t[k] - f[k] + 1))
	return n
}
function conditions(i, j,   whole) {
	whole = substr(text, i, j - i + 1)
	if (operands(i, j, "||", "0") == 1)
		operands(i, j, "&&", "1")
	mutate(i, j, "(" whole ") && 0", "unchecked", "if (" whole ")")
	if (substr(code, i, j - i + 1) ~ /[a-z]\(/)
		mutate(i, j, "0 && (" whole ")", "without", "if (" whole ")")
}
# A statement that begins at i and whose first bracket is at open.
function statement(i, open,   end, word, n, first, last) {
	end = closing(open)
	word = squeeze(substr(code, i, open - i))
	if (word == "must" || word == "SET") {
		split_at(open + 1, end - 1, ",")
		first = from[1]
		last = to[1]
		if (word == "SET") {
			mutate(i, end, "(void)0", "without", substr(text, i, end - i + 1))
			return
		}
		mutate(i, end, "(void)(" substr(text, first, last - first + 1) ")", "unchecked", substr(text, i, end - i + 1))
		n = operands(first, last, "&&", "1")
		if (n == 1 && substr(code, first, last - first + 1) ~ /[a-z]\(/)
			mutate(first, last, "1", "without", substr(text, first, last - first + 1))
		return
	}
	if (substr(code, end + 1, 1) != ";" || word ~ /^(for|while|switch|errx?|exit|_exit|REPORT|sizeof)$/)
		return
	mutate(i, end, "(void)0", "without", substr(text, i, end - i + 1))
}
# The rows of tcpserver.c's table: each gone, and each with conditions without them
function row(i, open,   end, word) {
	end = closing(open)
	word = squeeze(substr(code, i, open - i))
	mutate(i, end, "FAIL(uselib, 38)", "row", substr(text, i, end - i + 1))
	if (word == "ALLOW_IF") {
		split_at(open + 1, end - 1, ",")
		mutate(i, end, "ALLOW(" substr(text, from[1], to[1] - from[1] + 1) ")", "loose", substr(text, i, end - i + 1))
	}
}
END {
	line = 1
	for (n = 1; n <= NR; n++) {
		i = starts[n]
		l = substr(code, i, (n < NR ? starts[n + 1] : length(code) + 1) - i - 1)
		head = l
		sub(/^__attribute__\(\(.*\)\) /, "", head)
		if (head ~ /^[a-zA-Z_].*\(/ && l !~ /;$/ && match(head, /[a-zA-Z_0-9]+\(/))
			name = substr(head, RSTART, RLENGTH - 1)
		if (l ~ /^static const struct .* rules\[\] = {/)
			name = "rules"
		for (at = i; name == "rules" && match(substr(l, at - i + 1), /(ALLOW|ALLOW_IF|FAIL)\(/);) {
			row(at + RSTART - 1, at + RSTART + RLENGTH - 2)
			at += RSTART + RLENGTH - 1
		}
		if (l ~ /^} landlock_compat_rights\[\] = {/)
			name = "landlock_compat_rights"
		# a right: without its bit, and a later ABI's
		if (name == "landlock_compat_rights" && match(l, /LANDLOCK_(ACCESS|SCOPE|COMPAT_SOCKET)_[A-Z_]+/) && l ~ /^\t{/ && substr(l, RSTART) !~ /^LANDLOCK_COMPAT_SOCKET, /)
			mutate(i + RSTART - 1, i + RSTART + RLENGTH - 2, "0ULL", "row", substr(l, RSTART, RLENGTH))
		if (name == "landlock_compat_rights" && match(l, /^\t{ [1-9][0-9]*,/)) # of the filter's rows, 0 is for the reader
			mutate(i + 3, i + RLENGTH - 2, substr(l, 4, RLENGTH - 4) + 1, "number", substr(l, 1, 60))
		# a call of the header's filter
		if (name == "landlock_compat_filter" && match(l, /__NR_[a-z_]+/) && l ~ /^\t\t{/)
			mutate(i + RSTART - 1, i + RSTART + RLENGTH - 2, "-1", "row", substr(l, RSTART, RLENGTH))
		# a limit, or a bit
		if (name != "rules" && l !~ /^[#\t ]*define/ && match(l, /[ (]([1-9][0-9]*)[,;)]/) && l !~ /exit|sizeof|"/)
			mutate(i + RSTART, i + RSTART + RLENGTH - 3, substr(l, RSTART + 1, RLENGTH - 2) + 1, "number", l)
		if (match(l, /if \(/)) {
			open = i + RSTART + 2
			conditions(open + 1, closing(open) - 1)
		}
		if (match(l, /^[ \t]+[a-z_][a-z_0-9]*\(/)) {
			match(l, /[a-z_]/)
			statement(i + RSTART - 1, i + index(l, "(") - 1)
		}
	}
}
