// SPDX-License-Identifier: Apache-2.0
#include "support/translated.h"

#include <bpf/bpf.h>

#include <cstdint>

namespace flowmark::test {

namespace {

// The kernel's own prologue of programs that write packets (bpf_unclone_prologue):
// a call of bpf_skb_pull_data in the first instructions, for cloned packets only.
constexpr std::size_t kPrologue = 12;

} // namespace

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

std::size_t helper_calls(const std::vector<bpf_insn> &instructions)
{
	std::size_t calls = 0;
	for (std::size_t i = kPrologue; i < instructions.size(); i++)
		calls += instructions[i].code == (BPF_JMP | BPF_CALL) &&
			 instructions[i].src_reg == 0 &&
			 instructions[i].imm != BPF_FUNC_tail_call; // a jump, to the full program
	return calls;
}

} // namespace flowmark::test
