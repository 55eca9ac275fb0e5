// SPDX-License-Identifier: Apache-2.0
#include "floor.h"

#include <random>

#include "floor.skel.h"
#include "shapes.h"

namespace flowmark::bench {

namespace {

constexpr std::uint8_t kClass = 1; // of our packets

void fill_secrets(bench_floor &skeleton)
{
	std::random_device random;
	for (auto &secret : skeleton.rodata->floor_secret)
		secret = (std::uint64_t{random()} << 32 | random()) | 1;
}

void fill_tables(bench_floor &skeleton)
{
	skeleton.data_ports->floor_ports[kPort] = kClass;
	skeleton.data_dscps->floor_dscps[kClass] = kDscp;
}

} // namespace

Result<std::unique_ptr<Floor>> Floor::load(std::uint32_t lru_entries)
{
	std::unique_ptr<Floor> floor(new Floor(bench_floor__open()));
	bench_floor *skeleton = floor->skeleton_;
	if (skeleton == nullptr)
		return errno_error("cannot open the floor programs");
	bpf_map__set_max_entries(skeleton->maps.floor_flows, lru_entries);
	fill_secrets(*skeleton);
	if (const int status = bench_floor__load(skeleton); status != 0)
		return errno_error("cannot load the floor programs", status);
	fill_tables(*skeleton);
	return floor;
}

Floor::~Floor()
{
	bench_floor__destroy(skeleton_);
}

int Floor::program_fd(FloorKind kind, HookPoint hook) const
{
	const auto &programs = skeleton_->progs;
	const bool tc = hook == HookPoint::tc;
	const bpf_program *program = nullptr;
	switch (kind) {
	case FloorKind::nothing:
		program = tc ? programs.floor_nothing_tc : programs.floor_nothing_xdp;
		break;
	case FloorKind::ports:
		program = tc ? programs.floor_by_ports_tc : programs.floor_by_ports_xdp;
		break;
	case FloorKind::lru:
		program = tc ? programs.floor_by_lru_tc : programs.floor_by_lru_xdp;
		break;
	case FloorKind::signature:
		program = tc ? programs.floor_by_signature_tc : programs.floor_by_signature_xdp;
		break;
	}
	return bpf_program__fd(program);
}

} // namespace flowmark::bench
