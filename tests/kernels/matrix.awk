# SPDX-License-Identifier: 0BSD
# matrix.awk -v unseen=FILE OUTCOMES - the tables of attacks, in Markdown
#
# OUTCOMES has for each guest a line of its name, its ABI of Landlock, and 1 if it has columns (between
# them are tabs); then what it printed. Rows that are skipped in some guest and come out as expected in
# none go to FILE.
BEGIN {
	FS = "\t"
}

NF == 3 {
	guest = $1
	abi = $2
	own = $3 + 0
	if (own && abi ~ /^[0-9]/) {
		abis[++newest] = abi
		kernels = kernels ", Linux " guest " has ABI " abi
	}
	next
}

# Rows are told apart by their section, if they have one.
{
	row = $0
	sub(/^[^ ]* /, "", row) # the key of the command
	verdict = NF == 8 ? $8 : row
	sub(/^(ok|skip) - /, "", row)
	sub(NF == 8 ? "\t.*" : " \\(.*", "", row)
	id = NF == 8 ? section ": " row : row
}

row ~ /^# / {
	section = substr(row, 3)
	if (!own && index(others ",", ", " guest ",") == 0)
		others = others ", " guest
}

verdict == "ok" || verdict ~ /^ok - / {
	shown[id] = 1
}

verdict ~ /^skip(:| - )/ {
	skipped[id] = verdict
}

# The attacks as root are the tables.
/^root / && NF == 8 && !(id in number) {
	number[id] = ++rows
	attack[rows] = row
	section_of[rows] = section
	if (!(section in seen)) # rows that only some architectures have come later
		name_of[++sections] = section
	seen[section] = 1
}

/^root / && NF == 8 && verdict == "ok" {
	i = number[id]
	note(i, "control", $2)
	note(i, abi, $3)
	note(i, "filter", $4)
	note(i, "server", $5)
	note(i, "reads filter", $6)
	note(i, "reads", $7)
}

function note(i, column, outcome, text) {
	text = outcomes[i, column, own]
	if (index("/" text "/", "/" outcome "/") == 0)
		outcomes[i, column, own] = text (text == "" ? "" : "/") outcome
}

# From guests that have columns, or else from the others.
function outcome_of(i, column) {
	return outcomes[i, column, 1] != "" ? outcomes[i, column, 1] : outcomes[i, column, 0] != "" ? outcomes[i, column, 0] : "–"
}

function same(one, other, i) {
	for (i = 1; i <= rows && outcome_of(i, one) == outcome_of(i, other); i++)
		continue
	return i > rows
}

# How many of the rows of a section (or "", of all) work in a column, among those that the kernel of the
# newest ABI can try.
function count(section, column, i, works) {
	tried = works = 0
	for (i = 1; i <= rows; i++)
		if ((section == "" || section == section_of[i]) && outcomes[i, abis[newest], 1] != "") {
			tried++
			works += outcome_of(i, column) ~ /works/
		}
	return " " works " |"
}

function counts(section, cells) {
	cells = count(section, "control") count(section, abis[newest]) count(section, "filter") count(section, "server")
	return "| " tried " |" cells
}

function print_rows(section, i, j, line, cell) {
	for (i = 1; i <= rows; i++) {
		if (section_of[i] != section || outcome_of(i, "control") == "–")
			continue
		line = "| " attack[i] " |"
		for (j = 1; j <= columns; j++) {
			cell = outcome_of(i, column[j])
			if (j > 1)
				gsub(/works/, "**works**", cell)
			line = line " " cell " |"
		}
		print line
	}
}

END {
	for (id in skipped)
		if (!(id in shown))
			print id " (" skipped[id] ")" >unseen
	if (!rows)
		exit

	column[columns = 1] = "control"
	heading = "no sandbox"
	for (i = 1; i <= newest; i++) {
		if (i > 1 && same(abis[i - 1], abis[i])) {
			sub(/(–[0-9]*)?$/, "–" abis[i], heading)
			continue
		}
		column[++columns] = abis[i]
		heading = heading " | ABI " abis[i]
	}
	column[++columns] = "filter"
	column[++columns] = "server"
	column[++columns] = "reads filter"
	column[++columns] = "reads"
	heading = "| attack | " heading " | filter | server | filter, reads | server, reads |\n|---"
	for (i = 1; i <= columns; i++)
		heading = heading "|---"

	print "# Attacks\n\n`make check-kernels` makes this file. In each row, code inside a handler tries one thing: with no sandbox,\n" \
		"with Landlock alone by its ABI, with the seccomp filter alone, and in the server as it is; then with\n" \
		"`HANDLER_READS` (\"reads\"), which lets openat(2) pass the filter, with the filter alone and as the server is. A name\n" \
		"such as EACCES is the kernel's answer; – means that no such kernel here can try it.\n"
	print "With ABI " abis[newest] ", this many work:\n\n| tried | no sandbox | Landlock alone | filter alone | server |\n|---|---|---|---|---|"
	print counts("") "\n\n| of these | tried | no sandbox | Landlock alone | filter alone | server |\n|---|---|---|---|---|---|"
	for (s = 1; s <= sections; s++)
		print "| " name_of[s] " " counts(name_of[s])
	print "\n" substr(kernels, 3) ".\n" \
		"In these guests, nothing works in the server, either: " substr(others, 3) "."
	for (s = 1; s <= sections; s++) {
		print "\n## " name_of[s] "\n\n" heading "|"
		print_rows(name_of[s])
	}
}
