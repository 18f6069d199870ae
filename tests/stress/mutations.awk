# SPDX-License-Identifier: 0BSD
# The mutations of a C file, derived from its text, one a line, for mutations.sh:
#	file  first byte  length  replacement  function  kind  line: what  calls that could fail
# kinds: without (a step, an operand, or a form is gone), unchecked (its result is ignored), loose (a
# form is allowed whatever its arguments are), entry (of a list; -1 is no system call).
# Run with LC_ALL=C; needs nothing but POSIX.

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
function mutate(i, j, replacement, kind, what,   calls, rest) {
	calls = ""
	rest = substr(code, i, j - i + 1)
	if ((kind == "unchecked" || step != "") && line_of(i) > 3) # the call may be on a line before
		rest = substr(code, starts[line - 3], i - starts[line - 3]) rest
	if (step != "") # what must() names
		calls = " " step
	while (match(rest, /[a-zA-Z_][a-zA-Z_0-9]*/)) {
		if (substr(rest, RSTART + RLENGTH, 1) == "(" || substr(rest, RSTART, 5) == "__NR_")
			calls = calls " " substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART + RLENGTH)
	}
	printf "%s\t%d\t%d\t%s\t%s\t%s\t%d: %s\t%s\n", file, i - 1, j - i + 1, squeeze(replacement), name, kind,
		line_of(i), squeeze(what), calls
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
	if (word == "must") {
		split_at(open + 1, end - 1, ",")
		first = from[1]
		last = to[1]
		step = match(substr(text, i, end - i + 1), /, "[a-z ]+"\)$/) ? substr(text, i + RSTART + 2, RLENGTH - 5) : ""
		mutate(i, end, "(void)(" substr(text, first, last - first + 1) ")", "unchecked", substr(text, i, end - i + 1))
		n = operands(first, last, "&&", "1")
		if (n == 1 && substr(code, first, last - first + 1) ~ /[a-z]\(/)
			mutate(first, last, "1", "without", substr(text, first, last - first + 1))
		step = ""
		return
	}
	if (substr(code, end + 1, 1) != ";" || word ~ /^(for|while|switch|DIE|DIE_OF_USAGE|exit|_exit|va_start|va_end)$/)
		return
	mutate(i, end, "(void)0", "without", substr(text, i, end - i + 1))
	if (word == "allow_form") {
		split_at(open + 1, end - 1, ",")
		mutate(i, end, "landlock_compat_allow(&filter, " substr(text, from[1], to[1] - from[1] + 1) ")",
			"loose", substr(text, i, end - i + 1))
	}
}
# Entries of an initializer between i and j, a word each.
function entries(i, j,   n, k, f, t, word) {
	n = split_at(i, j, ",")
	for (k = 1; k <= n; k++) { f[k] = from[k]; t[k] = to[k] }
	for (k = 1; k <= n; k++) {
		while (f[k] <= t[k] && substr(code, f[k], 1) ~ /[ \t\n]/) f[k]++
		while (f[k] <= t[k] && substr(code, t[k], 1) ~ /[ \t\n]/) t[k]--
		word = substr(text, f[k], t[k] - f[k] + 1)
		if (substr(code, f[k], t[k] - f[k] + 1) ~ /^(0 \| )?[A-Za-z_0-9]+(\([0-9]+\))?$/)
			mutate(f[k], t[k], "-1", "entry", word)
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
		if (l ~ /^static const int [a-z_]+\[\] = {/ && match(l, /[a-z_]+\[/))
			name = substr(l, RSTART, RLENGTH - 1)
		for (at = i; l ~ /static const (int|uint32_t) / && match(substr(l, at - i + 1), /\[\] = {/);) {
			at += RSTART + RLENGTH - 1
			entries(at, closing(at - 1) - 1)
		}
		# a kind of socket
		for (at = i; match(substr(l, at - i + 1), /{ LANDLOCK_COMPAT_[A-Z]+, [0-9]+, [0-9]+ }/);) {
			at += RSTART + RLENGTH - 1
			mutate(at - RLENGTH, at - 1, "{ 0, 99, 0 }", "entry", substr(text, at - RLENGTH, RLENGTH))
		}
		# a command and its flags
		for (at = i; l ~ /static const uint32_t [a-z]+\[\]\[2\] = / && match(substr(l, at - i + 1), /{ [0-9]+, [0-9x]+ }/);) {
			at += RSTART + RLENGTH - 1
			mutate(at - RLENGTH, at - 1, "{ 99, 0 }", "entry", substr(text, at - RLENGTH, RLENGTH))
		}
		# what an ABI added
		for (at = i; l ~ /^[ \t]+{ / && name ~ /_rights$/ && match(substr(l, at - i + 1), /LANDLOCK_[A-Z]+_[A-Z_]+/);) {
			at += RSTART + RLENGTH - 1
			mutate(at - RLENGTH, at - 1, "0ULL", "entry", substr(text, at - RLENGTH, RLENGTH))
		}
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
