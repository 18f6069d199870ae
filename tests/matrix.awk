# SPDX-License-Identifier: 0BSD
# matrix.awk attacks.h OUTCOMES - the matrix of attacks and kernels, in Markdown
#
# OUTCOMES has lines, with tabs between: kernel's name in the table, its series, answer, architecture,
# whether it is a column of its own (yes or no), and then either "report", the report, or
# "attack", its name, and the outcomes without a sandbox, with Landlock alone, and as shipped.
BEGIN {
	FS = "\t"
}

# attacks.h: the order, and the sections
FILENAME ~ /attacks\.h$/ {
	if (split($0, part, "\"") < 2)
		next
	if ($0 ~ /^SECTION\(/)
		section = part[2]
	if ($0 ~ /^ATTACK\(/) {
		attack[++attacks] = part[2]
		section_of[attacks] = section
	}
	next
}

!($1 in known) {
	known[$1] = 1
	name[++kernels] = $1
	series[$1] = $2
	answer[$1] = $3
	machine[$1] = $4
	own[$1] = $5
}

$6 == "report" {
	report[$1] = $7
}

$6 == "attack" {
	outcome[$1, $7, "none"] = $8
	outcome[$1, $7, "landlock"] = $9
	outcome[$1, $7, "shipped"] = $10
	seen[$7] = seen[$7] || own[$1] == "yes"
}

function same(one, other, i, differences) {
	differences = 0
	for (i = 1; i <= attacks; i++)
		if (seen[attack[i]] && outcome[one_name, attack[i], one] != outcome[other_name, attack[i], other])
			differences++
	return differences == 0
}

# A column for each kernel's outcomes of a kind; neighbours that are the same share one.
function add_columns(kind, with_landlock, i) {
	first = 1
	for (i = 1; i <= kernels; i++) {
		if (own[name[i]] != "yes" || (answer[name[i]] !~ /^E/) != with_landlock)
			continue
		one_name = name[i]
		other_name = column_kernel[columns]
		if (!first && same(kind, kind)) {
			column_last[columns] = series[name[i]]
			abi_last[columns] = answer[name[i]]
			continue
		}
		first = 0
		column_kernel[++columns] = name[i]
		column_kind[columns] = kind
		column_first[columns] = column_last[columns] = series[name[i]]
		abi_first[columns] = abi_last[columns] = answer[name[i]]
	}
}

function range(from, to) {
	return from == to ? from : from "–" to
}

function shown(cell) {
	return cell == "works" ? "**works**" : cell
}

function heading(i, text) {
	if (column_kind[i] == "none")
		return "no sandbox"
	text = column_kind[i] == "landlock" ? "Landlock alone" : "tcpserver"
	text = text "<br>Linux " range(column_first[i], column_last[i])
	if (abi_first[i] ~ /^E/)
		return text "<br>no Landlock"
	return text "<br>ABI " range(abi_first[i], abi_last[i])
}

# The outcomes of one attack, as cells
function cells(i, j, text) {
	text = ""
	for (j = 1; j <= columns; j++)
		text = text " " shown(outcome[column_kernel[j], attack[i], column_kind[j]]) " |"
	return text
}

END {
	# what happens without a sandbox is the same on all of them, or the controls have failed
	for (i = 1; i <= kernels && !columns; i++)
		if (own[name[i]] == "yes") {
			column_kernel[++columns] = name[i]
			column_kind[columns] = "none"
		}
	add_columns("landlock", 1)
	add_columns("shipped", 1)
	add_columns("shipped", 0)

	print "<!-- matrix -->"
	line = "| what an attacker does, in a handler |"
	rule = "|---|"
	for (j = 1; j <= columns; j++) {
		line = line " " heading(j) " |"
		rule = rule "---|"
	}
	print line
	print rule

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
		# of one section, those with the same outcomes share a line
		text = ""
		for (j = i; j <= attacks && section_of[j] == section; j++) {
			if (!seen[attack[j]] || done[j] || cells(j) != cells(i))
				continue
			done[j] = 1
			shown_name = attack[j]
			sub(/^\.\.\. /, "… ", shown_name)
			text = text (text == "" ? "" : "; ") shown_name
		}
		print "| " text " |" cells(i)
	}

	line = ""
	for (j = 1; j <= columns; j++) {
		count = works = 0
		for (i = 1; i <= attacks; i++)
			if (seen[attack[i]]) {
				count++
				works += outcome[column_kernel[j], attack[i], column_kind[j]] == "works"
			}
		line = line " **" works "** |"
	}
	print "| **Of " count " attacks work** |" line

	# The others: the same as the column of their series, or what is not
	agreed = ""
	for (i = 1; i <= kernels; i++) {
		if (own[name[i]] == "yes")
			continue
		twin = ""
		for (j = 1; j <= kernels; j++)
			if (own[name[j]] == "yes" && series[name[j]] == series[name[i]])
				twin = name[j]
		if (answer[twin] != answer[name[i]])
			for (j = kernels; j >= 1; j--)
				if (own[name[j]] == "yes" && answer[name[j]] ~ /^E/)
					twin = name[j]
		differences = ""
		for (j = 1; j <= attacks; j++)
			for (k = 1; k <= 2; k++) {
				kind = k == 1 ? "landlock" : "shipped"
				if (!((name[i], attack[j], kind) in outcome) || !((twin, attack[j], kind) in outcome))
					continue
				if (outcome[name[i], attack[j], kind] != outcome[twin, attack[j], kind])
					differences = differences sprintf("%s%s (%s): %s, not %s", differences == "" ? "" : "; ", \
						attack[j], kind == "landlock" ? "Landlock alone" : "tcpserver", \
						outcome[name[i], attack[j], kind], outcome[twin, attack[j], kind])
			}
		if (differences == "")
			agreed = agreed (agreed == "" ? "" : ", ") series[name[i]] " " machine[name[i]]
		else
			others = others "\n" series[name[i]] " " machine[name[i]] " differs: " differences ".\n"
	}
	if (agreed != "")
		print "\nThe same, where the attack exists: " agreed "."
	if (others != "")
		printf "%s", others

	print "\n| Linux | Landlock | what the server reports |"
	print "|---|---|---|"
	for (i = 1; i <= kernels; i++)
		print "| " series[name[i]] (own[name[i]] == "yes" ? "" : " " machine[name[i]]) " | " \
			(answer[name[i]] ~ /^E/ ? answer[name[i]] : "ABI " answer[name[i]]) " | " report[name[i]] " |"
	print "<!-- /matrix -->"
}
