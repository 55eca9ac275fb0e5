// SPDX-License-Identifier: Apache-2.0
// Reads the translated programs: the way of a packet whose flow is known calls no
// helper. The rare work sits in functions of its own, so it is enough that the
// entry function has none. Array lookups are inlined by every kernel, those of
// per-CPU arrays since 6.10, before which one call remains.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/utsname.h>

#include <cstdio>

#include "support/path.h"

namespace flowmark::test {

namespace {

// The instructions of the entry function alone: those before the second function.
std::vector<bpf_insn> entry_function(int program_fd)
{
	bpf_prog_info info{};
	std::uint32_t length = sizeof(info);
	if (bpf_obj_get_info_by_fd(program_fd, &info, &length) != 0 || info.nr_func_info < 2)
		return {};
	std::vector<bpf_insn> instructions(info.xlated_prog_len / sizeof(bpf_insn));
	std::vector<bpf_func_info> functions(info.nr_func_info);
	bpf_prog_info wanted{};
	wanted.xlated_prog_len = info.xlated_prog_len;
	wanted.xlated_prog_insns = reinterpret_cast<std::uintptr_t>(instructions.data());
	wanted.nr_func_info = info.nr_func_info;
	wanted.func_info_rec_size = sizeof(bpf_func_info);
	wanted.func_info = reinterpret_cast<std::uintptr_t>(functions.data());
	length = sizeof(wanted);
	if (bpf_obj_get_info_by_fd(program_fd, &wanted, &length) != 0)
		return {};
	instructions.resize(functions[1].insn_off);
	return instructions;
}

// The kernel's own prologue of programs that write packets (bpf_unclone_prologue):
// a call of bpf_skb_pull_data in the first instructions, for cloned packets only.
constexpr std::size_t kPrologue = 12;

std::size_t helper_calls(const std::vector<bpf_insn> &instructions)
{
	std::size_t calls = 0;
	for (std::size_t i = kPrologue; i < instructions.size(); i++)
		calls += instructions[i].code == (BPF_JMP | BPF_CALL) &&
			 instructions[i].src_reg == 0 &&
			 instructions[i].imm != BPF_FUNC_tail_call; // a jump, to the full program
	return calls;
}

bool has_inlined_per_cpu_arrays()
{
	utsname name{};
	int major = 0, minor = 0;
	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major > 6 || (major == 6 && minor >= 10);
}

TEST(HotPath, calls_no_helper)
{
	Path path("classes: [{ name: all, dscp: 46 }]\ndefault: all\n");
	// Without inlining: the counter of a class, and that of a lost interface.
	const std::size_t allowed = has_inlined_per_cpu_arrays() ? 0 : 2;
	for (const fm_direction direction : {FM_INGRESS, FM_EGRESS}) {
		const auto instructions = entry_function(path.object().program_fd(direction));
		ASSERT_GT(instructions.size(), 200U) << "the program could not be read";
		EXPECT_LE(helper_calls(instructions), allowed);
	}
}

} // namespace

} // namespace flowmark::test
