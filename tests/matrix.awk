# SPDX-License-Identifier: 0BSD
# matrix.awk attacks.h OUTCOMES - the matrix of attacks and kernels, in Markdown
#
# OUTCOMES has lines of a kernel's name in the table, its series (6.12), its release (6.12.1), its
# answer, what is special about it, whether it is a column of its own (yes or no), and then either
# "report" and the report, or "attack", its name, and the outcomes without a sandbox, with Landlock
# alone, and as shipped. Between them are tabs.
BEGIN {
	FS = "\t"
}

# attacks.h: the order, and the sections
FILENAME ~ /attacks\.h$/ {
	split($0, part, "\"")
	if ($0 ~ /^SECTION\(/)
		section = part[2]
	if ($0 ~ /^ATTACK\(/) {
		attack[++attacks] = part[2]
		section_of[attacks] = section
	}
	next
}

!($1 in series) {
	name[++kernels] = $1
	series[$1] = $2
	release[$1] = $3
	answer[$1] = $4
	special[$1] = $5
	own[$1] = $6 == "yes"
}

$7 == "report" {
	report[$1] = $8
}

$7 == "attack" {
	outcome[$1, $8, "none"] = $9
	outcome[$1, $8, "landlock"] = $10
	outcome[$1, $8, "shipped"] = $11
	seen[$8] = seen[$8] || own[$1]
}

# How many outcomes of a kind two kernels do not share, of the attacks that both have; they are
# listed in `difference`.
function differences(one, other, kind, i, count, a, b) {
	count = 0
	difference = ""
	for (i = 1; i <= attacks; i++) {
		a = outcome[one, attack[i], kind]
		b = outcome[other, attack[i], kind]
		if (a == b || a == "" || b == "")
			continue
		difference = difference (count++ ? ", " : "") attack[i] ": " a " instead of " b
	}
	return count
}

function add_column(kind, kernel) {
	columns++
	column_kind[columns] = kind
	column_kernel[columns] = kernel
	first[columns] = last[columns] = kernel
}

# A column for each kernel's outcomes of a kind; neighbours that are the same share one.
function add_columns(kind, with_landlock, i, fresh) {
	fresh = 1
	for (i = 1; i <= kernels; i++) {
		if (!own[name[i]] || (answer[name[i]] !~ /^E/) != with_landlock)
			continue
		if (!fresh && differences(column_kernel[columns], name[i], kind) == 0)
			last[columns] = name[i]
		else
			add_column(kind, name[i])
		fresh = 0
	}
}

function range(from, to) {
	return from == to ? from : from "–" to
}

function heading(j, text) {
	if (column_kind[j] == "none")
		return "no sandbox"
	text = column_kind[j] == "landlock" ? "Landlock alone" : "tcpserver"
	text = text "<br>Linux " range(series[first[j]], series[last[j]]) "<br>"
	if (answer[first[j]] ~ /^E/)
		return text "no Landlock"
	return text "ABI " range(answer[first[j]], answer[last[j]])
}

# The outcomes of one attack, as cells
function cells(i, j, text, cell) {
	text = ""
	for (j = 1; j <= columns; j++) {
		cell = outcome[column_kernel[j], attack[i], column_kind[j]]
		text = text " " (cell == "works" ? "**works**" : cell == "" ? "–" : cell) " |"
	}
	return text
}

# The attacks of one section that have the same outcomes share a line.
function print_attacks(i, j, line, text, shown) {
	section = ""
	for (i = 1; i <= attacks; i++) {
		if (!seen[attack[i]] || done[i])
			continue
		if (section != section_of[i]) {
			section = section_of[i]
			line = "| **" section "** |"
			for (j = 1; j <= columns; j++)
				line = line " |"
			print line
		}
		text = ""
		for (j = i; j <= attacks && section_of[j] == section; j++) {
			if (!seen[attack[j]] || done[j] || cells(j) != cells(i))
				continue
			done[j] = 1
			shown = attack[j]
			sub(/^\.\.\. /, "… ", shown)
			text = text (text == "" ? "" : "; ") shown
		}
		print "| " text " |" cells(i)
	}
}

function print_counts(i, j, line, count, works) {
	line = ""
	for (j = 1; j <= columns; j++) {
		count = works = 0
		for (i = 1; i <= attacks; i++) {
			count += seen[attack[i]]
			works += seen[attack[i]] && outcome[column_kernel[j], attack[i], column_kind[j]] == "works"
		}
		line = line " **" works "** |"
	}
	print "| **of " count " attacks work** |" line
}

# Whom to compare a kernel with that has no column: the one of its series, if it has its answer, too
function twin_of(kernel, i) {
	for (i = 1; i <= kernels; i++)
		if (own[name[i]] && series[name[i]] == series[kernel] && answer[name[i]] == answer[kernel])
			return name[i]
	for (i = 1; i <= kernels; i++)
		if (own[name[i]] && answer[name[i]] ~ /^E/)
			return name[i]
}

# Landlock itself is compared at the same release only: its fixes come with any.
function print_others(i, twin, agreed, others) {
	agreed = others = ""
	for (i = 1; i <= kernels; i++) {
		if (own[name[i]])
			continue
		twin = twin_of(name[i])
		if (differences(name[i], twin, "shipped") > 0)
			others = others "\n" series[name[i]] " " special[name[i]] " differs with tcpserver: " difference ".\n"
		else
			agreed = agreed (agreed == "" ? "" : ", ") series[name[i]] " " special[name[i]]
		if (release[name[i]] == release[twin] && differences(name[i], twin, "landlock") > 0)
			others = others "\n" series[name[i]] " " special[name[i]] " differs with Landlock alone: " difference ".\n"
	}
	if (agreed != "")
		print "\nThe same with tcpserver: " agreed "."
	printf "%s", others
}

function print_reports(i, text, count, order, whose) {
	print "\n| what the server reports | on Linux |\n|---|---|"
	count = 0
	for (i = 1; i <= kernels; i++) {
		text = report[name[i]]
		sub(/ABI [0-9]+/, "ABI *n*", text)
		if (!(text in whose))
			order[++count] = text
		whose[text] = whose[text] (whose[text] == "" ? "" : ", ") series[name[i]]
		if (!own[name[i]])
			whose[text] = whose[text] " " special[name[i]]
	}
	for (i = 1; i <= count; i++)
		print "| " order[i] " | " whose[order[i]] " |"
}

END {
	# Without a sandbox it is the same everywhere, or the controls have failed; the newest has most.
	for (i = kernels; i >= 1 && !columns; i--)
		if (own[name[i]])
			add_column("none", name[i])
	add_columns("landlock", 1)
	add_columns("shipped", 1)
	add_columns("shipped", 0)

	print "<!-- matrix -->"
	line = "| what an attacker does in a handler |"
	rule = "|---|"
	for (j = 1; j <= columns; j++) {
		line = line " " heading(j) " |"
		rule = rule "---|"
	}
	print line
	print rule
	print_attacks()
	print_counts()
	print_others()
	print_reports()
	print "<!-- /matrix -->"
}
