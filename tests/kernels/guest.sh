#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What runs in each guest of tools/kernel-matrix. Its last line for each part says how that went;
# a part that fails does not keep the next from running, but for the verifier's: what does not load
# would fail every test, for twenty minutes.
export FLOWMARK_CAPTURES="$PWD/tests/captures" FLOWMARK_MALFORMED=50000
export FLOWMARK_FUZZED_FILE="$PWD/fuzzed.pcap" FLOWMARK_FUZZED=5000
export FLOWMARK="$PWD/build/release/agent/flowmark" FLOWMARK_OUT=/out
failed=0

part() { # NAME COMMAND...
	name=$1
	shift
	begun=$(cut -d. -f1 /proc/uptime)
	result=passed
	"$@" || result=failed
	[ "$result" = passed ] || failed=1
	echo "part $name $result $(($(cut -d. -f1 /proc/uptime) - begun))"
}

# shellcheck disable=SC2317 # part() calls it
verifier() {
	./verifier_cost flowmark.bpf.o >/out/verifier.json &&
		./verifier_cost flowmark.clang-19.bpf.o >/out/verifier.clang-19.json
}

part verifier verifier
[ $failed = 0 ] || exit 1
# Not what is the same on every kernel and takes minutes when emulated: what conditions make of a
# policy's tables.
left_out='Condition*:Property*:Mark.every_dscp*:Mark.three_hundred*:NamesKept*'
# Before 5.14 BPF_PROG_TEST_RUN shows nothing of an XDP program's context, which these look at; the
# lab and the malformed frames run it all the same. Looking up a per-CPU array was a call, then.
case $(uname -r) in
5.10.*) left_out="$left_out:Xdp*:Police*:HotPath*:Mark.only_the_directions*" ;;
6.1.*) left_out="$left_out:HotPath*" ;;
esac
part bpf ./bpf_tests --gtest_output=xml:/out/bpf.xml "--gtest_filter=-$left_out"
part names python3 tests/names/score.py
part lab python3 tests/kernels/guest_lab.py
exit $failed
