// SPDX-License-Identifier: Apache-2.0
#include "datapath/kernel_features.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <cerrno>
#include <cstdint>

#include "base/unique_fd.h"
#include "datapath/tcx.h"

namespace flowmark {

namespace {

// return 0
UniqueFd smallest_program()
{
	const bpf_insn program[] = {
		{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
		{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
	};
	return UniqueFd(
		bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, nullptr, "GPL", program, 2, nullptr));
}

// No interface has index 0: a kernel that knows the type looks for it and says so.
bool has_tcx()
{
	const UniqueFd program = smallest_program();
	if (!program.valid())
		return false;
	constexpr int kNowhere = 0;
	const UniqueFd link(bpf_link_create(program.fd(), kNowhere,
					    static_cast<bpf_attach_type>(kTcxIngress), nullptr));
	return !link.valid() && errno == ENODEV;
}

bool has_map_batch()
{
	const UniqueFd map(bpf_map_create(BPF_MAP_TYPE_LRU_HASH, nullptr, sizeof(std::uint32_t),
					  sizeof(std::uint32_t), 1, nullptr));
	std::uint32_t key = 0, value = 0, position = 0, count = 1;
	if (!map.valid())
		return false;
	const int status = bpf_map_lookup_batch(map.fd(), nullptr, &position, &key, &value, &count,
						nullptr);
	return status == 0 || errno == ENOENT; // it is empty
}

KernelFeatures probe()
{
	return {
		.tcx = has_tcx(),
		.xdp_frags = libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_get_buff_len,
						     nullptr) == 1,
		.map_batch = has_map_batch(),
		.ring_buffer = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, nullptr) == 1,
	};
}

} // namespace

const KernelFeatures &kernel_features()
{
	static const KernelFeatures features = probe();
	return features;
}

std::vector<FeatureStatus> feature_status()
{
	const KernelFeatures &features = kernel_features();
	return {{"tcx", features.tcx},
		{"xdp_frags", features.xdp_frags},
		{"map_batch", features.map_batch},
		{"ring_buffer", features.ring_buffer}};
}

} // namespace flowmark
