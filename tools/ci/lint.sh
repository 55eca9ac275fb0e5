#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every static check: lint.sh [CHECK...] runs those named, or all. All run to the end; the summary
# says which found something.
source "$(dirname "$0")/common.sh"

checks=(format tidy tidy_bpf cppcheck shell python types yaml ansible spelling licences unit_file
	monitoring house_rules)

# files PATHSPEC...: what git knows or would add, without links and what has been deleted.
files() {
	local file
	git ls-files -co --exclude-standard -- "$@" | while read -r file; do
		[[ -f $file && ! -L $file ]] && echo "$file"
	done
	return 0
}

scripts() { # INTERPRETER: the files whose first line names it, and those that lint as it
	files | while read -r file; do
		head -c 200 "$file" | head -n 2 | tr -d '\0' |
			grep -qE "^#!.*[/ ]$1|shellcheck shell=$1" && echo "$file"
	done
	return 0
}

check_format() {
	files '*.cc' '*.h' '*.c' | xargs -r clang-format --dry-run -Werror
}

# What clang-tidy says on standard error when all is well.
tidy_noise='^[0-9]+ (warning|error)s? .*generated|^Suppressed |^Use -header-filter|treated as errors?$'

# By the bundles of the build: a dozen files for one reading of the libraries' headers. What a
# bundle is made of are files, not headers.
check_tidy() {
	tools/build release flowmark_skeleton_header || return 1
	/usr/bin/python3 -c 'import json, sys; print(*sorted({entry["file"] for entry in json.load(sys.stdin)
		if "/agent/" in entry["file"] and not entry["file"].endswith(".c")
		and "/tests/" not in entry["file"]}), sep="\n")' <build/release/compile_commands.json |
		xargs -r -P "$(nproc)" -n 1 clang-tidy -p build/release --quiet \
			--header-filter='/agent/.*\.(h|cc)$' --checks=-bugprone-suspicious-include \
			2> >(grep -vE "$tidy_noise" >&2)
}

check_tidy_bpf() {
	clang-tidy --quiet bpf/flowmark.bpf.c -- -target bpf -mcpu=v3 -O2 -g -std=gnu11 \
		-Iinclude -Ibpf -isystem "/usr/include/$(gcc -print-multiarch)" \
		2> >(grep -vE "$tidy_noise" >&2)
}

# File by file, not by bundles, and without the libraries' headers, which is why it takes seconds;
# what it has to know of them is in cppcheck.cfg, what it is wrong about in cppcheck.suppressions.
check_cppcheck() {
	files 'agent/*.cc' 'agent/*.c' | cppcheck --file-list=- -j "$(nproc)" --quiet \
		--language=c++ --std=c++20 -Iagent -Iinclude \
		--library=tools/ci/cppcheck.cfg \
		--enable=warning,performance,portability \
		--suppressions-list=tools/ci/cppcheck.suppressions --error-exitcode=1
}

check_shell() {
	scripts '(ba)?sh\b' | xargs -r shellcheck --external-sources --source-path=SCRIPTDIR
}

check_python() {
	python_files | xargs -r /usr/bin/python3 -m flake8
}

# What python runs, whatever it is called.
python_files() {
	{ files '*.py' && scripts python3; } | sort -u
}

# Programs whose names say nothing of Python one at a time: mypy takes each for __main__.
check_types() {
	local rc=0 program
	python_files | grep '\.py$' | xargs -r mypy || rc=1
	for program in $(python_files | grep -v '\.py$'); do
		mypy "$program" >build/mypy.txt || { cat build/mypy.txt && rc=1; }
	done
	return $rc
}

check_yaml() {
	files '*.yaml' '*.yml' .yamllint ':!tests' | xargs -r yamllint --strict
}

# Playbooks and roles: all of deploy/ansible, and that there was something to look at.
check_ansible() {
	[[ -n $(files deploy/ansible) ]] || { echo "no deploy/ansible yet" && return 0; }
	local playbook found=0 rc=0
	ansible-lint --offline --profile=production --strict --nocolor -q --project-dir deploy/ansible \
		deploy/ansible || rc=1
	for playbook in $(files 'deploy/ansible/*.y*ml' | xargs -r grep -lE '^(- |  )hosts:'); do
		found=1
		ANSIBLE_ROLES_PATH=deploy/ansible/roles ansible-playbook -i localhost, --syntax-check "$playbook" \
			>/dev/null || rc=1
	done
	((found)) || { echo "deploy/ansible has no playbook" && return 1; }
	return $rc
}

# Common misspellings. Not: what others wrote (captures, licences), pictures, and files that are
# wrong on purpose. Lines that are: codespell.lines.
check_spelling() {
	files ':!tests/captures' ':!LICENSES' ':!*.svg' ':!tests/unit/configs/broken' \
		':!tools/ci/codespell.*' | xargs -r codespell --ignore-words tools/ci/codespell.words \
		--exclude-file tools/ci/codespell.lines --check-hidden
}

# reuse asks that each file has a licence, wherever it is written down; here, that the line is in
# the file itself, and that it is the right one for its folder.
check_licences() {
	local rc=0 file want tag=SPDX-License-Identifier
	reuse lint >build/reuse.txt || { cat build/reuse.txt && rc=1; }
	while read -r file; do
		want='Apache-2.0'
		[[ $file =~ ^(bpf|include)/.*\.[ch]$ ]] && want='GPL-2.0-only OR BSD-2-Clause'
		# The packet path built for the host.
		[[ $file =~ ^(agent/lookup|tests/host|tests/fuzz/packet_path)/ ]] && want='(Apache-2.0|GPL-2.0-only OR BSD-2-Clause)'
		head -n 3 "$file" | grep -qE "$tag: \(?$want\)?( \*/| -->)?$" ||
			{ echo "$file: lacks '$tag: $want' in its first lines" && rc=1; }
	done < <({ files '*.cc' '*.h' '*.c' '*.py' '*.sh' '*CMakeLists.txt' '*.cmake' 'deploy/*.y*ml' \
		Jenkinsfile '*.service' && scripts '(bash|python3)'; } | sort -u)
	return $rc
}

# systemd-analyze exits 0 on an unknown key, so it must also be silent. It wants the binary to
# exist; what is checked is the unit.
check_unit_file() {
	local unit dir rc=0
	dir=$(mktemp -d -t flowmark-lint.XXXXXX)
	for unit in $(files 'deploy/*.service'); do
		sed 's,=/usr/bin/flowmark\>,=/bin/true,' "$unit" >"$dir/${unit##*/}"
		systemd-analyze verify --man=no "$dir/${unit##*/}" >"$dir/said" 2>&1 || rc=1
		[[ ! -s $dir/said ]] || { cat "$dir/said" && rc=1; }
		systemd-analyze security --offline=true --threshold=20 "$dir/${unit##*/}" \
			>"$dir/said" 2>&1 || { tail -n 3 "$dir/said" && rc=1; }
	done
	rm -rf "$dir"
	return $rc
}

check_monitoring() {
	tools/ci/check_monitoring.sh
}

# forbid REASON PATTERN PATHSPEC...: prints the lines that match.
forbid() {
	local reason=$1 pattern=$2
	shift 2
	if files "$@" ':!tools/ci/lint.sh' | xargs -r grep -nHIP -e "$pattern"; then
		echo "  ^ $reason"
		return 1
	fi
}

check_house_rules() {
	local rc=0
	forbid 'a test that cannot run fails' 'GTEST_SKIP|DISABLED_|pytest\.(mark\.)?skip' \
		tests agent tools || rc=1
	forbid 'UAPI headers only, no kernel structures' 'include.*vmlinux\.h' \
		bpf include tests agent || rc=1
	# (the hash is of words as they lie in the packet: facts go back to that order)
	forbid 'byte order changes where a packet is parsed, nowhere else' \
		'bpf_(htons|ntohs|htonl|ntohl|cpu_to_be|be64_to_cpu)|__builtin_bswap' \
		bpf include ':!bpf/parse*' ':!bpf/flow_key.h' || rc=1
	forbid 'third parties throw; we return Result<T>' '\bthrow( [\w:]+[({]|;)' agent || rc=1
	forbid 'using, not typedef' '^\s*typedef\b' agent || rc=1
	forbid 'the python3 that comes first in PATH may know no Debian module' '^#!.*env python' ||
		rc=1
	forbid 'nothing is fetched but by apt: hosts here are loopback, variables or reserved names' \
		'https?://(?!127\.|localhost|\[|\$|\{|\\|192\.0\.2\.|10\.|[\w.-]*(example|test)\b|www\.w3\.org/2000/svg)' \
		tools tests .ci Jenkinsfile '*CMakeLists.txt' '*.cmake' ':!*.md' ':!tests/captures' || rc=1
	tools/ci/check_deploy_readme.py || rc=1
	forbid 'a path of one machine' '(?<![\w.~-])/wor[k]/\w' || rc=1
	return $rc
}

(($#)) || set -- "${checks[@]}"
for check in "$@"; do
	[[ " ${checks[*]} " == *" $check "* ]] || refuse_usage "[CHECK...]   (of ${checks[*]})"
done
tools/deps build test lint
mkdir -p build
failed=()
for check in "$@"; do
	echo "== lint: $check"
	start=$SECONDS
	# `set -e` is off in there: each check returns what it found.
	"check_$check" || failed+=("$check")
	echo "   $((SECONDS - start)) s"
done

[[ ${#failed[@]} -eq 0 ]] || die "findings in: ${failed[*]}"
echo "lint: $# checks, nothing found"
