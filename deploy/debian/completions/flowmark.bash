# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of flowmark(8) for bash.

# The options of each command; tests/deploy/reference.py compares them with --help.
declare -gA _flowmark_options=(
	[run]="--config --control --metrics --pins --log-format --log-level --hook"
	[check]="--config --output"
	[reload]="--control"
	[detach]="--pins --output"
	[status]="--control --output"
	[classes]="--control --output"
	[flows]="--control --output --class --host --client --limit"
	[explain]="--name --dscp --interface --vlan --control --output"
	[top]="--control --interval --count"
	[replay]="--config --interface --split-reuse --explain --output"
)
_flowmark_dscps="EF VA NQB LE AF11 AF12 AF13 AF21 AF22 AF23 AF31 AF32 AF33 AF41 AF42 AF43
	CS0 CS1 CS2 CS3 CS4 CS5 CS6 CS7"

# Of the agent that runs; none if it does not.
_flowmark_classes() {
	flowmark classes -o json 2>/dev/null |
		sed -n 's/^ *"class": "\([^"\\]*\)",\{0,1\}$/\1/p' | sort -u
}

_flowmark_interfaces() {
	sed -n 's/^ *\([^: ]*\):.*/\1/p' /proc/net/dev
}

# _flowmark_value OPTION COMMAND: what may follow it, into COMPREPLY; fails where it takes nothing.
_flowmark_value() {
	local words=
	case $1 in
	-c | --config | --control | --pins) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -f -- "$cur") && return ;;
	-o | --output | --log-format) words="text json" ;;
	--log-level) words="debug info warning error" ;;
	--hook) words="auto tcx clsact" ;;
	--metrics) words="off 127.0.0.1:19735" && compopt +o nosort 2>/dev/null ;;
	--class) words=$(_flowmark_classes) ;;
	--interface) words=$(_flowmark_interfaces) ;;
	--dscp) words=$_flowmark_dscps ;;
	--host | --client | --limit | --name | --vlan | --interval | --count) ;;
	*) return 1 ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

_flowmark() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "${!_flowmark_options[*]} --help --version" -- "$cur")
		return
	fi
	_flowmark_value "$prev" && return
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${_flowmark_options[$command]-} --help" -- "$cur")
	elif [[ $command == replay ]]; then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	elif [[ $command == explain && $COMP_CWORD -eq 2 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "tcp udp icmp icmpv6 sctp" -- "$cur")
	fi
}
complete -F _flowmark flowmark
